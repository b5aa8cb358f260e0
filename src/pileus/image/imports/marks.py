"""What an image's properties tell of its import.

The task that has it, the stores that it is on its way to, and those that did not get it.
"""

from collections.abc import Iterable, Mapping
from typing import Any

TASK = "os_glance_import_task"
IMPORTING = "os_glance_importing_to_stores"
FAILED = "os_glance_failed_import"

Properties = Mapping[str, Any]


def stores(properties: Properties, mark: str) -> list[str]:
    """The stores that a mark names."""
    return [store for store in properties.get(mark, "").split(",") if store]


def marked(properties: Properties, mark: str, more: Iterable[str] = (), less: Iterable[str] = ()) -> dict[str, Any]:
    """The properties with stores added to a mark and taken from it."""
    gone = set(less)
    left = sorted({*stores(properties, mark), *more} - gone)
    return {**properties, mark: ",".join(left)}


def begun(properties: Properties, task: str, names: Iterable[str]) -> dict[str, Any]:
    """The properties when an import begins."""
    names = list(names)
    return {**marked(marked(properties, IMPORTING, names), FAILED, less=names), TASK: task}


def ended(properties: Properties, failed: Iterable[str], tried: Iterable[str]) -> dict[str, Any]:
    """The properties when an import has ended."""
    left = marked(marked(properties, IMPORTING, less=tried), FAILED, failed)
    left.pop(TASK, None)
    return left


def released(properties: Properties) -> dict[str, Any]:
    """The properties when nothing has the image any more."""
    return {name: value for name, value in properties.items() if name != TASK}
