"""The shape of named rules and rights; no imports, so that declarations can use it anywhere."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Rule:
    """A named rule that other rules refer to, as `rule:NAME`."""

    name: str
    check: str
    doc: str

    def __str__(self) -> str:
        """How a check string refers to it."""
        return f"rule:{self.name}"


@dataclass(frozen=True, slots=True)
class Right:
    """The right to one operation, or to one attribute of it."""

    name: str
    check: str
    doc: str
    operations: tuple[str, ...] = ()
    """`METHOD /path` of each operation it guards."""


def any_of(*checks: Rule | str) -> str:
    """A check string that holds where one of the checks holds."""
    return " or ".join(f"({c})" if isinstance(c, str) and " and " in c else str(c) for c in checks)
