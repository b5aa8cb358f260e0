"""What things may be called, and that they say what they are."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import PurePosixPath

from tools.lint.findings import Finding
from tools.lint.rooms import is_room
from tools.lint.sizes import Function
from tools.lint.source import CODE_ROOTS, Module, Tree

BANNED = frozenset(
    {"utils", "util", "common", "helpers", "helper", "manager", "managers", "base", "misc", "core"},
)
"""Names that say a role and not a thing: whatever is put there, it never looks out of place."""

API_HOME = PurePosixPath("src/pileus/kernel/api")
"""The one package called ``api``: what resources are declared with."""


def banned(tree: Tree) -> Iterator[Finding]:
    """No module or package has a name of :data:`BANNED`; ``api`` is a room only."""
    told: set[PurePosixPath] = set()
    for module in tree.under(*CODE_ROOTS):
        for place in (module.path, *module.path.parents):
            if place in told or place == PurePosixPath():
                continue
            told.add(place)
            name = place.stem if place == module.path else place.name
            if name in BANNED:
                text = f"'{name}' is no name for a module: say what thing it holds"
                yield Finding(str(place), 0, "banned-name", text)
            elif name == "api" and not _may_be_api(place):
                text = "'api' is the room of a resource, not a place for logic"
                yield Finding(str(place), 0, "banned-name", text)


def docstrings(tree: Tree) -> Iterator[Finding]:
    """Every package, module, public class, public function and public method of ours says what it is."""
    for module in tree.under("src", "tools"):
        if not ast.get_docstring(module.tree):
            kind = "package" if module.path.name == "__init__.py" else "module"
            yield Finding(str(module.path), 1, "docstring", f"the {kind} does not say what it is")
        yield from _undocumented(module, module.tree.body, "")


def _undocumented(module: Module, body: list[ast.stmt], prefix: str) -> Iterator[Finding]:
    for node in body:
        if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef) or node.name.startswith("_"):
            continue
        symbol = f"{prefix}{node.name}"
        if not ast.get_docstring(node) and not (isinstance(node, Function) and _says_elsewhere(node)):
            yield Finding(str(module.path), node.lineno, "docstring", f"{symbol} does not say what it is", symbol)
        if isinstance(node, ast.ClassDef):
            yield from _undocumented(module, node.body, f"{symbol}.")


def _says_elsewhere(node: Function) -> bool:
    """Whether another definition carries the words: overloads, overrides, property setters."""
    for decorator in node.decorator_list:
        last = decorator.attr if isinstance(decorator, ast.Attribute) else getattr(decorator, "id", "")
        if last in {"overload", "override", "setter", "deleter"}:
            return True
    return False


def _may_be_api(place: PurePosixPath) -> bool:
    in_tests = place.parts[0] == "tests"
    return in_tests or place == API_HOME or is_room(place)
