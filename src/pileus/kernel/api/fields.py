"""Fields: one attribute of a resource, declared once.

A field says what it is, its type, who may set and see it and since when.  The constructors below make the usual ones:

    name = text("Shown to users; need not be unique.", required=True)
    members = array(text("A server's id."), "Servers in the group.", read_only=True)
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, TypedDict, Unpack

from pileus.kernel.api.versions import Change
from pileus.kernel.auth.rules import Rule

UNSET: Any = type("Unset", (), {"__repr__": lambda _self: "UNSET", "__bool__": lambda _self: False})()
"""The default of a field that has none."""

Show = Callable[[Mapping[str, Any], Any], Any]
"""Computes what is shown from (row, call)."""


class Options(TypedDict, total=False):
    """What every constructor takes; see `Field`."""

    wire: str
    source: str
    required: bool
    default: Any
    nullable: bool
    read_only: bool
    create_only: bool
    update_only: bool
    write_only: bool
    since: Change | None
    until: Change | None
    show: Show | None
    allow_read: Rule | str | None
    allow_create: Rule | str | None
    allow_update: Rule | str | None
    filterable: bool
    sortable: bool
    beside: bool
    convert: Callable[[Any], Any] | None


@dataclass(slots=True, frozen=True)
class Field:
    """One attribute.

    Attributes:
        doc: what it is, with its unit.
        json: its JSON Schema.
        wire: its name on the wire; the attribute's name when empty.
        source: its key in the row; the attribute's name when empty.
        required: whether a create request must have it.
        default: what a create request without it means; UNSET leaves it out of the body.
        nullable: whether null is a value.
        read_only, create_only, update_only, write_only: where it appears; by default in answers and in both kinds
            of requests.
        since, until: the changes that brought it and removed it.
        show: computes the value shown from (row, call).
        allow_read, allow_create, allow_update: a right that the attribute needs beyond the operation's own
            (`get_network:shared` and the like); without it the attribute is hidden, or setting it is forbidden.
        filterable, sortable: whether lists can be filtered or sorted by it.
        beside: whether it stands beside the wrapping key instead of below it (`os:scheduler_hints`).
        convert: normalises a validated value of a request (a string "True" to a boolean).
    """

    doc: str
    json: Mapping[str, Any]
    wire: str = ""
    source: str = ""
    required: bool = False
    default: Any = UNSET
    nullable: bool = False
    read_only: bool = False
    create_only: bool = False
    update_only: bool = False
    write_only: bool = False
    since: Change | None = None
    until: Change | None = None
    show: Show | None = None
    allow_read: Rule | str | None = None
    allow_create: Rule | str | None = None
    allow_update: Rule | str | None = None
    filterable: bool = True
    sortable: bool = True
    beside: bool = False
    convert: Callable[[Any], Any] | None = None
    schema: Any = field(default=None, compare=False)
    """The schema of a nested object (or of the items of an array), for rendering."""
    style: Callable[[datetime], str] | None = None
    """Renders a moment, if it is not to be rendered as all of the service's are."""

    def named(self, name: str) -> "Field":
        """The field with its names filled in from the attribute's."""
        made = replace(self, wire=self.wire or name, source=self.source or name)
        if self.style is None or self.show is not None:
            return made
        return replace(made, show=_styled(made.source, self.style))

    def present(self, version: int) -> bool:
        """Whether a request of that version knows the field."""
        if self.since is not None and version < self.since.number:
            return False
        return self.until is None or version < self.until.number

    @property
    def in_answers(self) -> bool:
        """Whether answers show it."""
        return not self.write_only

    def in_requests(self, kind: str) -> bool:
        """Whether requests of a kind ("create", "update", "query") may set it."""
        if self.read_only:
            return kind == "query"
        return not ((kind == "update" and self.create_only) or (kind == "create" and self.update_only))


def field_of(doc: str, json: dict[str, Any], options: Options, schema: Any = None) -> Field:
    """A field of any JSON Schema; the constructors below are made of it."""
    if not doc:
        raise ValueError("a field needs its documentation")
    return Field(doc=doc, json=json, schema=schema, **options)


def text(
    doc: str,
    *,
    least: int = 0,
    most: int | None = 255,
    pattern: str = "",
    choices: tuple[str, ...] = (),
    format: str = "",
    **options: Unpack[Options],
) -> Field:
    """A string of `least` to `most` characters, or one of the choices."""
    json: dict[str, Any] = {"type": "string"}
    if choices:
        json["enum"] = list(choices)
    else:
        if least:
            json["minLength"] = least
        if most is not None:
            json["maxLength"] = most
    if pattern:
        json["pattern"] = pattern
    if format:
        json["format"] = format
    return field_of(doc, json, options)


def ident(doc: str, **options: Unpack[Options]) -> Field:
    """An identifier of another resource: a UUID with or without dashes."""
    return field_of(doc, {"type": "string", "format": "uuid-like"}, options)


