"""Bodies and query strings of traits."""

import re
from typing import Any

from pileus.kernel.api.document import Document
from pileus.kernel.api.errors import BadRequest
from pileus.kernel.api.fields import text
from pileus.kernel.api.schema import Schema
from pileus.placement.allocations.schema import closed
from pileus.placement.versions import PLACEMENT

_CUSTOM = re.compile(r"CUSTOM_[A-Z0-9_]+")


def provider_traits_json(_version: int) -> dict[str, Any]:
    """All traits of a provider, beside its generation."""
    names = {"type": "array", "items": {"type": "string", "minLength": 1, "maxLength": 255}}
    generation = {"type": "integer"}
    both = {"traits": names, "resource_provider_generation": generation}
    return closed(both, "traits", "resource_provider_generation")


class ProviderTraits(Document):
    """The traits that a provider shall have."""

    shape = staticmethod(provider_traits_json)


class TraitQuery(Schema, history=PLACEMENT):
    """How a list of traits is narrowed."""

    name = text("`in:` and names, or `startswith:` and a prefix.", most=None)
    associated = text("`true` for those that some provider has, `false` for the others.", most=None)


def must_be_custom(name: str) -> None:
    """Check the name of a trait that is to be made.

    Raises:
        BadRequest: it is no custom one's.
    """
    if len(name) > 255 or not _CUSTOM.fullmatch(name):
        raise BadRequest(
            "The trait is invalid. A valid trait must be no longer than 255 characters, start with the prefix "
            '"CUSTOM_" and use following characters: "A"-"Z", "0"-"9" and "_"'
        )


def wanted(query: dict[str, Any]) -> tuple[set[str] | None, str, bool | None]:
    """What a query asks for: names (None for all), a prefix, and whether in use (None for either).

    Raises:
        BadRequest: it is malformed.
    """
    names: set[str] | None = None
    prefix = ""
    if "name" in query:
        operator, colon, value = query["name"].partition(":")
        if not colon:
            raise BadRequest(
                "Badly formatted name parameter. Expected name query string parameter in form: "
                f'?name=[in|startswith]:[name1,name2|prefix]. Got: "{query["name"]}"'
            )
        if operator == "in":
            names = set(value.split(","))
        elif operator == "startswith":
            prefix = value
    used = query.get("associated")
    if used is not None and used.lower() not in {"true", "false"}:
        raise BadRequest('The query parameter "associated" only accepts "true" or "false"')
    return names, prefix, None if used is None else used.lower() == "true"
