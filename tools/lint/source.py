"""The files that the rules look at, read and parsed once."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path, PurePosixPath

CODE_ROOTS = ("src", "tools", "tests")
"""Folders with Python code of ours. ``bench`` and friends live below them."""

SKIPPED_FOLDERS = frozenset({"__pycache__", "dist", "build", "tempest-work"})
TEXT_SUFFIXES = frozenset({".py", ".sh", ".md", ".toml", ".cfg", ".ini", ".yaml", ".yml", ".json", ".txt", ".xml", ""})
LARGEST_TEXT = 2_000_000


@dataclass(frozen=True)
class Module:
    """One Python file: its path relative to the root, its text, and its syntax tree."""

    path: PurePosixPath
    text: str
    tree: ast.Module

    @property
    def lines(self) -> int:
        """Number of lines, blank ones and comments included."""
        return len(self.text.splitlines())

    @property
    def dotted(self) -> str:
        """The name that it is imported by (``pileus.kernel.clock``; a package without ``__init__``)."""
        parts = list(self.path.with_suffix("").parts)
        if parts[0] == "src":
            parts = parts[1:]
        if parts[-1] == "__init__":
            parts = parts[:-1]
        return ".".join(parts)

    @property
    def package(self) -> str:
        """The package that relative imports in it start from."""
        return self.dotted if self.path.name == "__init__.py" else self.dotted.rpartition(".")[0]

    @cached_property
    def names(self) -> dict[str, str]:
        """What each imported name stands for: ``{"np": "numpy", "now": "datetime.datetime.now"}``."""
        found: dict[str, str] = {}
        for node in ast.walk(self.tree):
            if isinstance(node, ast.Import):
                for alias in node.names:
                    first = alias.name.partition(".")[0]
                    found[alias.asname or first] = alias.name if alias.asname else first
            elif isinstance(node, ast.ImportFrom):
                origin = self._origin(node)
                for alias in node.names:
                    found[alias.asname or alias.name] = f"{origin}.{alias.name}"
        return found

    def imports(self) -> Iterator[tuple[int, str]]:
        """Line and full dotted name of everything imported, one entry for each name."""
        for node in ast.walk(self.tree):
            if isinstance(node, ast.Import):
                for alias in node.names:
                    yield node.lineno, alias.name
            elif isinstance(node, ast.ImportFrom):
                for alias in node.names:
                    yield node.lineno, f"{self._origin(node)}.{alias.name}"

    def resolve(self, node: ast.expr) -> str:
        """The full dotted name that an expression like ``dt.now`` refers to, '' when it is no name."""
        parts: list[str] = []
        while isinstance(node, ast.Attribute):
            parts.append(node.attr)
            node = node.value
        if not isinstance(node, ast.Name):
            return ""
        parts.append(self.names.get(node.id, node.id))
        return ".".join(reversed(parts))

    def _origin(self, node: ast.ImportFrom) -> str:
        if not node.level:
            return node.module or ""
        base = self.package.split(".")
        base = base[: len(base) - (node.level - 1)]
        return ".".join([*base, node.module] if node.module else base)


@dataclass(frozen=True)
class Tree:
    """The project below one root folder. ``modules`` maps relative paths to parsed files."""

    root: Path
    modules: dict[PurePosixPath, Module] = field(default_factory=dict)

    @classmethod
    def read(cls, root: Path) -> Tree:
        """Parse every Python file of ours below ``root``. A file that does not parse raises SyntaxError."""
        modules = {}
        for top in CODE_ROOTS:
            for file in _walk(root / top):
                if file.suffix == ".py":
                    path = PurePosixPath(file.relative_to(root).as_posix())
                    text = file.read_text(encoding="utf-8")
                    modules[path] = Module(path, text, ast.parse(text, filename=str(path)))
        return cls(root, modules)

    def under(self, *tops: str) -> Iterator[Module]:
        """The modules below the given folders, in order of their paths."""
        for path in sorted(self.modules):
            if any(path.is_relative_to(top) for top in tops):
                yield self.modules[path]

    def texts(self) -> Iterator[tuple[str, str]]:
        """Path and content of every text file of the project, code or not."""
        for file in _walk(self.root):
            if file.suffix in TEXT_SUFFIXES and file.stat().st_size <= LARGEST_TEXT:
                try:
                    yield file.relative_to(self.root).as_posix(), file.read_text(encoding="utf-8")
                except UnicodeDecodeError:
                    continue


def _walk(folder: Path) -> Iterator[Path]:
    """Every file below a folder, without build products and hidden folders other than ``.ci``."""
    if not folder.is_dir():
        return
    for entry in sorted(folder.iterdir()):
        if entry.is_symlink():
            continue
        if entry.is_dir():
            hidden = entry.name.startswith(".") and entry.name != ".ci"
            if not hidden and entry.name not in SKIPPED_FOLDERS and not entry.name.endswith(".egg-info"):
                yield from _walk(entry)
        elif not entry.name.startswith(".git"):
            yield entry
