"""Schemas: the fields of a resource, and what is compiled from them for each version.

    class ServerGroup(Schema, key="server_group", history=COMPUTE):
        name = text("Shown to users; need not be unique.", required=True)

A `Form` validates a request's body and lifts it to the newest form; a `View` renders a row in the form of a version.
Both are compiled once for each version and kept.
"""

from collections.abc import Mapping
from typing import Any, ClassVar

import jsonschema_rs

from pileus.kernel.api.errors import InvalidInput
from pileus.kernel.api.fields import UNSET, Field, nullable_json
from pileus.kernel.api.formats import FORMATS
from pileus.kernel.api.versions import Adapter, Change, History

Json = dict[str, Any]


class Schema:
    """A resource's fields.  Class arguments:

    key: the key that wraps one ("server"); empty for none (Glance).
    plural: the key that wraps a list; `key` + "s" when not given.
    history: the service's versions.
    extra: what becomes of unknown attributes in requests: "forbid", "ignore" or "keep".
    strict_since: the change from which on query strings of this schema refuse what they do not know.
    """

    key: ClassVar[str] = ""
    plural: ClassVar[str] = ""
    history: ClassVar[History] = History("none")
    extra: ClassVar[str] = "forbid"
    strict_since: ClassVar[Change | None] = None
    extra_json: ClassVar[Mapping[str, Any]] = {}
    fields: ClassVar[dict[str, Field]] = {}
    _forms: ClassVar[dict[tuple[str, int], "Form"]]
    _views: ClassVar[dict[tuple[int, frozenset[str]], "View"]]

    def __init_subclass__(
        cls,
        *,
        key: str | None = None,
        plural: str | None = None,
        history: History | None = None,
        extra: str | None = None,
        strict_since: Change | None = None,
        extra_json: Mapping[str, Any] | None = None,
    ) -> None:
        if key is not None:
            cls.key = key
            cls.plural = plural if plural is not None else (key and key + "s")
        elif plural is not None:
            cls.plural = plural
        cls.history = history or cls.history
        cls.extra = extra or cls.extra
        cls.strict_since = strict_since or cls.strict_since
        cls.extra_json = extra_json or cls.extra_json
        cls.fields = {**cls.fields, **own_fields(cls)}
        cls._forms = {}
        cls._views = {}

    @classmethod
    def form(cls, kind: str, version: int) -> "Form":
        """What validates bodies of a kind ("create", "update", "query") in a version."""
        found = cls._forms.get((kind, version))
        if found is None:
            found = cls._forms[kind, version] = Form(cls, kind, version)
        return found

    @classmethod
    def view(cls, version: int, hidden: frozenset[str] = frozenset()) -> "View":
        """What renders rows in a version, without the hidden attributes."""
        found = cls._views.get((version, hidden))
        if found is None:
            found = cls._views[version, hidden] = View(cls, version, hidden)
        return found

    @classmethod
    def adapters(cls, version: int) -> list[Adapter]:
        """The adapters between a version and the newest, oldest first."""
        return [a for a in cls.history.adapters if issubclass(cls, a.schema) and version < a.change.number]

    @classmethod
    def fields_at(cls, version: int) -> list[Field]:
        """The fields as a version knows them, in the order of their declaration."""
        found = {f.wire: f for f in cls.fields.values() if f.present(version)}
        for adapter in reversed(cls.adapters(version)):
            found |= {f.wire: f for f in own_fields(adapter.fields).values()}
        return list(found.values())


def own_fields(cls: type) -> dict[str, Field]:
    """The fields that a class declares itself, by attribute name."""
    return {name: value.named(name) for name, value in vars(cls).items() if isinstance(value, Field)}


def field_json(item: Field, kind: str, version: int) -> Json:
    """The JSON Schema of a field in a version, nested schemas included; kind is "view" for answers."""
    json = nullable_json(item)
    if item.schema is not None:
        below = object_json(item.schema, kind, version)
        if json.get("type") == "array" or (isinstance(json.get("type"), list) and "array" in json["type"]):
            json["items"] = below
        elif item.nullable:
            json = {"anyOf": [below, {"type": "null"}]}
        else:
            json = below
    if item.doc:
        json["description"] = item.doc
    return json


def object_json(schema: type[Schema], kind: str, version: int, *, beside: bool = False) -> Json:
    """The JSON Schema of a schema's object in a version."""
    json: Json = {"type": "object", "properties": {}}
    required = []
    for item in schema.fields_at(version):
        if item.beside != beside:
            continue
        if not (item.in_answers if kind == "view" else item.in_requests(kind)):
            continue
        json["properties"][item.wire] = field_json(item, kind, version)
        if item.required and kind in {"create", "action"}:
            required.append(item.wire)
    if required:
        json["required"] = required
    if kind == "view":
        return json
    if schema.extra == "forbid":
        json["additionalProperties"] = False
    elif schema.extra_json:
        json["additionalProperties"] = dict(schema.extra_json)
    return json


