"""The form of changelog fragments and decision records."""

from __future__ import annotations

import re
from collections.abc import Iterator

from tools.lint.findings import Finding
from tools.lint.source import Tree

KINDS = ("added", "changed", "fixed", "security")
FRAGMENT = re.compile(r"\d{3,}-[a-z][a-z0-9]*(?:-[a-z0-9]+)+\.md")
DECISION = re.compile(r"\d{4}-[a-z0-9]+(?:-[a-z0-9]+)*\.md")
LONGEST = 20
DECISION_LONGEST = 80


def fragments(tree: Tree) -> Iterator[Finding]:
    """Every file in ``changes/`` has the form that ``changes/README.md`` gives."""
    folder = tree.root / "changes"
    for file in sorted(folder.iterdir()) if folder.is_dir() else []:
        if file.name == "README.md" or file.name.startswith("."):
            continue
        for fault in _faults(file.name, file.read_text(encoding="utf-8")):
            yield Finding(f"changes/{file.name}", 0, "fragment", fault)


def decisions(tree: Tree) -> Iterator[Finding]:
    """Every decision is numbered, stays at about a page, and no number is used twice."""
    folder = tree.root / "docs" / "decisions"
    seen: dict[str, str] = {}
    for file in sorted(folder.glob("*.md")) if folder.is_dir() else []:
        if file.name in {"README.md", "template.md"}:
            continue
        where = f"docs/decisions/{file.name}"
        if not DECISION.fullmatch(file.name):
            yield Finding(where, 0, "decision", "the name is NNNN-a-few-words.md")
            continue
        number = file.name[:4]
        if number in seen:
            yield Finding(where, 0, "decision", f"number {number} is taken by {seen[number]}")
        seen[number] = file.name
        count = len(file.read_text(encoding="utf-8").splitlines())
        if count > DECISION_LONGEST:
            yield Finding(where, 0, "decision", f"{count} lines: a decision is one page", size=count)


def _faults(name: str, text: str) -> Iterator[str]:
    if not FRAGMENT.fullmatch(name):
        yield "the name is NNN-area-slug.md"
    lines = text.strip().splitlines()
    first = lines[0] if lines else ""
    if first.partition(": ")[0] != "kind" or first.partition(": ")[2] not in KINDS:
        yield f"the first line is 'kind: ' and one of {', '.join(KINDS)}"
        return
    if len(lines) < 3 or lines[1].strip():
        yield "an empty line and then the words follow the kind"
    if len(lines) > LONGEST:
        yield f"{len(lines)} lines, at most {LONGEST}"
    if any(line.startswith("#") for line in lines):
        yield "no headings in a fragment"
