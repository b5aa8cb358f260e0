"""Patterns with `*` and `?`, in time that no pattern can make long."""

from functools import lru_cache


@lru_cache(maxsize=4096)
def _pieces(pattern: str) -> tuple[str, ...]:
    return tuple(pattern.split("*"))


def _at(text: str, piece: str, start: int) -> bool:
    """Whether a piece, in which `?` stands for anything, is there."""
    if "?" not in piece:
        return text.startswith(piece, start)
    if start + len(piece) > len(text):
        return False
    return all(wanted in {"?", found} for wanted, found in zip(piece, text[start : start + len(piece)], strict=True))


def _find(text: str, piece: str, start: int, end: int) -> int:
    if "?" not in piece:
        return text.find(piece, start, end)
    for at in range(start, end - len(piece) + 1):
        if _at(text, piece, at):
            return at
    return -1


def matches(pattern: str, text: str) -> bool:
    """Whether a text is of a pattern.  Each piece is taken where it comes first, which is enough."""
    pieces = _pieces(pattern)
    first, last = pieces[0], pieces[-1]
    if len(pieces) == 1:
        return len(text) == len(first) and _at(text, first, 0)
    end = len(text) - len(last)
    if end < len(first) or not _at(text, first, 0) or not _at(text, last, end):
        return False
    start = len(first)
    for piece in pieces[1:-1]:
        at = _find(text, piece, start, end)
        if at < 0:
            return False
        start = at + len(piece)
    return True
