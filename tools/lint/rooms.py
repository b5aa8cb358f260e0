"""The rooms of a service: what is declared where, and which room may know which.

A service is a package in ``src/pileus`` that is not one of :data:`NOT_SERVICES`.  In it, resources are declared in
files named ``api.py``, tables in ``table.py``, state machines in ``states.py``, version histories in ``versions.py``:
whoever looks for one knows where it is.  Other files are named for what is in them (decision 0003).
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import PurePosixPath

from tools.lint.findings import Finding
from tools.lint.source import Module, Tree

HOUSE = PurePosixPath("src/pileus")
NOT_SERVICES = frozenset({"kernel", "host", "simulated", "cli", "platform", "guest_image", "cloud"})
SERVICE_FOLDERS = frozenset({"scheduling", "reconcilers", "drivers", "backend", "migrations", "operations"})
ROOM_FILES = frozenset({"__init__.py", "api.py", "schema.py", "table.py", "logic.py", "states.py"})

UPWARD = {
    "table": frozenset({"api", "logic", "operations"}),
    "states": frozenset({"api", "logic", "operations", "schema"}),
    "logic": frozenset({"api"}),
    "operations": frozenset({"api"}),
}
"""For each room, the rooms of its own resource that it must not know."""


def service_of(path: PurePosixPath) -> str:
    """The service that a file belongs to, or '' when it belongs to none."""
    parts = path.relative_to(HOUSE).parts if path.is_relative_to(HOUSE) else ()
    return parts[0] if len(parts) > 1 and parts[0] not in NOT_SERVICES else ""


def is_room(path: PurePosixPath) -> bool:
    """Whether a file is ``api.py`` or another room, in a resource folder of a service."""
    if not service_of(path):
        return False
    parts = path.relative_to(HOUSE).parts
    return len(parts) >= 3 and parts[1] not in SERVICE_FOLDERS and parts[-1] in ROOM_FILES


DECLARED = {
    "pileus.kernel.api.declare.resource": ("api.py", "a resource"),
    "sqlalchemy.Table": ("table.py", "a table"),
    "pileus.kernel.states.Machine": ("states.py", "a state machine"),
    "pileus.kernel.api.versions.History": ("versions.py", "a history of versions"),
}
"""What is declared by calling what, and the file that it belongs in."""


def rooms(tree: Tree) -> Iterator[Finding]:
    """Each kind of declaration stands in its room; a service has its walk."""
    house = tree.root / HOUSE
    if not house.is_dir():
        return
    for service in sorted(p for p in house.iterdir() if p.is_dir() and service_of(HOUSE / p.name / "x")):
        entries = [e.name for e in service.iterdir() if e.name != "__pycache__"]
        if service.name != "__pycache__" and entries not in (["__init__.py"], []) and "README.md" not in entries:
            where = str(HOUSE / service.name)
            yield Finding(where, 0, "rooms", "a service opens with a README.md: the walk of one request, the words")
    for module in tree.under(str(HOUSE)):
        if service_of(module.path):
            yield from _misplaced(module)


def _misplaced(module: Module) -> Iterator[Finding]:
    for node in ast.walk(module.tree):
        if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Name):
            continue
        room, what = DECLARED.get(module.names.get(node.func.id, ""), ("", ""))
        if room and module.path.name != room:
            yield Finding(str(module.path), node.lineno, "rooms", f"{what} is declared in {room}")


def room_order(tree: Tree) -> Iterator[Finding]:
    """Inside a resource knowledge goes one way: api to logic to table and states."""
    for module in tree.under(str(HOUSE)):
        room = _room(module)
        for line, name in module.imports():
            resource = ".".join(module.dotted.split(".")[:3])
            if room in UPWARD and name.startswith(f"{resource}."):
                other = name.removeprefix(f"{resource}.").partition(".")[0]
                if other in UPWARD[room]:
                    text = f"{room} must not know {other}: the order is api, logic, then table and states"
                    yield Finding(str(module.path), line, "room-order", text)


def doors(tree: Tree) -> Iterator[Finding]:
    """One service reaches another only through that one's ``service`` module."""
    for module in tree.under(str(HOUSE)):
        mine = service_of(module.path)
        if not mine:
            continue
        for line, name in module.imports():
            parts = name.split(".")
            if parts[0] != "pileus" or len(parts) < 2 or parts[1] == mine:
                continue
            if service_of(HOUSE / parts[1] / "x") and parts[2:3] != ["service"] and _is_package(tree, parts[1]):
                text = f"{mine} reaches into {parts[1]} past its service.py: {name}"
                yield Finding(str(module.path), line, "service-door", text)


def _is_package(tree: Tree, name: str) -> bool:
    return (tree.root / HOUSE / name).is_dir()


def _room(module: Module) -> str:
    """The room that a file is, ``operations`` for everything in that folder, '' outside of resources."""
    if not service_of(module.path):
        return ""
    parts = module.path.relative_to(HOUSE).parts
    if is_room(module.path):
        return PurePosixPath(parts[-1]).stem
    return "operations" if len(parts) == 4 and parts[2] == "operations" else ""
