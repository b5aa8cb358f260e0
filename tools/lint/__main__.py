"""Run every rule and print what it finds; the exit code is 1 when there is anything."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from pathlib import Path

from tools.lint import exemptions, fragments, names, places, purity, rooms, sizes
from tools.lint.findings import Finding
from tools.lint.source import Tree

RULES: dict[tuple[str, ...], Callable[[Tree], Iterator[Finding]]] = {
    ("file-lines",): sizes.files,
    ("class-lines", "function-lines"): sizes.definitions,
    ("folder-files",): sizes.folders,
    ("inheritance-depth",): sizes.inheritance,
    ("banned-name",): names.banned,
    ("docstring",): names.docstrings,
    ("rooms",): rooms.rooms,
    ("room-order",): rooms.room_order,
    ("service-door",): rooms.doors,
    ("commit",): purity.commits,
    ("real-world",): purity.real_world,
    ("machine-path", "registry-host"): places.places,
    ("fragment",): fragments.fragments,
    ("decision",): fragments.decisions,
}
"""Each rule's function under the names that its findings carry."""


def check(root: Path) -> list[Finding]:
    """Every finding for the project below ``root``, exemptions applied, in order of path and line."""
    tree = Tree.read(root)
    found = [finding for rule in RULES.values() for finding in rule(tree)]
    known = {name for group in RULES for name in group}
    return exemptions.apply(found, exemptions.load(root), known)


def main(arguments: list[str]) -> int:
    """``python -m tools.lint [ROOT]``: 0 when clean, 1 with findings, 2 when it cannot run."""
    root = Path(arguments[0]) if arguments else Path(__file__).resolve().parents[2]
    try:
        findings = check(root)
    except (SyntaxError, ValueError) as error:
        print(f"lint: {error}", file=sys.stderr)
        return 2
    for finding in findings:
        print(finding)
    print(f"lint: {len(findings)} finding{'' if len(findings) == 1 else 's'}", file=sys.stderr)
    return 1 if findings else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
