"""Headers as fields: what a request's headers say, and what an answer's headers show.

Where an API carries its resources in headers (object storage does), the fields of a schema are headers: `wire` is its
name.  A wire name that ends with `*` stands for every header that starts so; its value is a dictionary of what the star
stood for, in lower case, to the header's text.
"""

from collections.abc import Iterable, Mapping
from typing import Any

from pileus.kernel.api.errors import InvalidInput
from pileus.kernel.api.fields import Field, Options, field_of
from pileus.kernel.api.query import parse_value
from pileus.kernel.api.schema import Schema
from pileus.kernel.api.versions import Change

Given = dict[str, Any]


def family(prefix: str, doc: str, *, since: Change | None = None, **options: Any) -> Field:
    """Every header that starts with a prefix."""
    taken: Options = {"wire": prefix + "*", "since": since, **options}  # type: ignore[typeddict-item]
    return field_of(doc, {"type": "object", "additionalProperties": {"type": "string"}}, taken)


def is_family(item: Field) -> bool:
    """Whether a field stands for many headers."""
    return item.wire.endswith("*")


def parse(schema: type[Schema], headers: Iterable[tuple[bytes, bytes]], version: int) -> Given:
    """What a request's headers say, by the fields' own names; what the schema does not know is left out.

    Args:
        headers: names in lower case and values, as they came.

    Raises:
        InvalidInput: a header is not UTF-8, or its value is not the field's.
    """
    form = schema.form("query", version)
    taken = [item for item in form.items.values() if not item.read_only]
    single = {item.wire.lower(): item for item in taken if not is_family(item)}
    families = [(item.wire[:-1].lower(), item) for item in taken if is_family(item)]
    wires: dict[str, Any] = {}
    for raw_name, raw_value in headers:
        name = raw_name.decode("latin-1").lower()
        item = single.get(name)
        if item is not None:
            wires[item.wire] = parse_value(item, decoded(raw_name, raw_value))
            continue
        for prefix, many in families:
            if name.startswith(prefix):
                key = decoded(raw_name, raw_name)[len(prefix) :].lower()
                wires.setdefault(many.wire, {})[key] = decoded(raw_name, raw_value)
    form.check(wires)
    return {form.items[wire].source: value for wire, value in wires.items()}


def decoded(name: bytes, value: bytes) -> str:
    """A header's text.

    Raises:
        InvalidInput: it is not UTF-8.
    """
    try:
        return value.decode("utf-8").strip()
    except UnicodeDecodeError:
        raise InvalidInput((name.decode("latin-1"),), "", "a header must be UTF-8", "type") from None


def render(schema: type[Schema], row: Mapping[str, Any], call: Any) -> dict[str, str]:
    """The headers that show a row; what is None or missing has no header."""
    out: dict[str, str] = {}
    for item in schema.fields_at(call.version):
        if not item.in_answers:
            continue
        value = item.show(row, call) if item.show is not None else row.get(item.source)
        if value is None:
            continue
        if is_family(item):
            for key, text in value.items():
                out["-".join(part.capitalize() for part in (item.wire[:-1] + key).split("-"))] = text
        else:
            out[item.wire] = str(value)
    return out
