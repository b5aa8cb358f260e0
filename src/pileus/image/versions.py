"""Versions of the Images API.  They are announced, not chosen: every request gets the newest."""

from pileus.kernel.api.versions import History

IMAGE = History("image", "2.18")

_CURRENT, _SUPPORTED = "CURRENT", "SUPPORTED"
_CACHE = (18, 17, 16, 15, 14)
_STORES = tuple(range(13, 7, -1))
_OLD = tuple(range(7, -1, -1))


def announced(*, cache: bool) -> list[tuple[str, str]]:
    """The versions that the version document lists, with their status; some come with the image cache alone."""
    if cache:
        minors = [(minor, _CURRENT if minor == _CACHE[0] else _SUPPORTED) for minor in _CACHE + _STORES + _OLD]
    else:
        minors = [(minor, _SUPPORTED) for minor in (15, *_STORES)]
        minors += [(17, _CURRENT), *((minor, _SUPPORTED) for minor in _OLD)]
    return [(f"v2.{minor}", status) for minor, status in minors]
