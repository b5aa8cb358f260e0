"""A service's declarations turned into what the dispatcher looks up."""

import re
from collections.abc import Callable
from typing import Any

from pileus.kernel.api.declare import Operation, Service
from pileus.kernel.api.errors import BadRequest, NotFound
from pileus.kernel.api.fields import UNSET
from pileus.kernel.serving.route import Node, Routes

_PROJECT = re.compile(r"[0-9a-fA-F]{32}|[0-9a-fA-F-]{36}")


class Choices:
    """The operations on one method and path, of which each version has at most one."""

    def __init__(self) -> None:
        self.operations: list[Operation] = []

    def choose(self, version: int) -> Operation:
        """The version's operation.

        Raises:
            NotFound: it has none.
        """
        for operation in self.operations:
            if operation.present(version):
                return operation
        raise NotFound


class ActionSet:
    """The actions of one path, chosen by the body's only key."""

    types: tuple[str, ...] = ()

    def __init__(self) -> None:
        self.actions: dict[str, list[Operation]] = {}

    def choose(self, body: Any, version: int) -> Operation:
        """The action that the body names.

        Raises:
            BadRequest: the body names none, or more than one.
        """
        if not isinstance(body, dict) or not body:
            raise BadRequest("Malformed request body")
        known = [name for name in body if name in self.actions]
        if len(known) != 1:
            raise BadRequest(
                f"There is no such action: {next(iter(body))}" if not known else "Multiple actions in one body"
            )
        for operation in self.actions[known[0]]:
            if operation.present(version):
                return operation
        raise BadRequest(f"There is no such action: {known[0]}")


class Mounted:
    """The routes of one service.

    Attributes:
        bound: by operation, the function bound to its resource object, and that object.
        guarded: by operation, the attributes whose setting needs a right of its own, each with the value that means
            the same as leaving it out (UNSET where there is none).
        hideable: by operation, the attributes whose sight needs a right of its own.
        hiders: by operation, the name that those rights start with.
        unknown: stands for the operation until one is found.
    """

    def __init__(self, service: Service) -> None:
        self.service = service
        self.routes = Routes()
        self.bound: dict[int, tuple[Callable[..., Any], Any]] = {}
        self.guarded: dict[int, tuple[tuple[str, Any], ...]] = {}
        self.hideable: dict[int, tuple[str, ...]] = {}
        self.hiders: dict[int, str] = {}
        self.unknown = Operation(method="", path="", function=Mounted.__init__)
        for item in service.resources:
            for operation in item.declared.operations:
                self._add(item, operation)

    def _add(self, item: Any, operation: Operation) -> None:
        made = item.declared
        path = ("" if made.path.startswith("!") else self.service.root) + made.path.removeprefix("!") + operation.path
        fresh: Choices | ActionSet = ActionSet() if operation.action else Choices()
        target = self.routes.add(operation.method, path, fresh)
        if isinstance(target, ActionSet):
            target.actions.setdefault(operation.action, []).append(operation)
        else:
            target.operations.append(operation)
        self.bound[id(operation)] = (getattr(item, operation.function.__name__), item)
        self._rights(made, operation)

    def _rights(self, made: Any, operation: Operation) -> None:
        attribute = {"POST": "allow_create", "PUT": "allow_update", "PATCH": "allow_update"}.get(operation.method)
        if operation.body is not None and attribute and operation.right:
            fields = operation.body.fields.values()
            creates = attribute == "allow_create"
            self.guarded[id(operation)] = tuple(
                (f.wire, f.default if creates else UNSET) for f in fields if getattr(f, attribute) is not None
            )
        if operation.returns is None or not operation.right:
            return
        hideable = tuple(f.wire for f in operation.returns.fields.values() if f.allow_read is not None)
        if not hideable:
            return
        readers = [o.right for o in made.operations if o.method == "GET" and o.returns is operation.returns and o.right]
        if readers:
            self.hideable[id(operation)] = hideable
            self.hiders[id(operation)] = operation.right if operation.method == "GET" else readers[0]

    def find(self, path: str) -> tuple[tuple[Node, list[str]] | None, str]:
        """The route of a path below the prefix, and the root that its links start with."""
        root = self.service.root
        segments = path.split("/")[1:]
        if self.service.project_in_path and path.startswith(root + "/"):
            depth = root.count("/")
            if len(segments) > depth and _PROJECT.fullmatch(segments[depth]):
                root = f"{root}/{segments.pop(depth)}"
        found = self.routes.find(segments)
        below_root = len(segments) > max(self.service.root.count("/") + 1, 1)
        if found is None and segments[-1:] == [""] and (self.service.trailing_slash or not below_root):
            found = self.routes.find(segments[:-1])
        return found, root
