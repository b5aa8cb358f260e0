"""How large a file, a class, a function and a folder may get, and how deep inheritance.

God-modules are a matter of files and classes, hardly of functions; the limits were chosen by measuring code
that is pleasant to read.
"""

from __future__ import annotations

import ast
from collections import Counter
from collections.abc import Iterator

from tools.lint.findings import Finding
from tools.lint.source import CODE_ROOTS, Module, Tree

FILE_LINES = 400
CLASS_LINES = 300
FUNCTION_LINES = 60
FOLDER_FILES = 12
INHERITANCE_DEPTH = 2

Function = ast.FunctionDef | ast.AsyncFunctionDef


def files(tree: Tree) -> Iterator[Finding]:
    """No file is longer than 400 lines."""
    for module in tree.under(*CODE_ROOTS):
        if module.lines > FILE_LINES:
            text = f"{module.lines} lines, at most {FILE_LINES}: split it by noun or by operation"
            yield Finding(str(module.path), 0, "file-lines", text, size=module.lines)


def definitions(tree: Tree) -> Iterator[Finding]:
    """No class is longer than 300 lines and no function than 60, decorators and docstring included."""
    for module in tree.under(*CODE_ROOTS):
        for node, symbol in named(module):
            first = min([node.lineno, *(d.lineno for d in node.decorator_list)])
            size = (node.end_lineno or node.lineno) - first + 1
            kind, most = ("class", CLASS_LINES) if isinstance(node, ast.ClassDef) else ("function", FUNCTION_LINES)
            if size > most:
                text = f"{symbol} has {size} lines, at most {most}"
                yield Finding(str(module.path), node.lineno, f"{kind}-lines", text, symbol, size)


def folders(tree: Tree) -> Iterator[Finding]:
    """No folder holds more than 12 Python files beside ``__init__.py``; migrations may."""
    counts = Counter(m.path.parent for m in tree.under(*CODE_ROOTS) if m.path.name != "__init__.py")
    for folder, count in sorted(counts.items()):
        if count > FOLDER_FILES and "migrations" not in folder.parts:
            text = f"{count} Python files, at most {FOLDER_FILES}: make folders by noun"
            yield Finding(str(folder), 0, "folder-files", text, size=count)


def inheritance(tree: Tree) -> Iterator[Finding]:
    """No class of ours has more than two ancestors of ours above one another."""
    bases: dict[str, list[str]] = {}
    places: dict[str, tuple[Module, ast.ClassDef]] = {}
    for module in tree.under("src", "tools"):
        for node, symbol in named(module):
            if isinstance(node, ast.ClassDef):
                name = f"{module.dotted}.{symbol}"
                places[name] = module, node
                bases[name] = [_qualified(module, base) for base in node.bases]
    for name, (module, node) in places.items():
        deep = _depth(name, bases, frozenset())
        if deep > INHERITANCE_DEPTH:
            symbol = name.removeprefix(f"{module.dotted}.")
            text = f"{symbol} stands {deep} classes deep, at most {INHERITANCE_DEPTH}: hand in an object instead"
            yield Finding(str(module.path), node.lineno, "inheritance-depth", text, symbol, deep)


def named(module: Module) -> Iterator[tuple[Function | ast.ClassDef, str]]:
    """Every class and function of a file with its dotted name, nested ones included."""

    def walk(body: list[ast.stmt], prefix: str) -> Iterator[tuple[Function | ast.ClassDef, str]]:
        for node in body:
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
                yield node, f"{prefix}{node.name}"
                yield from walk(node.body, f"{prefix}{node.name}.")
            else:
                for part in ("body", "orelse", "finalbody"):
                    yield from walk(getattr(node, part, []), prefix)

    yield from walk(module.tree.body, "")


def _qualified(module: Module, base: ast.expr) -> str:
    node = base.value if isinstance(base, ast.Subscript) else base
    name = module.resolve(node)
    return name if name.partition(".")[0] in {"pileus", "tools"} else f"{module.dotted}.{name}"


def _depth(name: str, bases: dict[str, list[str]], seen: frozenset[str]) -> int:
    """Longest chain of known classes above ``name``; names that are not ours end a chain."""
    above = [base for base in bases.get(name, []) if base in bases and base not in seen]
    return max((1 + _depth(base, bases, seen | {name}) for base in above), default=0)
