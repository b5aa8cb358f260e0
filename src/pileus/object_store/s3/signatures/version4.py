"""Signatures of version 4: in the Authorization header, and in addresses.

Source: Amazon S3 API reference, "Authenticating Requests (AWS Signature Version 4)".
"""

import hashlib
import hmac
import re
from collections.abc import Iterable
from datetime import UTC, datetime
from urllib.parse import unquote

import msgspec

from pileus.object_store.s3.errors import refuse
from pileus.object_store.s3.signatures.claims import LONGEST, SKEW, UNSIGNED, Chain, Claim, Received, Signed
from pileus.object_store.s3.signatures.encoding import again, encoded, parameters

ALGORITHM = "AWS4-HMAC-SHA256"
STREAMING = frozenset({"STREAMING-AWS4-HMAC-SHA256-PAYLOAD", "STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER"})
"""Bodies whose every chunk is signed."""
_PLAIN = frozenset({UNSIGNED, "STREAMING-UNSIGNED-PAYLOAD-TRAILER"})
_DIGEST = re.compile(r"[0-9a-f]{64}")
_MOMENT = re.compile(r"\d{8}T\d{6}Z")
_QUERY = ("Algorithm", "Credential", "Signature", "Date", "SignedHeaders", "Expires")


class Fields(msgspec.Struct, frozen=True):
    """A signature of version 4 as it was sent.

    Attributes:
        scope: date, region, service and `aws4_request`.
        stamp: the moment of signing, as it was written.
        expires: seconds that an address is good for; None in headers.
    """

    claim: Claim
    scope: tuple[str, str, str, str]
    signed: tuple[str, ...]
    stamp: str
    expires: int | None = None

    @property
    def code(self) -> str:
        """The code of errors in it."""
        return "AuthorizationHeaderMalformed" if self.expires is None else "AuthorizationQueryParametersError"


def key_for(secret: str, scope: Iterable[str]) -> bytes:
    """The key that signs in a scope."""
    key = b"AWS4" + secret.encode()
    for step in scope:
        key = hmac.digest(key, step.encode(), "sha256")
    return key


