"""TempURL: a signed address that lets anybody do one thing with one object until a moment.

Source: Swift's TempURL as documented.  Signatures are compared in constant time, against every key that is set.
"""

import base64
import binascii
import hashlib
import hmac
import ipaddress
from collections.abc import Iterator
from datetime import UTC, datetime
from urllib.parse import quote

from pileus.kernel.api.call import Call
from pileus.kernel.api.errors import BadRequest, Unauthorized
from pileus.object_store.storage.protocol import TICKS, AccountRecord, ContainerRecord
from pileus.object_store.wire import answers, moments

DIGESTS = {"sha256": 32, "sha512": 64}
METHODS = ("GET", "HEAD", "PUT", "POST", "DELETE")
_KEYS = ("temp-url-key", "temp-url-key-2")


def asked(call: Call) -> bool:
    """Whether a request comes with a signature."""
    params = call.request.query_params
    return "temp_url_sig" in params or "temp_url_expires" in params


def require(call: Call, place: tuple[str, str, str], account: AccountRecord | None, container: ContainerRecord) -> str:
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
    digest, signature = _signature(params.get("temp_url_sig", ""))
    if not _from(call, params.get("temp_url_ip_range")):
        raise Unauthorized
    scope = _scope(place, params.get("temp_url_prefix"))
    ranged = f"ip={params['temp_url_ip_range']}\n" if "temp_url_ip_range" in params else ""
    methods = (method,) if method != "HEAD" else ("HEAD", "GET", "PUT", "POST")
    signed = ""
    for kind, key in _keys(account, container):
        for wanted in methods:
            for root in ("/v1", call.service.prefix + "/v1"):
                path = scope[0] + root + scope[1]
                text = f"{ranged}{wanted}\n{expires}\n{path}".encode()
                if hmac.compare_digest(hmac.new(key.encode(), text, digest).digest(), signature):
                    signed = signed or kind
    if not signed:
        raise Unauthorized
    if method in {"PUT", "POST"} and ("x-object-manifest" in call.request.headers or "multipart-manifest" in params):
        raise BadRequest("X-Object-Manifest not allowed in request headers with a temporary URL")
    return signed


def headers(call: Call, object: str) -> dict[str, str]:
    """What the answer to a signed GET says besides: a browser is to save it, not to show it."""
    params = call.request.query_params
    name = params.get("filename") or object.rstrip("/").rpartition("/")[2]
    plain = quote(name, safe=" ()!,;=+@&~$'")
    disposition = f"attachment; filename=\"{plain}\"; filename*=UTF-8''{quote(name)}"
    if "inline" in params:
        disposition = "inline" + (disposition.removeprefix("attachment") if params.get("filename") else "")
    expires = _moment(params["temp_url_expires"])
    return {"Content-Disposition": disposition, "Expires": moments.http(expires or 0)}


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


def _signature(text: str) -> tuple[str, bytes]:
    """The digest's name and the signature's bytes.

    Raises:
        Unauthorized: it is no signature.
    """
    name, colon, encoded = text.partition(":")
    try:
        if colon:
            padded = encoded + "=" * (-len(encoded) % 4)
            value = base64.b64decode(padded.replace("-", "+").replace("_", "/"), validate=True)
        else:
            value = bytes.fromhex(text)
            name = next((known for known, size in DIGESTS.items() if size == len(value)), "")
    except (ValueError, binascii.Error):
        raise Unauthorized from None
    if DIGESTS.get(name) != len(value) or name not in hashlib.algorithms_available:
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


def _keys(account: AccountRecord | None, container: ContainerRecord) -> Iterator[tuple[str, str]]:
    for kind, record in (("account", account), ("container", container)):
        for name in _KEYS:
            value = record.metadata.get(f"x-{kind}-meta-{name}") if record is not None else None
            if value:
                yield kind, value
