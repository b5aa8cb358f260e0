"""Names of buckets and keys.

Source: Amazon S3 user guide, "Bucket naming rules" and "Naming objects".
"""

import ipaddress
import re

from pileus.object_store.s3.errors import refuse

MOST_KEY = 1024
_BUCKET = re.compile(r"[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]")


def is_bucket(name: str) -> bool:
    """Whether a name can be that of a bucket."""
    if not _BUCKET.fullmatch(name) or ".." in name or ".-" in name or "-." in name or name.startswith("xn--"):
        return False
    try:
        ipaddress.IPv4Address(name)
    except ValueError:
        return True
    return False


def check_key(key: str) -> None:
    """Refuse what cannot be a key.

    Raises:
        S3Error: it is too long, or no text.
    """
    if "\0" in key:
        raise refuse("InvalidURI")
    if len(key.encode("utf-8", "surrogatepass")) > MOST_KEY:
        raise refuse("KeyTooLongError", Size=str(len(key.encode())), MaxSizeAllowed=str(MOST_KEY))