def moment_of(text: str) -> datetime | None:
    """The moment in ISO 8601's basic form; None if it is none."""
    if not _MOMENT.fullmatch(text):
        return None
    try:
        return datetime.strptime(text, "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)
    except ValueError:
        return None


def in_header(received: Received) -> Fields:
    """The signature in an Authorization header.

    Raises:
        S3Error: it is not of the right form.
    """
    given: dict[str, str] = {}
    for part in received.header("authorization").removeprefix(ALGORITHM).split(","):
        name, equals, value = part.strip().partition("=")
        if not equals or name in given:
            raise refuse("AuthorizationHeaderMalformed")
        given[name] = value
    if set(given) != {"Credential", "SignedHeaders", "Signature"}:
        raise refuse("AuthorizationHeaderMalformed", "Credential, SignedHeaders and Signature are expected.")
    stamp = received.header("x-amz-date")
    moment = moment_of(stamp)
    if not stamp:
        from pileus.object_store.wire.moments import seconds_of

        second = seconds_of(received.header("date"))
        moment = None if second is None else datetime.fromtimestamp(second, UTC)
        stamp = "" if moment is None else moment.strftime("%Y%m%dT%H%M%SZ")
    if moment is None:
        raise refuse("AccessDenied", "AWS authentication requires a valid Date or x-amz-date header")
    return _fields(given, stamp, moment, None)


def in_query(received: Received) -> Fields:
    """The signature in an address.

    Raises:
        S3Error: it is not of the right form.
    """
    code = "AuthorizationQueryParametersError"
    given: dict[str, str] = {}
    for name, value in parameters(received.query):
        name = unquote(name)  # noqa: PLW2901 - what it means
        if name.startswith("X-Amz-") and name.removeprefix("X-Amz-") in _QUERY:
            if name.removeprefix("X-Amz-") in given:
                raise refuse(code, f"{name} must be given once")
            given[name.removeprefix("X-Amz-")] = unquote(value)
    if set(given) != set(_QUERY):
        raise refuse(code, "Query-string authentication version 4 requires the X-Amz-" + ", X-Amz-".join(_QUERY))
    if given["Algorithm"] != ALGORITHM:
        raise refuse(code, f'X-Amz-Algorithm only supports "{ALGORITHM}"')
    moment = moment_of(given["Date"])
    if moment is None:
        raise refuse(code, "X-Amz-Date must be in the ISO8601 Long Format \"yyyyMMdd'T'HHmmss'Z'\"")
    expires = given["Expires"]
    if not re.fullmatch(r"-?\d{1,12}", expires, re.ASCII):
        raise refuse(code, "X-Amz-Expires should be a number")
    if int(expires) < 1:
        raise refuse(code, "X-Amz-Expires must be non-negative")
    if int(expires) > LONGEST:
        raise refuse(
            code, f"X-Amz-Expires must be less than a week (in seconds); that is, it must be less than {LONGEST}"
        )
    return _fields(given, given["Date"], moment, int(expires))


def _fields(given: dict[str, str], stamp: str, moment: datetime, expires: int | None) -> Fields:
    access_key, *scope = given["Credential"].rsplit("/", 4)
    signed = tuple(given["SignedHeaders"].split(";"))
    code = "AuthorizationHeaderMalformed" if expires is None else "AuthorizationQueryParametersError"
    if len(scope) != 4 or not access_key:
        raise refuse(code, "The credential is not of the form <access key>/<date>/<region>/<service>/aws4_request")
    if not all(signed) or list(signed) != sorted(set(signed)) or any(name != name.lower() for name in signed):
        raise refuse(code, "The signed headers are not sorted names in lower case")
    claim = Claim(access_key, given["Signature"], moment)
    return Fields(claim, (scope[0], scope[1], scope[2], scope[3]), signed, stamp, expires)


def check_scope(fields: Fields, received: Received, now: datetime) -> None:
    """Refuse signatures of another time, region or service.

    Raises:
        S3Error: it is one.
    """
    date, region, service, end = fields.scope
    if end != "aws4_request":
        raise refuse(fields.code, 'The credential must end with "aws4_request"')
    if service != "s3":
        raise refuse(fields.code, f'Incorrect service "{service}". This endpoint belongs to "s3".')
    if region not in received.regions:
        message = f"The region '{region}' is wrong; expecting '{received.regions[0]}'"
        raise refuse(fields.code, message, Region=received.regions[0])
    if date != fields.stamp[:8]:
        raise refuse(fields.code, "The credential's date is not that of the request")
    age = (now - fields.claim.moment).total_seconds()
    if fields.expires is not None:
        if age < -SKEW:
            raise refuse("AccessDenied", "Request is not valid yet")
        if age > fields.expires:
            raise refuse("AccessDenied", "Request has expired", **{"X-Amz-Expires": str(fields.expires)})
    elif abs(age) > SKEW:
        raise refuse("RequestTimeTooSkewed", MaxAllowedSkewMilliseconds=str(SKEW * 1000))


def check_headers(fields: Fields, received: Received) -> None:
    """Refuse requests with headers that count and are not signed.

    Raises:
        S3Error: there are some.
    """
    unsigned = [name for name in received.headers if name.startswith("x-amz-") and name not in fields.signed]
    if fields.expires is not None:
        unsigned = [name for name in unsigned if name != "x-amz-content-sha256"]
    if "host" not in fields.signed or unsigned:
        names = ", ".join(unsigned or ["host"])
        raise refuse(
            "AccessDenied", "There were headers present in the request which were not signed", HeadersNotSigned=names
        )


def payload_of(fields: Fields, received: Received) -> str:
    """What the request says of its body.

    Raises:
        S3Error: nothing, or what cannot be.
    """
    given = received.header("x-amz-content-sha256").strip()
    if fields.expires is not None:
        asked = dict(parameters(received.query)).get("X-Amz-Content-Sha256", "")
        given = given or asked or UNSIGNED
    if not given:
        raise refuse("InvalidRequest", "Missing required header for this request: x-amz-content-sha256")
    if not (given in STREAMING or given in _PLAIN or _DIGEST.fullmatch(given)):
        message = "x-amz-content-sha256 must be UNSIGNED-PAYLOAD, STREAMING-…, or a valid sha256 value."
        raise refuse("InvalidArgument", message, ArgumentName="x-amz-content-sha256", ArgumentValue=given)
    return given


def canonical(fields: Fields, received: Received, path: str, payload: str) -> str:
    """The request in the one form that is signed."""
    pairs = [
        (again(name), again(value))
        for name, value in parameters(received.query)
        if fields.expires is None or again(name) != "X-Amz-Signature"
    ]
    query = "&".join(f"{name}={value}" for name, value in sorted(pairs))
    lines = [
        f"{name}:{','.join(' '.join(value.split()) for value in received.headers.get(name, ['']))}\n"
        for name in fields.signed
    ]
    return "\n".join([received.method, path, query, "".join(lines), ";".join(fields.signed), payload])


def _paths(received: Received) -> list[str]:
    """The path as it came, and encoded as it should have been: clients differ, and both name the same thing."""
    return list(dict.fromkeys([received.path, again(received.path, slash=True)]))


def checked(fields: Fields, received: Received, secret: str, now: datetime) -> Signed:
    """What a good signature says.

    Raises:
        S3Error: the signature is not good.
    """
    check_scope(fields, received, now)
    check_headers(fields, received)
    payload = payload_of(fields, received)
    key, scope = key_for(secret, fields.scope), "/".join(fields.scope)
    for path in _paths(received):
        hashed = hashlib.sha256(canonical(fields, received, path, payload).encode()).hexdigest()
        text = "\n".join([ALGORITHM, fields.stamp, scope, hashed])
        expected = hmac.new(key, text.encode(), "sha256").hexdigest()
        if hmac.compare_digest(expected.encode(), fields.claim.signature.encode()):
            chain = Chain(key, fields.stamp, scope, expected) if payload in STREAMING else None
            age = (now - fields.claim.moment).total_seconds()
            kind = "REST-HEADER" if fields.expires is None else "REST-QUERY-STRING"
            return Signed(payload, chain, age, kind, ALGORITHM)
    raise refuse(
        "SignatureDoesNotMatch", AWSAccessKeyId=fields.claim.access_key, SignatureProvided=fields.claim.signature
    )


__all__ = ["ALGORITHM", "Fields", "checked", "encoded", "in_header", "in_query", "key_for"]
