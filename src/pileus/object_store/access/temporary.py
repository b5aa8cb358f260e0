"""TempURL: a signed address that lets anybody do one thing with one object until a moment.

Source: Swift's TempURL as documented.  Signatures are compared in constant time, against every key that is set.
"""

import base64
import binascii
import hmac
import ipaddress
from collections.abc import Iterator
from datetime import UTC, datetime
from urllib.parse import quote

from pileus.kernel.api.call import Call
from pileus.kernel.api.errors import BadRequest, Unauthorized
from pileus.object_store.storage.protocol import TICKS, AccountRecord, ContainerRecord
from pileus.object_store.wire import answers, moments
from pileus.object_store.wire.metadata import KEYS

SIZES = {"sha1": 20, "sha256": 32, "sha512": 64}
METHODS = ("GET", "HEAD", "PUT", "POST", "DELETE")
REFUSED = ("x-object-manifest", "x-symlink-target")
"""Headers of what would read what nobody signed for."""
HIDDEN = "X-Object-Meta-"
SHOWN = "X-Object-Meta-Public-"
"""What of an object's metadata those see who have a signed address."""


def asked(call: Call) -> bool:
    """Whether a request comes with a signature."""
    params = call.request.query_params
    return "temp_url_sig" in params or "temp_url_expires" in params


def require(
    call: Call,
    place: tuple[str, str, str],
    account: AccountRecord | None,
    container: ContainerRecord,
    digests: tuple[str, ...],
) -> str:
    """Raise unless the request's signature is good for it; whose key signed it: "account" or "container".

    Raises:
        Unauthorized: it is not.
        BadRequest: the request would make a manifest, which reads what nobody signed for.
    """
    method = call.request.method
    params = call.request.query_params
    expires = _moment(params.get("temp_url_expires", ""))
    if method not in METHODS or expires is None or expires < answers.now(call.world) // TICKS:
        raise Unauthorized
    digest, signature = signature_of(params.get("temp_url_sig", ""), digests)
    if not _from(call, params.get("temp_url_ip_range")):
        raise Unauthorized
    scope = _scope(place, params.get("temp_url_prefix"))
    ranged = f"ip={params['temp_url_ip_range']}\n" if "temp_url_ip_range" in params else ""
    methods = (method,) if method != "HEAD" else ("HEAD", "GET", "PUT", "POST")
    signed = ""
    for kind, key in keys(account, container):
        for wanted in methods:
            for root in roots(call):
                path = scope[0] + root + scope[1]
                text = f"{ranged}{wanted}\n{expires}\n{path}".encode()
                if hmac.compare_digest(hmac.new(key.encode(), text, digest).digest(), signature):
                    signed = signed or kind
    if not signed:
        raise Unauthorized
    for name in REFUSED if method not in {"GET", "HEAD"} else ():
        if name in call.request.headers:
            raise BadRequest(f"The header {name.title()!r} is not allowed in this tempurl")
    if method in {"PUT", "POST", "DELETE"} and ("multipart-manifest" in params or "extract-archive" in params):
        raise BadRequest("A list of segments is not allowed in this tempurl")
    if method == "PUT" and "x-copy-from" in call.request.headers:
        raise BadRequest("The header 'X-Copy-From' is not allowed in this tempurl")
    return signed


def roots(call: Call) -> tuple[str, ...]:
    """What a signed path may start with: as in Swift, and as this cloud's addresses do."""
    return "/v1", call.service.prefix + "/v1"


def headers(call: Call, object: str, shows: dict[str, str]) -> dict[str, str]:
    """What the answer to a signed GET says: a browser is to save it, not to show it, and metadata stay private."""
    params = call.request.query_params
    out = {k: v for k, v in shows.items() if not k.startswith(HIDDEN) or k.startswith(SHOWN)}
    named = params.get("filename", "")
    if "inline" in params:
        out["Content-Disposition"] = "inline" + (_named(named) if named else "")
    elif named:
        out["Content-Disposition"] = "attachment" + _named(named)
    else:
        own = "attachment" + _named(object.rstrip("/").rpartition("/")[2])
        out["Content-Disposition"] = shows.get("Content-Disposition", own).replace("\n", "%0A")
    out["Expires"] = moments.http(_moment(params["temp_url_expires"]) or 0)
    return out


def _named(name: str) -> str:
    plain = quote(name, safe=" ()!,;=+@&~$'")
    return f"; filename=\"{plain}\"; filename*=UTF-8''{quote(name)}"


def _moment(text: str) -> int | None:
    if text.isascii() and text.isdecimal() and len(text) < 12:
        return int(text)
    for form in ("%Y-%m-%dT%H:%M:%SZ", "%Y-%m-%dT%H:%M:%S%z", "%Y-%m-%d"):
        try:
            found = datetime.strptime(text, form)  # noqa: DTZ007 - the zone is filled in below
        except ValueError:
            continue
        return int((found if found.tzinfo else found.replace(tzinfo=UTC)).timestamp())
    return None


def signature_of(text: str, digests: tuple[str, ...]) -> tuple[str, bytes]:
    """The digest's name and the signature's bytes.

    Raises:
        Unauthorized: it is no signature, or its digest is none of those that are allowed.
    """
    name, colon, encoded = text.partition(":")
    try:
        if colon:
            padded = encoded + "=" * (-len(encoded) % 4)
            value = base64.b64decode(padded.replace("-", "+").replace("_", "/"), validate=True)
        else:
            value = bytes.fromhex(text)
            name = next((known for known, size in SIZES.items() if size == len(value)), "")
    except (ValueError, binascii.Error):
        raise Unauthorized from None
    if name not in digests or SIZES.get(name) != len(value):
        raise Unauthorized
    return name, value


def _from(call: Call, allowed: str | None) -> bool:
    if allowed is None:
        return True
    client = call.request.client
    try:
        return client is not None and ipaddress.ip_address(client.host) in ipaddress.ip_network(allowed, strict=False)
    except ValueError:
        return False


def _scope(place: tuple[str, str, str], prefix: str | None) -> tuple[str, str]:
    if prefix is None:
        return "", "/" + "/".join(place)
    if not place[2].startswith(prefix):
        raise Unauthorized
    return "prefix:", "/" + "/".join((*place[:2], prefix))


def keys(account: AccountRecord | None, container: ContainerRecord) -> Iterator[tuple[str, str]]:
    """Every key that is set, with whose it is."""
    for kind, record in (("account", account), ("container", container)):
        for name in KEYS:
            value = record.metadata.get(f"x-{kind}-meta-{name}") if record is not None else None
            if value:
                yield kind, value
