"""Query strings: parsed by the fields of a schema, whose JSON types say how."""

from typing import Any

from pileus.kernel.api.errors import InvalidInput
from pileus.kernel.api.fields import Field, truth
from pileus.kernel.api.schema import Schema


def kinds(item: Field) -> set[str]:
    """The JSON types of a field."""
    kind = item.json.get("type", ())
    return {kind} if isinstance(kind, str) else set(kind)


def parse_value(item: Field, value: str) -> Any:
    """One value of a query parameter.

    Raises:
        InvalidInput: it is not of the field's type.
    """
    types = kinds(item)
    try:
        if item.convert is not None:
            return item.convert(value)
        if "boolean" in types:
            return truth(value)
        if "integer" in types and "string" not in types:
            return int(value)
        if "number" in types and "string" not in types:
            return float(value)
    except ValueError as error:
        name = "boolean" if "boolean" in types else "integer"
        raise InvalidInput((item.wire,), value, f"'{value}' is not a valid {name}", "type") from error
    return value


def unknown(name: str, value: str) -> InvalidInput:
    """The refusal of a parameter that the request's version does not know."""
    return InvalidInput((name,), value, f"Additional properties are not allowed ('{name}' was unexpected)", "query")


def parse(schema: type[Schema], params: list[tuple[str, str]], version: int, *, strict: bool = False) -> dict[str, Any]:
    """The query's values by name: lists for array fields, the last value of others.

    Unknown parameters are kept as strings, left out or refused, as the schema's `extra` says; with `strict`, and from
    the schema's `strict_since` on, they are refused.

    Raises:
        InvalidInput: a value is of the wrong type or out of its bounds, or the parameter is unknown and refused.
    """
    try:
        return _parsed(schema, params, version, strict)
    except InvalidInput as error:
        error.in_query = True
        raise


def _parsed(schema: type[Schema], params: list[tuple[str, str]], version: int, strict: bool) -> dict[str, Any]:
    form = schema.form("query", version)
    strict = strict or schema.extra == "forbid"
    strict = strict or (schema.strict_since is not None and version >= schema.strict_since.number)
    items = form.items
    out: dict[str, Any] = {}
    for name, value in params:
        item = items.get(name)
        if item is None:
            if strict:
                raise unknown(name, value)
            if schema.extra == "keep":
                out[name] = value
            continue
        if "array" in kinds(item):
            out.setdefault(name, []).append(value)
        else:
            out[name] = parse_value(item, value)
    form.check(out)
    return out
