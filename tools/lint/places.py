"""No file knows the machine that it was written on, nor a package registry by name."""

from __future__ import annotations

import re
from collections.abc import Iterator

from tools.lint.findings import Finding
from tools.lint.source import Tree

MACHINE = re.compile(r"(?<![\w$}./~*-])/(?:work|root|home/(?!cirros\b|debian\b)[a-z]\w*)/[\w.]")
"""Absolute paths into a home or work folder. ``/home/cirros`` and ``/home/debian`` are inside of guests."""

REGISTRY = re.compile(r"\b(?:(?:test\.)?pypi\.(?:org|python\.org)|files\.pythonhosted\.(?:org))\b")


def places(tree: Tree) -> Iterator[Finding]:
    """No path of one machine and no host name of a package registry stands in any text file."""
    for path, text in tree.texts():
        for number, line in enumerate(text.splitlines(), start=1):
            if found := MACHINE.search(line):
                yield Finding(path, number, "machine-path", f"a path of one machine: {found[0]}…")
            if found := REGISTRY.search(line):
                yield Finding(path, number, "registry-host", "which registry is used is the machine's business")
