"""The clusters that copy from one another, and the secret that each realm of them shares.

The file is Swift's own `container-sync-realms.conf`:

    [realm1]
    key = the operators' secret
    key2 = the one before it, while it is replaced
    cluster_name1 = https://cloud.example/object-store/v1/

It is looked at again when it has changed.
"""

import configparser
import hashlib
import hmac
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit


@dataclass(frozen=True, slots=True)
class Realm:
    """Clusters with one secret.

    Attributes:
        keys: the secret, and the one before it if that still holds.
        clusters: addresses by name.
    """

    name: str
    keys: tuple[str, ...] = field(repr=False)
    clusters: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Destination:
    """Where a container goes: the other container's address, and the realm if there is one."""

    url: str
    realm: Realm | None = None


class Realms:
    """The realms of a file."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._own = ""
        self._seen: tuple[int, int] | None = None
        self._realms: dict[str, Realm] = {}

    def own(self, url: str) -> None:
        """Let this cloud's own address be named in full."""
        self._own = urlsplit(url).netloc

    def all(self) -> dict[str, Realm]:
        """Every realm, by its name in capitals."""
        try:
            found = self._path.stat()
        except OSError:
            self._seen, self._realms = None, {}
            return self._realms
        if (found.st_mtime_ns, found.st_size) != self._seen:
            self._seen = found.st_mtime_ns, found.st_size
            self._realms = _read(self._path)
        return self._realms

    def problem(self, value: str) -> str:
        """What is wrong with a value of `X-Container-Sync-To`; empty if nothing is."""
        found = self.destination(value)
        return found if isinstance(found, str) else ""

    def destination(self, value: str) -> Destination | str:
        """What a value of `X-Container-Sync-To` means, or what is wrong with it."""
        value = value.rstrip("/")
        if value.startswith("//"):
            parts = value[2:].split("/")
            if len(parts) != 4 or not all(parts):
                return f"Invalid X-Container-Sync-To format {value!r}"
            realm = self.all().get(parts[0].upper())
            if realm is None:
                return f"No realm key for {parts[0]!r}"
            endpoint = realm.clusters.get(parts[1].upper())
            if endpoint is None:
                return f"No cluster endpoint for {parts[0]!r} {parts[1]!r}"
            return Destination("/".join((endpoint.rstrip("/"), *parts[2:])), realm)
        try:
            url = urlsplit(value)
            host = url.hostname
        except ValueError:
            return f"Invalid X-Container-Sync-To format {value!r}"
        if url.scheme not in {"http", "https"}:
            return f'Invalid scheme {url.scheme!r} in X-Container-Sync-To, must be "//", "http", or "https".'
        if not url.path:
            return "Path required in X-Container-Sync-To"
        if url.query or url.fragment:
            return "Params, queries, and fragments not allowed in X-Container-Sync-To"
        if not self._own or url.netloc != self._own:  # or anybody could have us call anything that we reach
            return f"Invalid host {host!r} in X-Container-Sync-To"
        return Destination(value)


def _read(path: Path) -> dict[str, Realm]:
    parser = configparser.ConfigParser(interpolation=None)
    try:
        parser.read(path, encoding="utf-8")
    except (configparser.Error, UnicodeDecodeError):
        return {}
    out = {}
    for section in parser.sections():
        options = dict(parser.items(section))
        keys = tuple(options[name] for name in ("key", "key2") if options.get(name))
        if keys:
            clusters = {name[8:].upper(): url for name, url in options.items() if name.startswith("cluster_")}
            out[section.upper()] = Realm(section.upper(), keys, clusters)
    return out


def signature(method: str, path: str, stamp: str, nonce: str, realm_key: str, user_key: str) -> str:
    """The signature of a request: Swift's own, HMAC-SHA1 over what it is and the container's secret."""
    text = "\n".join((method, path, stamp, nonce, user_key))
    return hmac.new(realm_key.encode(), text.encode(), hashlib.sha1).hexdigest()
