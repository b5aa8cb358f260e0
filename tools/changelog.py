"""Assemble ``CHANGELOG.md`` from the fragments in ``changes/``.

``python -m tools.changelog`` prints what the next release would say.
``python -m tools.changelog VERSION DATE`` puts that section at the top of ``CHANGELOG.md`` and takes the
fragments away, to be committed together.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from tools.lint.fragments import FRAGMENT, KINDS

HEAD = "# Changes\n"
VERSION = re.compile(r"\d+\.\d+\.\d+(?:[a-z]+\d+)?")
DATE = re.compile(r"\d{4}-\d{2}-\d{2}")


@dataclass(frozen=True, order=True)
class Fragment:
    """One change: its number, the part of the project, its kind (one of KINDS), and its words."""

    number: int
    area: str
    kind: str
    words: str


def read(folder: Path) -> list[Fragment]:
    """Every fragment of a folder, by number. One of another form raises ValueError naming it."""
    found = []
    for file in sorted(folder.glob("*.md")):
        if file.name == "README.md":
            continue
        first, _, words = file.read_text(encoding="utf-8").strip().partition("\n")
        kind = first.removeprefix("kind: ")
        if not FRAGMENT.fullmatch(file.name) or kind not in KINDS or not words.strip():
            raise ValueError(f"{file}: not the form that changes/README.md gives")
        number, area, _ = file.name.split("-", 2)
        found.append(Fragment(int(number), area, kind, words.strip()))
    return sorted(found)


def section(fragments: Iterable[Fragment], title: str) -> str:
    """The Markdown of one release: kinds in their fixed order, within one by area and number."""
    lines = [f"## {title}", ""]
    ordered = sorted(fragments, key=lambda f: (KINDS.index(f.kind), f.area, f.number))
    for kind in KINDS:
        entries = [fragment for fragment in ordered if fragment.kind == kind]
        if entries:
            lines += [f"### {kind.capitalize()}", ""]
        for entry in entries:
            first, *rest = entry.words.splitlines()
            lines.append(f"- **{entry.area}**: {first}")
            lines += [f"  {line}" if line.strip() else "" for line in rest]
        if entries:
            lines.append("")
    return "\n".join(lines)


def release(root: Path, version: str, date: str) -> None:
    """Put the section for ``version`` at the top of CHANGELOG.md and remove its fragments."""
    if not VERSION.fullmatch(version) or not DATE.fullmatch(date):
        raise ValueError("give a version like 1.2.0 and a date like 2027-01-31")
    file = root / "CHANGELOG.md"
    earlier = file.read_text(encoding="utf-8").removeprefix(HEAD).lstrip("\n") if file.is_file() else ""
    fragments = read(root / "changes")
    if not fragments:
        raise ValueError("no fragments: nothing to release")
    text = section(fragments, f"{version} ({date})")
    file.write_text(f"{HEAD}\n{text}\n{earlier}".rstrip("\n") + "\n", encoding="utf-8")
    for old in (root / "changes").glob("[0-9]*.md"):
        old.unlink()


def main(arguments: list[str]) -> int:
    """Print the next section, or make the release that two arguments name. 2 when that cannot be done."""
    root = Path(__file__).resolve().parents[1]
    try:
        if len(arguments) == 2:
            release(root, *arguments)
        elif arguments:
            print(__doc__, file=sys.stderr)
            return 2
        else:
            print(section(read(root / "changes"), "Next release"))
    except ValueError as error:
        print(f"changelog: {error}", file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
