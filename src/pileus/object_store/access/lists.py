"""Access lists of containers: `.r:*,.rlistings,project:user,role`.

Source: Swift's `common/middleware/acl.py` as documented; referrers are hosts, `-` before one denies it.
"""

from dataclasses import dataclass, field
from urllib.parse import unquote, urlparse

from pileus.kernel.api.errors import BadRequest

LISTINGS = ".rlistings"
_REFERRER_WORDS = frozenset({".r", ".ref", ".referer", ".referrer"})


@dataclass(frozen=True, slots=True)
class AccessList:
    """An access list, read.

    Attributes:
        referrers: hosts of pages that may link here, in their order.
        groups: everything else: `project:user` and roles.
    """

    referrers: tuple[str, ...] = ()
    groups: frozenset[str] = field(default_factory=frozenset)

    @property
    def listings(self) -> bool:
        """Whether whoever may read by referrer may also list."""
        return LISTINGS in self.groups

    def refers(self, referrer: str) -> bool:
        """Whether a page may link here: the last entry that fits decides."""
        allowed = False
        host = _host(referrer) or "unknown"
        for entry in self.referrers:
            denied = entry.startswith("-")
            pattern = entry.removeprefix("-")
            everybody = pattern == "*" and not denied
            if everybody or pattern == host or (pattern.startswith(".") and host.endswith(pattern)):
                allowed = not denied
        return allowed


def _host(referrer: str) -> str:
    try:
        return urlparse(referrer).hostname or ""
    except ValueError:
        return ""


def read(text: str) -> AccessList:
    """A stored access list."""
    referrers, groups = [], set()
    for entry in text.split(","):
        if entry.startswith(".r:"):
            referrers.append(entry[3:])
        elif entry:
            groups.add(unquote(entry))
    return AccessList(tuple(referrers), frozenset(groups))


def clean(header: str, text: str) -> str:
    """An access list as it is stored: blanks gone, referrers in their short form.

    Raises:
        BadRequest: an entry means nothing.
    """
    kept = []
    for raw in text.split(","):
        entry = raw.strip()
        if not entry:
            continue
        first, colon, second = (part.strip() for part in entry.partition(":"))
        if not colon or not first.startswith("."):
            kept.append(entry)
            continue
        if first not in _REFERRER_WORDS:
            raise BadRequest(f"X-Container-{header}: Unknown designator {first!r} in ACL: {entry!r}")
        if header == "Write":
            raise BadRequest(f"X-Container-Write: Referrers not allowed in write ACL: {entry!r}")
        denied, host = second.startswith("-"), second.removeprefix("-").strip()
        if host.startswith("*") and host != "*":
            host = host[1:].strip()
        if not host or host == ".":
            raise BadRequest(f"X-Container-{header}: No host/domain value after referrer designation in ACL: {entry!r}")
        kept.append(f".r:{'-' if denied else ''}{host}")
    return ",".join(kept)
