"""Pages, sums and metadata of what lies in dictionaries."""

from collections.abc import Callable, Iterator, Sequence
from typing import Any

from pileus.object_store.storage.index.listing import walk
from pileus.object_store.storage.records import Change, Query, Usage


def sum_of(one: Usage, other: Usage) -> Usage:
    """Both together."""
    return Usage(one.objects + other.objects, one.bytes + other.bytes)


def merged(old: dict[str, str], change: Change) -> dict[str, str]:
    """Metadata after a change."""
    return {name: value for name, value in {**old, **change}.items() if value is not None}


def page_of(
    kept: dict[str, Any], query: Query, make: Callable[[tuple[Any, ...]], Any], ahead: Sequence[Any] = ()
) -> list[Any]:
    """A page of what a dictionary has by name; a list stands for several of one name."""
    ordered = sorted(((name.encode(), item) for name, item in kept.items()), reverse=query.reverse, key=lambda r: r[0])
    first: list[tuple[bytes, Any]] = [(query.marker.encode(), item) for item in ahead]

    def rows(low: bytes, inclusive: bool, high: bytes | None) -> Iterator[tuple[Any, ...]]:
        yield from first
        first.clear()
        for name, item in ordered:
            if (name > low or (inclusive and name == low)) and (high is None or name < high):
                for one in item if isinstance(item, list) else [item]:
                    yield name, one

    return walk(rows, query, make)
