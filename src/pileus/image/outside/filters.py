"""Which URLs the operator lets users name, by scheme, host and port.

Source: Glance's administration guide, "Interoperable Image Import", `[import_filtering_opts]`.  Where a list of what is
allowed is set, the one of what is not is moot.
"""

import unicodedata
from collections.abc import Collection
from urllib.parse import SplitResult, urlsplit

from pileus.image.settings import DownloadSettings

PORTS = {"http": 80, "https": 443}


def split(url: str) -> SplitResult | None:
    """A URL's parts; None if it cannot be taken apart, or every reader would take it apart differently."""
    if not url.isprintable() or any(letter in url for letter in ' \\"<>^`{|}'):
        return None
    try:
        parts = urlsplit(url)
        parts.port  # noqa: B018 - raises where it is none
    except ValueError:
        return None
    return parts if parts.hostname and not parts.username and not parts.password else None


def refusal(settings: DownloadSettings, url: str) -> str:
    """Why a URL must not be fetched; empty if it may be."""
    parts = split(url)
    if parts is None:
        return "it is no URL of a host"
    if parts.scheme not in PORTS:
        return f"the scheme '{parts.scheme}' cannot be fetched"
    if not _passes(parts.scheme, settings.allowed_schemes, settings.disallowed_schemes):
        return f"the scheme '{parts.scheme}' is not allowed"
    host = normal(parts.hostname or "")
    if not _passes(host, [normal(h) for h in settings.allowed_hosts], [normal(h) for h in settings.disallowed_hosts]):
        return f"the host '{host}' is not allowed"
    port = parts.port if parts.port is not None else PORTS[parts.scheme]
    if not _passes(port, settings.allowed_ports, settings.disallowed_ports):
        return f"the port {port} is not allowed"
    return ""


def _passes(value: object, allowed: Collection[object], disallowed: Collection[object]) -> bool:
    return value in allowed if allowed else value not in disallowed


def normal(host: str) -> str:
    """A host's name as it is compared: small letters, no dot at its end, compatibility forms undone."""
    return unicodedata.normalize("NFKC", host).lower().rstrip(".")
