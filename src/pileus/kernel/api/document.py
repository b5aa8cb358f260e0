"""Bodies that are no object of named attributes: a list, or an object whose keys are identifiers."""

from typing import Any

import jsonschema_rs

from pileus.kernel.api.formats import FORMATS
from pileus.kernel.api.schema import Form, Json, Schema


class Document(Schema):
    """A body whose JSON Schema is written out, for each version, by `shape`.

        class Aggregates(Document):
            @staticmethod
            def shape(version: int) -> Json: ...

    The body is validated and handed on as it is: no names, defaults or adapters.
    """

    @staticmethod
    def shape(_version: int, /) -> Json:
        """The JSON Schema of the body in a version; anything, unless a subclass says otherwise."""
        return {}

    @classmethod
    def form(cls, kind: str, version: int) -> Form:
        """What validates bodies in a version, whatever their kind."""
        found = cls._forms.get((kind, version))
        if found is None:
            found = cls._forms[kind, version] = DocumentForm(cls, version)
        return found


class DocumentForm(Form):
    """Validates a document in one version."""

    def __init__(self, schema: type[Document], version: int) -> None:
        self.items = {}
        self.changes = False
        self.json = schema.shape(version)
        self._validator = jsonschema_rs.Draft202012Validator(self.json, validate_formats=True, formats=FORMATS)

    def validate(self, body: Any) -> Any:
        """The body, unchanged.

        Raises:
            InvalidInput: the schema refuses it.
        """
        self.check(body)
        return body
