"""Settings: one TOML file, typed, every setting documented where it is declared, unknown keys refused.

A group of settings is a `Settings` class whose fields are declared
`name: Annotated[type, doc("what it is, unit")] = default`.
"""

import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any, TypeVar, get_args, get_origin, get_type_hints

import msgspec

T = TypeVar("T")


class InvalidSettings(Exception):
    """The settings file cannot be used; the message says which key and why."""


class Settings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A group of settings."""


class Table(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One setting of several keys: a table of its own, or one of an array of tables."""


def doc(text: str) -> msgspec.Meta:
    """The documentation of a setting, for its `Annotated` type."""
    return msgspec.Meta(description=text)


def load(kind: type[T], path: Path | None) -> T:
    """Read a settings file; every default when there is none.

    Raises:
        InvalidSettings: the file is not TOML, names a key that does not exist, or holds a value of the wrong type.
    """
    if path is None:
        return kind()
    try:
        with path.open("rb") as file:
            data = tomllib.load(file)
        return msgspec.convert(data, kind, strict=True)
    except (OSError, tomllib.TOMLDecodeError, msgspec.ValidationError) as error:
        raise InvalidSettings(f"{path}: {error}") from error


def explain(kind: type[Settings], prefix: str = "") -> Iterator[tuple[str, str, Any]]:
    """Each setting as (dotted name, documentation, default), groups flattened."""
    hints = get_type_hints(kind, include_extras=True)
    for field in msgspec.structs.fields(kind):
        hint = hints[field.name]
        plain = get_args(hint)[0] if get_origin(hint) is Annotated else hint
        if isinstance(plain, type) and issubclass(plain, Settings):
            yield from explain(plain, f"{prefix}{field.name}.")
            continue
        metas = [m for m in get_args(hint)[1:] if isinstance(m, msgspec.Meta)] if plain is not hint else []
        text = next((m.description for m in metas if m.description), "") + _keys(plain)
        default = field.default if field.default is not msgspec.NODEFAULT else field.default_factory()
        yield f"{prefix}{field.name}", text, default


def _keys(plain: Any) -> str:
    """What is to be said of a table's keys; nothing of other types."""
    kind = next((t for t in (plain, *get_args(plain)) if isinstance(t, type) and issubclass(t, Table)), None)
    if kind is None:
        return ""
    hints = get_type_hints(kind, include_extras=True)
    told = (f"`{name}`: {next(m.description for m in get_args(hint)[1:])}" for name, hint in hints.items())
    return " " + " ".join(told)
