"""Versions of an API, named.

A service's `versions.py` is the only place where version numbers stand; everything else names the change:

    COMPUTE = History("compute", "2.1", legacy_header="X-OpenStack-Nova-API-Version")
    GROUP_RULES = COMPUTE.add("2.64", "Server groups take one `policy` with `rules`.")

A request's version is an int made by `number`: 2.64 is 2_00064, so that versions compare as ints.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

_MINORS = 100_000


def number(text: str) -> int:
    """The int of a version like "2.64".

    Raises:
        ValueError: it is not of that form.
    """
    major, dot, minor = text.partition(".")
    if not dot or not major.isdecimal() or not minor.isdecimal() or len(minor) > 4 or len(major) > 4:
        raise ValueError(text)
    if (len(major) > 1 and major[0] == "0") or (len(minor) > 1 and minor[0] == "0"):
        raise ValueError(text)
    return int(major) * _MINORS + int(minor)


def text(version: int) -> str:
    """The text of a version's int."""
    return f"{version // _MINORS}.{version % _MINORS}"


@dataclass(frozen=True, slots=True)
class Change:
    """One step of a history: a microversion, or a named extension that is always on (number 0)."""

    number: int
    doc: str
    alias: str = ""
    name: str = ""
    updated: str = ""

    def applies(self, version: int) -> bool:
        """Whether a request of that version sees the change."""
        return version >= self.number


class History:
    """The versions of one service, oldest first.

    Args:
        service: the service type in `OpenStack-API-Version: <service> 2.64`.
        minimum: the oldest version, which is also what a request without a header gets.
        legacy_header: an older header that carries the bare number.
        vary: how the header is spelled in `Vary`.
    """

    def __init__(
        self, service: str, minimum: str = "1.0", *, legacy_header: str = "", vary: str = "OpenStack-API-Version"
    ) -> None:
        self.service = service
        self.minimum = number(minimum)
        self.maximum = self.minimum
        self.legacy_header = legacy_header.lower()
        self.legacy_name = legacy_header
        self.vary = vary
        self.changes: list[Change] = []
        self.extensions: dict[str, Change] = {}
        self.adapters: list[Adapter] = []

    @property
    def has_versions(self) -> bool:
        """Whether requests choose a version at all."""
        return self.maximum > self.minimum

    def add(self, version: str, doc: str) -> Change:
        """The next microversion; numbers must rise."""
        change = Change(number(version), doc)
        if change.number <= self.maximum:
            raise ValueError(f"{version} does not come after {text(self.maximum)}")
        self.changes.append(change)
        self.maximum = change.number
        return change

    def extension(self, alias: str, name: str, doc: str, updated: str = "2026-01-01T00:00:00-00:00") -> Change:
        """A named extension, as Neutron lists them; always on."""
        change = Change(0, doc, alias, name, updated)
        self.extensions[alias] = change
        return change

    def reshape(self, change: Change, schema: type) -> Callable[[type], type]:
        """Class decorator: the adapter between a schema's form at `change` and the one before.

        The class may hold fields (of the older form), `upgrade(body) -> body` for requests and
        `downgrade(body) -> body` for answers; both are static.
        """

        def register(adapter: type) -> type:
            self.adapters.append(
                Adapter(
                    change,
                    schema,
                    adapter,
                    getattr(adapter, "upgrade", None),
                    getattr(adapter, "downgrade", None),
                )
            )
            return adapter

        return register


@dataclass(frozen=True, slots=True)
class Adapter:
    """What turns a schema's older form into the newer one and back."""

    change: Change
    schema: type
    fields: type
    upgrade: Callable[[dict[str, Any]], dict[str, Any]] | None
    downgrade: Callable[[dict[str, Any]], dict[str, Any]] | None
