"""What a rule may overlook, with the reason; the list only shrinks."""

from __future__ import annotations

import tomllib
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from pathlib import Path

from tools.lint.findings import Finding

FILE = "tools/lint/exemptions.toml"
SHORTEST_REASON = 15
KEYS = frozenset({"rule", "path", "symbol", "most", "reason"})


@dataclass(frozen=True)
class Exemption:
    """One permitted breach: of ``rule`` in ``path``, for one ``symbol`` or the whole file.

    ``most`` is the size that a limit's breach may have (0 for rules without a size).
    """

    rule: str
    path: str
    reason: str
    symbol: str = ""
    most: int = 0

    def covers(self, finding: Finding) -> bool:
        """Whether a finding is the breach that this exemption permits, at the size that it permits."""
        same = self.rule == finding.rule and self.path == finding.path
        return same and (not self.symbol or self.symbol == finding.symbol) and finding.size <= self.most


def load(root: Path) -> list[Exemption]:
    """Read the list; an absent file is an empty list. A malformed one raises ValueError saying where."""
    file = root / FILE
    if not file.is_file():
        return []
    entries = tomllib.loads(file.read_text(encoding="utf-8")).get("exempt", [])
    for number, entry in enumerate(entries, start=1):
        if unknown := set(entry) - KEYS:
            raise ValueError(f"{FILE}: entry {number} has unknown keys: {', '.join(sorted(unknown))}")
        if missing := {"rule", "path", "reason"} - set(entry):
            raise ValueError(f"{FILE}: entry {number} lacks {', '.join(sorted(missing))}")
    return [Exemption(**entry) for entry in entries]


def apply(findings: Iterable[Finding], exemptions: list[Exemption], rules: Collection[str]) -> list[Finding]:
    """The findings that remain, and one for each exemption that is unneeded, too wide or has no reason."""
    remaining: list[Finding] = []
    sizes: dict[Exemption, int] = {}
    for finding in findings:
        covering = next((e for e in exemptions if e.covers(finding)), None)
        if covering is None:
            remaining.append(finding)
        else:
            sizes[covering] = max(sizes.get(covering, 0), finding.size)
    for exemption in exemptions:
        if fault := _fault(exemption, sizes, rules):
            what = f"{exemption.rule} in {exemption.path} {exemption.symbol}".strip()
            remaining.append(Finding(FILE, 0, "exemption", f"{what}: {fault}"))
    return sorted(remaining)


def _fault(exemption: Exemption, sizes: dict[Exemption, int], rules: Collection[str]) -> str:
    if exemption.rule not in rules:
        return "no such rule"
    if len(exemption.reason.strip()) < SHORTEST_REASON:
        return "give a reason"
    if exemption not in sizes:
        return "no longer needed (or 'most' is too low): take it out"
    if sizes[exemption] < exemption.most:
        return f"'most' can come down to {sizes[exemption]}"
    return ""
