"""Signatures of OAuth 1.0a requests (RFC 5849): what is signed, and whether it was signed with a secret."""

import base64
import hmac
import re
from collections.abc import Iterable
from dataclasses import dataclass
from urllib.parse import parse_qsl, quote, unquote, urlsplit, urlunsplit

from pileus.identity.errors import Malformed
from pileus.kernel.api.errors import Unauthorized

_HASHES = {"HMAC-SHA1": "sha1", "HMAC-SHA256": "sha256", "HMAC-SHA512": "sha512"}
_PARAMETER = re.compile(r'\s*([A-Za-z0-9_%.~-]+)="([^"]*)"\s*(?:,|$)')
_PORTS = {"http": 80, "https": 443}
AGE = 600
"""Seconds that a request's timestamp may differ from the cloud's clock."""


@dataclass(frozen=True, slots=True)
class Signed:
    """A signed request.

    Attributes:
        oauth: the parameters of the Authorization header.
        addresses: the request's address, in each form that the client may have seen.
        others: the parameters of the query string and, of a form, the body.
    """

    method: str
    addresses: tuple[str, ...]
    oauth: dict[str, str]
    others: tuple[tuple[str, str], ...] = ()

    def required(self, name: str) -> str:
        """A parameter that must be there.

        Raises:
            Malformed: it is not.
        """
        value = self.oauth.get(name)
        if not value:
            raise Malformed(f"Expecting to find {name} in request.")
        return value

    def check(self, consumer_secret: str, token_secret: str, now: float) -> None:
        """Raise unless the request was signed with these secrets, lately.

        Raises:
            Unauthorized: it was not.
        """
        name = _HASHES.get(self.oauth.get("oauth_signature_method", ""))
        stamp = self.oauth.get("oauth_timestamp", "")
        if name is None or self.oauth.get("oauth_version", "1.0") != "1.0" or not self.oauth.get("oauth_nonce"):
            raise Unauthorized("Invalid signature")
        if not (stamp.isascii() and stamp.isdecimal()) or len(stamp) > 12 or abs(now - int(stamp)) > AGE:
            raise Unauthorized("Invalid signature")
        key = f"{escaped(consumer_secret)}&{escaped(token_secret)}".encode()
        sent = self.oauth.get("oauth_signature", "").encode("utf-8", "surrogatepass")
        right = False
        for address in self.addresses:
            digest = hmac.digest(key, self._text(address).encode(), name)
            right |= hmac.compare_digest(base64.b64encode(digest), sent)
        if not right:
            raise Unauthorized("Invalid signature")

    def _text(self, address: str) -> str:
        """What is signed."""
        own = [(k, v) for k, v in self.oauth.items() if k not in {"realm", "oauth_signature"}]
        pairs = sorted((escaped(k), escaped(v)) for k, v in (*own, *self.others))
        joined = "&".join(f"{k}={v}" for k, v in pairs)
        return "&".join(escaped(part) for part in (self.method.upper(), _plain(address), joined))


def signed(method: str, addresses: Iterable[str], query: str, header: str) -> Signed:
    """A request that says that it is signed.

    Raises:
        Malformed: it does not say so, or says something twice.
    """
    kind, _, rest = header.strip().partition(" ")
    if kind.lower() != "oauth":
        raise Malformed("Error retrieving OAuth headers")
    oauth: dict[str, str] = {}
    at = 0
    rest = rest.strip()
    while at < len(rest):
        found = _PARAMETER.match(rest, at)
        if found is None or unquote(found[1]) in oauth:
            raise Malformed("Error retrieving OAuth headers")
        oauth[unquote(found[1])] = unquote(found[2])
        at = found.end()
    others = tuple(parse_qsl(query, keep_blank_values=True))
    return Signed(method, tuple(dict.fromkeys(addresses)), oauth, others)


def escaped(text: str) -> str:
    """Text as it is signed."""
    return quote(text, safe="~")


def _plain(address: str) -> str:
    """An address without query, its host in small letters, without a port that goes without saying."""
    parts = urlsplit(address)
    scheme = parts.scheme.lower()
    host = (parts.hostname or "").lower()
    host = f"[{host}]" if ":" in host else host
    try:
        port = parts.port
    except ValueError:
        port = None
    if port is not None and port != _PORTS.get(scheme):
        host += f":{port}"
    return urlunsplit((scheme, host, parts.path or "/", "", ""))
