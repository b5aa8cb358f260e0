"""Signatures of version 2: in the Authorization header, and in addresses.

Source: Amazon S3 developer guide, "Signing and Authenticating REST Requests".
"""

import base64
import hmac
from datetime import UTC, datetime
from urllib.parse import unquote

import msgspec

from pileus.object_store.s3.errors import refuse
from pileus.object_store.s3.signatures.claims import LONGEST, SKEW, Claim, Received, Signed
from pileus.object_store.s3.signatures.encoding import parameters
from pileus.object_store.wire.moments import seconds_of

SIGNED = frozenset(
    [
        "accelerate",
        "acl",
        "analytics",
        "cors",
        "defaultObjectAcl",
        "delete",
        "inventory",
        "legal-hold",
        "lifecycle",
        "location",
        "logging",
        "metrics",
        "notification",
        "object-lock",
        "partNumber",
        "policy",
        "replication",
        "requestPayment",
        "response-cache-control",
        "response-content-disposition",
        "response-content-encoding",
        "response-content-language",
        "response-content-type",
        "response-expires",
        "restore",
        "retention",
        "select",
        "select-type",
        "storageClass",
        "tagging",
        "torrent",
        "uploadId",
        "uploads",
        "versionId",
        "versioning",
        "versions",
        "website",
    ]
)
"""The query parameters that are signed."""


class Fields(msgspec.Struct, frozen=True):
    """A signature of version 2 as it was sent.

    Attributes:
        date: the line of the string to sign that tells when.
        expires: the second from which on an address is no good; None in headers.
    """

    claim: Claim
    date: str
    expires: int | None = None


def in_header(received: Received) -> Fields:
    """The signature in an Authorization header.

    Raises:
        S3Error: it is not of the right form.
    """
    access_key, colon, signature = received.header("authorization").removeprefix("AWS").strip().partition(":")
    if not colon or not access_key:
        raise refuse("InvalidArgument", "AWS authorization header is invalid. Expected AwsAccessKeyId:signature")
    date = received.header("x-amz-date") or received.header("date")
    second = seconds_of(date)
    if second is None:
        raise refuse("AccessDenied", "AWS authentication requires a valid Date or x-amz-date header")
    line = "" if "x-amz-date" in received.headers else received.header("date")
    return Fields(Claim(access_key, signature, datetime.fromtimestamp(second, UTC)), line)


def in_query(received: Received) -> Fields:
    """The signature in an address.

    Raises:
        S3Error: it is not of the right form.
    """
    given = {unquote(name): unquote(value) for name, value in parameters(received.query)}
    expires = given.get("Expires", "")
    if not given.get("Signature") or not expires.isascii() or not expires.isdecimal() or len(expires) > 11:
        raise refuse(
            "AccessDenied", "Query-string authentication requires the Signature, Expires and AWSAccessKeyId parameters"
        )
    second = int(expires)
    moment = datetime.fromtimestamp(second, UTC)
    return Fields(Claim(given["AWSAccessKeyId"], given["Signature"], moment), expires, second)


def resource(received: Received, path: str) -> str:
    """The resource as it is signed: path, and the parameters that count."""
    counted = sorted(
        (name, value) for name, value in ((unquote(n), unquote(v)) for n, v in _given(received.query)) if name in SIGNED
    )
    query = "&".join(f"{name}={value}" if value else name for name, value in counted)
    return f"{path}?{query}" if query else path


def _given(query: str) -> list[tuple[str, str]]:
    return parameters(query)


def string_to_sign(fields: Fields, received: Received, path: str) -> str:
    """What is signed."""
    amazon = sorted(name for name in received.headers if name.startswith("x-amz-"))
    lines = [received.method, received.header("content-md5"), received.header("content-type"), fields.date]
    lines += [f"{name}:{','.join(' '.join(value.split()) for value in received.headers[name])}" for name in amazon]
    return "\n".join([*lines, resource(received, path)])


def _paths(received: Received) -> list[str]:
    """How the resource may have been named: with the bucket of the host's name in front, without our own prefix."""
    if received.bucket:
        return [f"/{received.bucket}{received.path}"]
    return list(dict.fromkeys([received.path, received.path.removeprefix(received.prefix) or "/"]))


def _in_time(fields: Fields, now: datetime) -> None:
    if fields.expires is None:
        if abs((now - fields.claim.moment).total_seconds()) > SKEW:
            raise refuse("RequestTimeTooSkewed", MaxAllowedSkewMilliseconds=str(SKEW * 1000))
    elif now.timestamp() > fields.expires:
        raise refuse("AccessDenied", "Request has expired", Expires=str(fields.expires))
    elif fields.expires - now.timestamp() > LONGEST + SKEW:
        raise refuse("AccessDenied", f"Expires must be less than a week ahead; that is, {LONGEST} seconds")


def checked(fields: Fields, received: Received, secret: str, now: datetime) -> Signed:
    """What a good signature says.

    Raises:
        S3Error: the signature is not good.
    """
    _in_time(fields, now)
    for path in _paths(received):
        text = string_to_sign(fields, received, path).encode()
        expected = base64.b64encode(hmac.digest(secret.encode(), text, "sha1"))
        if hmac.compare_digest(expected, fields.claim.signature.encode()):
            kind = "REST-HEADER" if fields.expires is None else "REST-QUERY-STRING"
            payload = received.header("x-amz-content-sha256").strip() or "UNSIGNED-PAYLOAD"
            return Signed(payload=payload, kind=kind, version="AWS")
    raise refuse(
        "SignatureDoesNotMatch", AWSAccessKeyId=fields.claim.access_key, SignatureProvided=fields.claim.signature
    )