class Form:
    """Validates one kind of request body in one version.

    Attributes:
        json: the JSON Schema of the whole body, wrapping key included.
        items: the fields that such a body may have, by their name on the wire.
        name: the schema's name, for refusals.
    """

    name: str = ""

    def __init__(self, schema: type[Schema], kind: str, version: int) -> None:
        self._schema = schema
        self.name = schema.__name__
        self._kind = kind
        self._key = schema.key
        self._adapters = [a for a in schema.adapters(version) if a.upgrade is not None]
        items = [f for f in schema.fields_at(version) if f.in_requests(kind)]
        self.items = {f.wire: f for f in items}
        self._converts = [(f.wire, f.convert) for f in items if f.convert is not None]
        self._nested = [
            (f.wire, f.schema.form(kind, version), f.json.get("type") == "array") for f in items if f.schema is not None
        ]
        self._nested = [entry for entry in self._nested if entry[1].changes]
        self._defaults = [
            (f.wire, f.default)
            for f in schema.fields.values()
            if kind == "create" and f.default is not UNSET and f.in_requests(kind)
        ]
        self._beside = [f.wire for f in items if f.beside]
        self.changes = bool(self._converts or self._nested or self._defaults)
        self.json = self._wrapped(object_json(schema, kind, version), version)
        self._validator = jsonschema_rs.Draft202012Validator(self.json, validate_formats=True, formats=FORMATS)

    def _wrapped(self, json: Json, version: int) -> Json:
        if not self._key or self._kind == "query":
            return json
        beside = object_json(self._schema, self._kind, version, beside=True)
        return {
            "type": "object",
            "properties": {self._key: json, **beside["properties"]},
            "required": [self._key, *beside.get("required", [])],
            "additionalProperties": self._schema.extra != "forbid",
        }

    def validate(self, body: Any) -> Json:
        """The body's attributes in the newest form, with defaults; those beside the key are among them.

        Raises:
            InvalidInput: the schema refuses the body.
        """
        self.check(body)
        inner: Json = dict(body[self._key]) if self._key else dict(body)
        for wire in self._beside:
            if wire in body:
                inner[wire] = body[wire]
        if self._schema.extra == "ignore":
            inner = {wire: value for wire, value in inner.items() if wire in self.items}
        self.normalise(inner)
        for adapter in self._adapters:
            assert adapter.upgrade is not None
            inner = adapter.upgrade(inner)
        for wire, default in self._defaults:
            if wire not in inner:
                inner[wire] = default.copy() if isinstance(default, dict | list) else default
        return inner

    def check(self, body: Any) -> None:
        """Validate without changing anything.

        Raises:
            InvalidInput: the schema refuses the body.
        """
        if not self._validator.is_valid(body):
            error = invalid(next(self._validator.iter_errors(body)))
            error.schema = self.name
            raise error

    def normalise(self, inner: Json) -> None:
        """Convert loose values in place, nested objects included.

        Raises:
            InvalidInput: a value passed its JSON Schema but cannot be converted.
        """
        for wire, convert in self._converts:
            if inner.get(wire) is not None:
                try:
                    inner[wire] = convert(inner[wire])
                except (ValueError, TypeError) as error:
                    raise InvalidInput((wire,), inner[wire], str(error), "convert") from error
        for wire, form, is_list in self._nested:
            value = inner.get(wire)
            if value is None:
                continue
            inner[wire] = [form.filled(v) for v in value] if is_list else form.filled(value)

    def filled(self, value: Json) -> Json:
        """A nested object, normalised and with its defaults."""
        value = dict(value)
        self.normalise(value)
        for wire, default in self._defaults:
            value.setdefault(wire, default.copy() if isinstance(default, dict | list) else default)
        return value


def invalid(error: Any) -> InvalidInput:
    """The error of a JSON Schema validator as ours."""
    kind = error.kind
    value = getattr(error, "instance", None)
    return InvalidInput(tuple(error.instance_path), value, error.message, getattr(kind, "name", str(kind)))


class View:
    """Renders rows in the form of one version."""

    def __init__(self, schema: type[Schema], version: int, hidden: frozenset[str]) -> None:
        self._adapters = [a for a in reversed(schema.adapters(version)) if a.downgrade is not None]
        # with adapters, what they need of the newest form is rendered first and cut to the version's form afterwards
        fields = list(schema.fields.values()) if self._adapters else schema.fields_at(version)
        shown = [f for f in fields if f.in_answers and f.wire not in hidden and not f.beside]
        self._plain = [(f.wire, f.source) for f in shown if f.show is None and f.schema is None]
        self._shown = [(f.wire, f.show) for f in shown if f.show is not None]
        self._nested = [
            (f.wire, f.source, f.schema.view(version), f.json.get("type") == "array")
            for f in shown
            if f.schema is not None and f.show is None
        ]
        self._wires = {f.wire for f in schema.fields_at(version) if f.in_answers} - hidden
        self._keeps = schema.extra == "keep"

    def render(self, row: Mapping[str, Any], call: Any) -> Json:
        """One row's attributes.  A computed attribute whose value is UNSET is left out."""
        out: Json = {wire: row[source] for wire, source in self._plain if source in row}
        for wire, show in self._shown:
            value = show(row, call)
            if value is not UNSET:
                out[wire] = value
        for wire, source, view, is_list in self._nested:
            value = row.get(source)
            if value is not None:
                value = [view.render(v, call) for v in value] if is_list else view.render(value, call)
            out[wire] = value
        if self._keeps and row.get("extra"):
            out = {**row["extra"], **out}
        if self._adapters:
            for adapter in self._adapters:
                assert adapter.downgrade is not None
                out = adapter.downgrade(out)
            out = {wire: value for wire, value in out.items() if self._keeps or wire in self._wires}
        return out
