"""The route tree: path segments to operations.  Fixed segments win over parameters, and the search goes back."""

from dataclasses import dataclass, field
from typing import Any


@dataclass(slots=True)
class Node:
    """One segment of the tree.

    Attributes:
        fixed: children by their literal segment.
        parameter: the child for any other segment.
        rest: the methods of a `{name:path}` child, which takes everything that is left.
        methods: what stands here, by HTTP method, with the names of the parameters on the way.
    """

    fixed: dict[str, "Node"] = field(default_factory=dict)
    parameter: "Node | None" = None
    rest: "Node | None" = None
    methods: dict[str, tuple[Any, tuple[str, ...]]] = field(default_factory=dict)


class Routes:
    """A tree of routes."""

    def __init__(self) -> None:
        self._root = Node()

    def add(self, method: str, path: str, target: Any) -> Any:
        """Register a target and return it; or, where one is registered already, return that one."""
        node, names = self._root, []
        for segment in path.split("/")[1:]:
            if segment.startswith("{") and segment.endswith(":path}"):
                names.append(segment[1:-6])
                node.rest = node.rest or Node()
                node = node.rest
            elif segment.startswith("{"):
                names.append(segment[1:-1])
                node.parameter = node.parameter or Node()
                node = node.parameter
            else:
                node = node.fixed.setdefault(segment, Node())
        old = node.methods.get(method)
        if old is None:
            node.methods[method] = (target, tuple(names))
            return target
        if old[1] != tuple(names):
            raise ValueError(f"{method} {path}: parameters are named {old[1]} elsewhere")
        return old[0]

    def find(self, segments: list[str]) -> tuple[Node, list[str]] | None:
        """The node of a path's (decoded) segments and the parameters' values."""
        return _find(self._root, segments, 0, [])


def _find(node: Node, segments: list[str], at: int, values: list[str]) -> tuple[Node, list[str]] | None:
    if at == len(segments):
        return (node, values) if node.methods else None
    segment = segments[at]
    child = node.fixed.get(segment)
    if child is not None:
        found = _find(child, segments, at + 1, values)
        if found is not None:
            return found
    if node.parameter is not None and segment:
        found = _find(node.parameter, segments, at + 1, [*values, segment])
        if found is not None:
            return found
    if node.rest is not None and node.rest.methods and segments[at:] != [""]:
        return node.rest, [*values, "/".join(segments[at:])]
    return None
