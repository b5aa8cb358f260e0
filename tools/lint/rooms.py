"""The rooms of a service: which files stand where, and which may know which.

A service is a package in ``src/pileus`` that is not one of :data:`NOT_SERVICES`. It holds a few files of
its own, a few folders with fixed names, and one folder for each resource; a resource folder holds the same
rooms everywhere. A new kind of room needs a decision record and a change here.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import PurePosixPath

from tools.lint.findings import Finding
from tools.lint.source import Module, Tree

HOUSE = PurePosixPath("src/pileus")
NOT_SERVICES = frozenset({"kernel", "host", "simulated", "cli", "platform", "guest_image"})
SERVICE_FILES = frozenset({"__init__.py", "README.md", "service.py", "versions.py", "settings.py", "errors.py"})
SERVICE_FOLDERS = frozenset({"scheduling", "reconcilers", "drivers", "backend", "migrations", "operations"})
ROOM_FILES = frozenset({"__init__.py", "api.py", "schema.py", "table.py", "logic.py", "states.py"})
ROOM_FOLDERS = frozenset({"operations"})

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
    """Whether a file is ``api.py`` or another room, directly in a resource folder of a service."""
    if not service_of(path):
        return False
    parts = path.relative_to(HOUSE).parts
    return len(parts) == 3 and parts[1] not in SERVICE_FOLDERS and parts[2] in ROOM_FILES


def rooms(tree: Tree) -> Iterator[Finding]:
    """Only the known files and folders stand in a service and its resources; a service has its walk."""
    house = tree.root / HOUSE
    if not house.is_dir():
        return
    for service in sorted(p for p in house.iterdir() if p.is_dir() and service_of(HOUSE / p.name / "x")):
        if service.name == "__pycache__":
            continue
        entries = [e for e in sorted(service.iterdir()) if e.name != "__pycache__"]
        if [e.name for e in entries] != ["__init__.py"] and not (service / "README.md").is_file():
            where = str(HOUSE / service.name)
            yield Finding(where, 0, "rooms", "a service opens with a README.md: the walk of one request, the words")
        for entry in entries:
            if entry.is_file() and entry.name not in SERVICE_FILES:
                where = str(HOUSE / service.name / entry.name)
                yield Finding(where, 0, "rooms", f"a service has no {entry.name}: {_list(SERVICE_FILES)}")
            elif entry.is_dir() and entry.name not in SERVICE_FOLDERS:
                for inner in sorted(entry.iterdir()):
                    known = ROOM_FOLDERS | {"__pycache__"} if inner.is_dir() else ROOM_FILES
                    if inner.name not in known:
                        where = str(HOUSE / service.name / entry.name / inner.name)
                        text = f"a resource has no room {inner.name}: {_list(ROOM_FILES | ROOM_FOLDERS)}"
                        yield Finding(where, 0, "rooms", text)


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
        return PurePosixPath(parts[2]).stem
    return "operations" if len(parts) == 4 and parts[2] == "operations" else ""


def _list(names: frozenset[str]) -> str:
    return "only " + ", ".join(sorted(names))
