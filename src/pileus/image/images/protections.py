"""Property protections: which free properties who may create, read, change and remove.

Source: Glance's administrator guide, "Property protections".  A file of sections, each named by a regular expression
and saying for the four deeds which roles (or which one policy rule) may do them; the first section that matches a name
counts, and a name that none matches is nobody's.  What the service keeps there itself (`os_glance_…`) is free to it.
"""

import configparser
import re
from collections.abc import Callable, Iterable
from pathlib import Path

from pileus.image.errors import ReservedProperty
from pileus.kernel.api.call import Call
from pileus.kernel.auth.policy import Policy
from pileus.kernel.auth.rules import Rule
from pileus.kernel.settings import InvalidSettings
from pileus.kernel.store import Row

DEEDS = ("create", "read", "update", "delete")
May = Callable[[str, str], bool]
"""Whether somebody may do a deed to a property of a name."""


class Protections:
    """The protections of one cloud.

    Args:
        setting: `roles:FILE` or `policies:FILE`, by what the file names; empty protects nothing.

    Raises:
        InvalidSettings: the file is not there or not as it should be.
    """

    def __init__(self, setting: str) -> None:
        self._kind, _, path = setting.partition(":")
        self._sections: list[tuple[re.Pattern[str], dict[str, frozenset[str]]]] = []
        self.on = bool(setting)
        if self.on:
            if self._kind not in {"roles", "policies"}:
                raise InvalidSettings(f"property protections are roles:FILE or policies:FILE, not {setting!r}")
            self._sections = _read(Path(path), self._kind)

    def declare(self, policy: Policy) -> None:
        """Let a policy file define the rules that the protections name."""
        if self._kind == "policies":
            for name in sorted({name for _, deeds in self._sections for names in deeds.values() for name in names}):
                if name not in {"@", "!"} and name not in policy.rules and name not in policy.rights:
                    policy.add(Rule(name, "!", "Named by the property protections."))

    def may(self, call: Call) -> May:
        """What the caller may do."""
        held = {role.lower() for role in call.who.roles | call.who.service_roles}

        def may(deed: str, name: str) -> bool:
            if not self.on or name.startswith("os_glance"):
                return True
            allowed = next((deeds[deed] for pattern, deeds in self._sections if pattern.search(name)), frozenset[str]())
            if "!" in allowed or not allowed:
                return False
            if "@" in allowed:
                return True
            if self._kind == "policies":
                return all(call.service.policy.allows(rule, call.who, {}) for rule in allowed)
            return not held.isdisjoint(role.lower() for role in allowed)

        return may

    def readable(self, call: Call, rows: Iterable[Row]) -> None:
        """Take from rows the properties that the caller may not read."""
        if self.on:
            may = self.may(call)
            for row in rows:
                row["extra"] = {name: value for name, value in row["extra"].items() if may("read", name)}


def refuse(may: May, deed: str, name: str) -> None:
    """Keep a property from who may not.

    Raises:
        ReservedProperty: the deed is not theirs.
    """
    if not may(deed, name):
        raise ReservedProperty(name=name)


def _read(path: Path, kind: str) -> list[tuple[re.Pattern[str], dict[str, frozenset[str]]]]:
    parser = configparser.ConfigParser(interpolation=None)
    try:
        parser.read_string(path.read_text())
        return [(re.compile(name), _deeds(parser, name, kind)) for name in parser.sections()]
    except (OSError, configparser.Error, re.error, ValueError) as error:
        raise InvalidSettings(f"property protections {path}: {error}") from error


def _deeds(parser: configparser.ConfigParser, section: str, kind: str) -> dict[str, frozenset[str]]:
    found = {}
    for deed in DEEDS:
        names = frozenset(name.strip() for name in parser.get(section, deed).split(",") if name.strip())
        if {"@", "!"} <= names:
            raise ValueError(f"[{section}] {deed}: '@' and '!' exclude each other")
        if kind == "policies" and len(names) > 1:
            raise ValueError(f"[{section}] {deed}: one rule at the most")
        found[deed] = names
    return found
