"""From an error to its answer."""

from typing import Any

import msgspec

from pileus.kernel.api.errors import ApiError, BadRequest, Forbidden, InvalidInput

_TYPES = {
    "BadRequest": "HTTPBadRequest",
    "NotFound": "HTTPNotFound",
    "Conflict": "HTTPConflict",
    "Forbidden": "PolicyNotAuthorized",
    "InternalError": "HTTPInternalServerError",
    "MethodNotAllowed": "HTTPMethodNotAllowed",
    "TooLarge": "HTTPRequestEntityTooLarge",
    "UnsupportedMediaType": "HTTPUnsupportedMediaType",
    "Unavailable": "HTTPServiceUnavailable",
}


def fault(error: ApiError, _call: Any) -> tuple[dict[str, str], bytes]:
    """An error as Neutron writes it; missing credentials as the middleware before it does."""
    headers = {"Content-Type": "application/json"}
    if error.status == 401:
        body = {"error": {"code": 401, "title": "Unauthorized", "message": error.text}}
        return headers, msgspec.json.encode(body)
    message = error.text
    if isinstance(error, Forbidden) and "right" in error.values:
        message = f"rule:{error.values['right']} is disallowed by policy"
    kind = _TYPES.get(error.type, error.type)
    return headers, msgspec.json.encode({"NeutronError": {"type": kind, "message": message, "detail": ""}})


def invalid(error: InvalidInput) -> ApiError:
    """A schema's refusal in Neutron's words."""
    path = [str(step) for step in error.path]
    inner = path[1:]
    if error.rule == "additionalProperties" and len(path) == 1:
        return BadRequest(f"Unrecognized attribute(s) '{_quoted(error.reason)}'")
    if error.rule == "required" and len(path) <= 1:
        what = _quoted(error.reason)
        if not path:
            return BadRequest(f"Unable to find '{what}' in request body")
        return BadRequest(f"Failed to parse request. Required attribute '{what}' not specified")
    if not inner:
        return BadRequest(error.reason if path else "Request body is not supported type")
    return BadRequest(f"Invalid input for {inner[0]}. Reason: {error.reason}.")


def _quoted(reason: str) -> str:
    parts = reason.replace('"', "'").split("'")
    return ", ".join(parts[1::2]) or reason
