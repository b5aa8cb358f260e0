"""Signatures of AWS: what is signed in each version, as clients of EC2 and S3 do it.  Pure; knows no keys but one.

A request comes as the service that received it took it apart: `params`, `headers`, `verb`, `host`, `path`,
`body_hash`, and the `signature` that it bore.
"""

import base64
import binascii
import hashlib
import hmac
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote

V4 = "AWS4-HMAC-SHA256"
_SERVICES = (b"s3", b"iam", b"sts")


class BadSignature(Exception):
    """What was signed cannot be told from the request."""


def _texts(given: Mapping[str, Any], name: str) -> dict[str, str]:
    found = given.get(name, {})
    if not isinstance(found, dict) or not all(isinstance(value, str | int | float) for value in found.values()):
        raise BadSignature
    return {key: str(value) for key, value in found.items()}


def _text(given: Mapping[str, Any], name: str) -> str:
    found = given.get(name)
    if not isinstance(found, str):
        raise BadSignature
    return found


def _hmac(key: bytes, text: bytes, kind: str = "sha256") -> bytes:
    return hmac.digest(key, text, kind)


def _query(params: Mapping[str, str]) -> str:
    return "&".join(f"{quote(name, safe='')}={quote(params[name], safe='-_~')}" for name in sorted(params))


def _version_0(secret: bytes, params: dict[str, str]) -> str:
    signed = _text(params, "Action") + _text(params, "Timestamp")
    return base64.b64encode(_hmac(secret, signed.encode(), "sha1")).decode()


def _version_1(secret: bytes, params: dict[str, str]) -> str:
    signed = "".join(name + params[name] for name in sorted(params, key=str.lower))
    return base64.b64encode(_hmac(secret, signed.encode(), "sha1")).decode()


def _version_2(secret: bytes, params: dict[str, str], given: Mapping[str, Any], host: str) -> str:
    query = _query({**params, "SignatureMethod": "HmacSHA256"})
    signed = f"{_text(given, 'verb')}\n{host}\n{_text(given, 'path')}\n{query}"
    return base64.b64encode(_hmac(secret, signed.encode())).decode()


def _key(secret: bytes, day: bytes, region: bytes, service: bytes) -> bytes:
    key = b"AWS4" + secret
    for part in (day, region, service, b"aws4_request"):
        key = _hmac(key, part)
    return key


def _version_4(secret: bytes, params: dict[str, str], headers: dict[str, str], given: Mapping[str, Any]) -> str:
    authorization = headers.get("Authorization", "")

    def part(name: str) -> str:
        """What the header, or the query, says of the signature."""
        if authorization:
            return authorization.partition(f"{name}=")[2].split(",")[0]
        return _text(params, f"X-Amz-{name}")

    names = part("SignedHeaders")
    lower = {name.lower().strip(): value.strip() for name, value in headers.items()}
    listed = "\n".join(f"{name}:{lower[name]}" for name in names.split(";") if name in lower) + "\n"
    verb = _text(given, "verb").upper()
    query = "" if verb == "POST" else _query(params)
    whole = "\n".join((verb, _text(given, "path"), query, listed, names, _text(given, "body_hash")))
    moment = headers.get("X-Amz-Date") or _text(params, "X-Amz-Date")
    _access, _, scope = part("Credential").partition("/")
    steps = scope.split("/")
    if len(steps) != 4 or not moment.startswith(steps[0]) or not steps[0]:
        raise BadSignature
    signed = "\n".join((V4, moment, scope, hashlib.sha256(whole.encode()).hexdigest()))
    day, region, service = (step.encode() for step in steps[:3])
    return _hmac(_key(secret, day, region, service), signed.encode()).hex()


def of_request(secret: str, given: Mapping[str, Any], host: str) -> str:
    """The signature that a request must bear, by the version that it names.

    Raises:
        BadSignature: it is none that can be signed.
    """
    params, headers = _texts(given, "params"), _texts(given, "headers")
    key, version = secret.encode(), params.get("SignatureVersion")
    if version == "0":
        return _version_0(key, params)
    if version == "1":
        return _version_1(key, params)
    if version == "2":
        return _version_2(key, params, given, host)
    if headers.get("Authorization", "").startswith(V4) or params.get("X-Amz-Algorithm") == V4:
        return _version_4(key, params, headers, given)
    raise BadSignature


def moment_of(given: Mapping[str, Any]) -> datetime | None:
    """When a request was signed, where it says so.

    Raises:
        BadSignature: it says so in no known form.
    """
    params, headers = _texts(given, "params"), _texts(given, "headers")
    text = params.get("Timestamp") or headers.get("X-Amz-Date") or params.get("X-Amz-Date")
    if not text:
        return None
    try:
        found = datetime.fromisoformat(text)
    except ValueError as error:
        raise BadSignature from error
    return found if found.tzinfo else found.replace(tzinfo=UTC)


def of_string(secret: str, token: str) -> str:
    """The signature of a string that an S3 request signs, given in base64.

    Raises:
        BadSignature: it is none.
    """
    try:
        signed = base64.b64decode(token.encode(), altchars=b"-_", validate=True)
    except (binascii.Error, ValueError) as error:
        raise BadSignature from error
    key = secret.encode()
    if not signed.startswith(b"AWS4"):
        return base64.b64encode(_hmac(key, signed, "sha1")).decode()
    lines = signed.split(b"\n")
    scope = lines[2].split(b"/") if len(lines) == 4 else []
    if lines[0] != V4.encode() or len(scope) != 4 or scope[3] != b"aws4_request" or scope[2] not in _SERVICES:
        raise BadSignature
    return _hmac(_key(key, *scope[:3]), signed).hex()