def integer(
    doc: str,
    *,
    least: int | None = None,
    most: int | None = None,
    loose: bool = False,
    **options: Unpack[Options],
) -> Field:
    """A whole number; with `loose` also its decimal string."""
    bounds = {k: v for k, v in (("minimum", least), ("maximum", most)) if v is not None}
    if not loose:
        return field_of(doc, {"type": "integer", **bounds}, options)
    options.setdefault("convert", _within(least, most))
    return field_of(doc, {"type": ["integer", "string"], "pattern": "^-?[0-9]+$", **bounds}, options)


def _within(least: int | None, most: int | None) -> Callable[[Any], int]:
    """Makes the converter of loose integers: bounds in a JSON Schema do not bind strings."""

    def convert(value: Any) -> int:
        made = int(value)
        if (least is not None and made < least) or (most is not None and made > most):
            raise ValueError(f"{value!r} is not between {least} and {most}")
        return made

    return convert


def number(doc: str, *, least: float | None = None, most: float | None = None, **options: Unpack[Options]) -> Field:
    """A number."""
    bounds = {k: v for k, v in (("minimum", least), ("maximum", most)) if v is not None}
    return field_of(doc, {"type": "number", **bounds}, options)


_WORDS = {"true": True, "1": True, "on": True, "yes": True, "y": True, "t": True}
_WORDS |= {"false": False, "0": False, "off": False, "no": False, "n": False, "f": False}
_LOOSE = [word for w in _WORDS for word in dict.fromkeys((w, w.upper(), w.title()))]


def truth(value: Any) -> bool:
    """The boolean of a loose one: True, "true", "on", 1 …

    Raises:
        ValueError: it is none.
    """
    if isinstance(value, bool):
        return value
    word = str(value).lower()
    if word not in _WORDS:
        raise ValueError(value)
    return _WORDS[word]


def boolean(doc: str, *, loose: bool = False, **options: Unpack[Options]) -> Field:
    """True or false; with `loose` also the words that oslo.utils takes for them."""
    if not loose:
        return field_of(doc, {"type": "boolean"}, options)
    options.setdefault("convert", truth)
    return field_of(doc, {"enum": [True, False, *_LOOSE]}, options)


def array(
    of: Field | type,
    doc: str,
    *,
    least: int | None = None,
    most: int | None = None,
    unique: bool = False,
    **options: Unpack[Options],
) -> Field:
    """A list of values of one field, or of objects of one schema."""
    json: dict[str, Any] = {"type": "array"}
    if isinstance(of, Field):
        json["items"] = nullable_json(of)
    bounds = {"minItems": least, "maxItems": most, "uniqueItems": unique or None}
    json |= {k: v for k, v in bounds.items() if v is not None}
    return field_of(doc, json, options, schema=None if isinstance(of, Field) else of)


def nested(schema: type, doc: str, **options: Unpack[Options]) -> Field:
    """An object of another schema."""
    return field_of(doc, {"type": "object"}, options, schema=schema)


def mapping(
    doc: str,
    *,
    values: Mapping[str, Any] | None = None,
    keys: str = "",
    most: int | None = None,
    **options: Unpack[Options],
) -> Field:
    """Free keys (matching the pattern `keys`) with values of one JSON Schema."""
    json: dict[str, Any] = {"type": "object"}
    if keys:
        json["patternProperties"] = {keys: dict(values or {})}
        json["additionalProperties"] = False
    elif values is not None:
        json["additionalProperties"] = dict(values)
    if most is not None:
        json["maxProperties"] = most
    return field_of(doc, json, options)


def anything(doc: str, json: Mapping[str, Any] | None = None, **options: Unpack[Options]) -> Field:
    """A value of any JSON Schema."""
    return field_of(doc, dict(json or {}), options)


def moment(doc: str, *, style: Callable[[datetime], str] | None = None, **options: Unpack[Options]) -> Field:
    """A time of the day of some date; rendered by the service's style unless one is given."""
    options.setdefault("read_only", True)
    made = field_of(doc, {"type": "string", "format": "date-time"}, options)
    return replace(made, style=style)


def _styled(source: str, style: Callable[[datetime], str]) -> Show:
    def show(row: Mapping[str, Any], _call: Any) -> Any:
        value = row.get(source)
        return None if value is None else style(value)

    return show


def nullable_json(item: Field) -> dict[str, Any]:
    """The JSON Schema of a field, null included where it is a value."""
    json = dict(item.json)
    if not item.nullable:
        return json
    if "enum" in json:
        json["enum"] = [*json["enum"], None]
        if isinstance(json.get("type"), str):
            json["type"] = [json["type"], "null"]
    elif isinstance(json.get("type"), str):
        json["type"] = [json["type"], "null"]
    elif isinstance(json.get("type"), list):
        json["type"] = [*json["type"], "null"]
    elif json:
        json = {"anyOf": [json, {"type": "null"}]}
    return json
