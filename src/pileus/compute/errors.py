"""Compute's errors with Nova's words, and the shape in which they are answered.

Forbidden ── OverQuota, PortsOverQuota
NotFound  ── ServerNotFound
Conflict  ── ServerBusy, ServerLocked
"""

import json
from typing import Any

import msgspec

from pileus.kernel.api.errors import ApiError, BadRequest, Conflict, Forbidden, InvalidInput, NotFound

_NAMES = {
    400: "badRequest",
    401: "unauthorized",
    403: "forbidden",
    404: "itemNotFound",
    405: "badMethod",
    409: "conflictingRequest",
    413: "overLimit",
    415: "badMediaType",
    429: "overLimit",
    501: "notImplemented",
    503: "serviceUnavailable",
}


class ServerNotFound(NotFound):
    """404: there is no such server, or the caller may not know of it."""

    message = "Instance {id} could not be found."


class ServerBusy(Conflict):
    """409: the action is not possible in the server's state."""

    message = "Cannot '{verb}' instance {id} while it is in {attribute} {value}"

    def __init__(self, message: str | None = None, /, **values: Any) -> None:
        # both reboots are one verb to users
        if "verb" in values:
            values["verb"] = str(values["verb"]).removesuffix("_hard")
        super().__init__(message, **values)


class ServerLocked(Conflict):
    """409: an administrator or the owner has locked the server."""

    message = "Instance {id} is locked"


class OverQuota(Forbidden):
    """403: the request asks for more than the project's quota leaves."""

    message = "Quota exceeded for {overs}: Requested {wanted}, but already used {used} of {allowed} {overs}"


class PortsOverQuota(Forbidden):
    """403: the project may not have that many ports."""

    message = "Maximum number of ports exceeded"


class UnknownImage(BadRequest):
    """400: the image that a body names does not exist or cannot be used."""

    message = "Can not find requested image"


def fault(error: ApiError, call: Any) -> tuple[dict[str, str], bytes]:
    """An error in Nova's shape: `{"itemNotFound": {"code": 404, "message": …}}`.

    Source: API-ref, "Faults"; 406 has the form of the microversion guideline.
    """
    headers = {"Content-Type": "application/json; charset=UTF-8"}
    if error.status == 406:
        document: dict[str, Any] = {
            "computeFault": {"code": 406, "message": error.text},
        }
        return headers, msgspec.json.encode(document)
    name = _NAMES.get(error.status, "computeFault")
    if error.status == 401:
        document = {"error": {"code": 401, "title": "Unauthorized", "message": error.text}}
        return headers, msgspec.json.encode(document)
    text = error.text
    if error.status == 500:
        text = (
            "Unexpected API Error. Please report this to the operators of this cloud, "
            f"with the request id {call.request_id}."
        )
    inside: dict[str, Any] = {"code": error.status, "message": text}
    retry = error.headers.get("Retry-After")
    if error.status in {413, 429} and retry:
        inside["retryAfter"] = retry
    return headers, msgspec.json.encode({name: inside})


def invalid(error: InvalidInput) -> ApiError:
    """A schema's refusal in Nova's words: which field or attribute, its value, and why."""
    path = list(error.path)
    if not path:
        return BadRequest(error.reason)
    value = error.value if isinstance(error.value, str) else json.dumps(error.value, default=str)
    return BadRequest(f"Invalid input for field/attribute {path[-1]}. Value: {value}. {error.reason}")
