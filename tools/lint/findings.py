"""What a rule reports."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, order=True)
class Finding:
    """One breach of one rule.

    ``path`` is relative to the root of the project, ``symbol`` the dotted name inside the file (empty for
    the file as a whole), ``size`` the measured number where the rule is a limit and 0 elsewhere.
    """

    path: str
    line: int
    rule: str
    message: str
    symbol: str = ""
    size: int = 0

    def __str__(self) -> str:
        where = f"{self.path}:{self.line}" if self.line else self.path
        return f"{where}: {self.rule}: {self.message}"
