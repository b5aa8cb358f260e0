"""Who may end a transaction, and where time, identifiers and chance come from."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import PurePosixPath

from tools.lint.findings import Finding
from tools.lint.rooms import service_of
from tools.lint.source import Module, Tree

COMMITTERS = ("src/pileus/kernel", "src/pileus/__main__.py")
"""Where a transaction may end: the store, and the edges that call it (requests, operations, loops)."""

OWN_CLOCK = (
    "src/pileus/kernel/clock.py",
    "src/pileus/kernel/ids.py",
    "src/pileus/host",
    "src/pileus/platform",
    "src/pileus/guest_image",
    "src/pileus/cli",
)
"""Code outside of the simulated world: the clock itself, and what drives real machines or a terminal."""

DRIVER_FOLDERS = frozenset({"backend", "drivers"})
"""Folders of a service that hold real drivers: they wait for daemons and end the daemons' transactions.

What is simulated stands in ``pileus.simulated`` and is held to the rules."""

REAL_WORLD = frozenset(
    {
        "datetime.datetime.now",
        "datetime.datetime.utcnow",
        "datetime.datetime.today",
        "datetime.date.today",
        "time.time",
        "time.time_ns",
        "time.monotonic",
        "time.monotonic_ns",
        "time.sleep",
        "asyncio.sleep",
        "uuid.uuid1",
        "uuid.uuid4",
    }
)


def commits(tree: Tree) -> Iterator[Finding]:
    """Logic never commits: no ``.commit()``, ``.rollback()`` or bare ``.begin()`` outside of the kernel.

    ``begin`` with arguments is the verb of a state machine (``begin(row, verb)``) and is left alone.
    """
    for module in _outside(tree, COMMITTERS):
        for node in ast.walk(module.tree):
            if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Attribute):
                continue
            name = node.func.attr
            if name in {"commit", "rollback"} or (name == "begin" and not node.args and not node.keywords):
                text = f".{name}() here: one request is one transaction, opened and committed at the edge"
                yield Finding(str(module.path), node.lineno, "commit", text)


def real_world(tree: Tree) -> Iterator[Finding]:
    """Time, sleeping, identifiers and chance come from the kernel: a seeded clock can run the whole."""
    for module in _outside(tree, OWN_CLOCK):
        for node in ast.walk(module.tree):
            if not isinstance(node, ast.Attribute | ast.Name):
                continue
            name = module.resolve(node) if _root(node) in module.names else ""
            if name in REAL_WORLD or name.startswith("random."):
                text = f"{name}: take it from pileus.kernel.clock or pileus.kernel.ids"
                yield Finding(str(module.path), node.lineno, "real-world", text)


def _root(node: ast.expr) -> str:
    """The first word of a dotted name: of ``dt.datetime.now`` it is ``dt``."""
    while isinstance(node, ast.Attribute):
        node = node.value
    return node.id if isinstance(node, ast.Name) else ""


def _outside(tree: Tree, places: tuple[str, ...]) -> Iterator[Module]:
    for module in tree.under("src"):
        drives = bool(service_of(module.path)) and not DRIVER_FOLDERS.isdisjoint(module.path.parts)
        if not drives and not any(module.path.is_relative_to(PurePosixPath(place)) for place in places):
            yield module
