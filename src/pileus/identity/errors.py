"""Identity's errors in Keystone's words, and the shape that they are sent in.

ApiError
├── Unauthorized 401: whatever is wrong with who asks, without saying what
│   ├── UnknownMethod: how it was proven is no method of this cloud
│   ├── MoreMethods: what was proven is not enough; the answer is a receipt
│   └── InvalidClient: OAuth 2.0's
├── NotFound 404 ── Missing: "Could not find user: …", TokenGone
├── Conflict 409 ── Taken: a name that must be unique is not
├── Forbidden 403 ── NotAllowed, Immutable, InvalidDomainConfig, InvalidLimit
├── BadRequest 400 ── Malformed, PasswordRefused, and OAuth 2.0's InvalidRequest, UnsupportedGrant
└── Unavailable 503 ── DirectoryDown, DirectoryMisconfigured
"""

from typing import Any

import msgspec

from pileus.kernel.api.errors import (
    ApiError,
    BadRequest,
    Conflict,
    Forbidden,
    InvalidInput,
    NotFound,
    Unauthorized,
    Unavailable,
)


class UnknownMethod(Unauthorized):
    """401: a way to prove who one is that there is not."""

    message = "Attempted to authenticate with an unsupported method."


class MoreMethods(Unauthorized):
    """401: another method is needed.

    Attributes:
        document: the answer, instead of an error's.
    """

    message = "Insufficient auth methods received."
    document: dict[str, Any]


class InvalidClient(Unauthorized):
    """401: OAuth 2.0: whoever asks for an access token has not shown who it is."""

    message = "Client authentication failed."
    oauth2 = "invalid_client"


class InvalidRequest(BadRequest):
    """400: OAuth 2.0: the request for an access token does not hold together."""

    oauth2 = "invalid_request"


class UnsupportedGrant(BadRequest):
    """400: OAuth 2.0: there is no such way to an access token."""

    message = "The parameter grant_type {grant} is not supported."
    oauth2 = "unsupported_grant_type"


class Missing(NotFound):
    """404: there is no such thing."""

    message = "Could not find {kind}: {id}."


class TokenGone(NotFound):
    """404: a token that a request is about is not good. The message says neither which nor why."""

    message = "Could not find token: it is unknown, expired or revoked."


class Taken(Conflict):
    """409: the name is taken."""

    message = "Conflict occurred attempting to store {kind} - {details}."


class NotAllowed(Forbidden):
    """403: the caller may not do this."""

    message = "You are not authorized to perform the requested action: {action}."


class Immutable(Forbidden):
    """403: the resource is marked as one that must not change."""

    message = 'Unable to {verb} immutable {kind} resource: `{id}. Set resource option "immutable" to false first.'


class InvalidLimit(Forbidden):
    """403: a limit does not go with those above or below it."""

    message = "Invalid resource limit: {reason}."


class InvalidDomainConfig(Forbidden):
    """403: a domain cannot be configured so."""

    message = "Invalid domain specific configuration: {reason}."


class DirectoryDown(Unavailable):
    """503: the directory of a domain does not answer."""

    message = "The directory of this domain does not answer."


class DirectoryMisconfigured(Unavailable):
    """503: the directory of a domain cannot be asked as its configuration says."""

    message = "The directory of this domain cannot be asked as it is configured."


class PasswordRefused(BadRequest):
    """400: a password is not what passwords must be, or may not be changed now."""


class Malformed(BadRequest):
    """400: the body does not hold together."""


def duplicate(kind: str, name: str) -> Taken:
    """The error of a name that another resource of the kind has."""
    return Taken(kind=kind, details=f"Duplicate entry found with name {name}")


def invalid(error: InvalidInput) -> ApiError:
    """A schema's refusal in Keystone's words."""
    name = str(error.path[-1]) if error.path else ""
    if name:
        return BadRequest(f"Invalid input for field '{name}': {error.reason}")
    return BadRequest(error.reason)


def fault(error: ApiError, call: Any) -> tuple[dict[str, str], bytes]:
    """An error in Keystone's shape."""
    if isinstance(error, MoreMethods):
        return {"Content-Type": "application/json", "Vary": "X-Auth-Token"}, msgspec.json.encode(error.document)
    headers = {"Content-Type": "application/json", "Vary": "X-Auth-Token"}
    if error.status == 401:
        headers["WWW-Authenticate"] = f'Keystone uri="{call.base}"'
    if isinstance(error, InvalidClient | InvalidRequest | UnsupportedGrant):
        return headers, msgspec.json.encode({"error": error.oauth2, "error_description": error.text})
    text = error.text
    if "right" in error.values:
        text = NotAllowed(action=error.values["right"]).text
    body = {"error": {"code": error.status, "message": text, "title": error.title}}
    return headers, msgspec.json.encode(body)
