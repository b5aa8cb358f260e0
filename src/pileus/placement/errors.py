"""Placement's errors, and their shape on the wire.

    {"errors": [{"status": 409, "title": "Conflict", "detail": "…", "code": "placement.…", "request_id": "req-…"}]}

The code is there from 1.23 on; 406 also names the versions that there are.  Source: API-WG guideline on errors.
"""

from typing import Any

import msgspec

from pileus.kernel.api.errors import ApiError, BadRequest, Conflict, InvalidInput
from pileus.placement.versions import ERROR_CODES

UNDEFINED = "placement.undefined_code"
CONCURRENT_UPDATE = "placement.concurrent_update"


class ConcurrentUpdate(Conflict):
    """409: the caller's picture of a provider or consumer is not the newest; it should look again."""

    code = CONCURRENT_UPDATE


def invalid(error: InvalidInput) -> ApiError:
    """A schema's refusal in Placement's words."""
    return BadRequest(f"JSON does not validate: {error.reason}")


def fault(error: ApiError, call: Any) -> tuple[dict[str, str], bytes]:
    """An error in Placement's shape."""
    entry = {
        "status": error.status,
        "title": error.title,
        "detail": error.text,
        "request_id": call.request_id,
    }
    if call.version and call.applies(ERROR_CODES):
        entry["code"] = error.code or UNDEFINED
    if error.status == 406 and "minimum" in error.values:
        entry["min_version"] = error.values["minimum"]
        entry["max_version"] = error.values["maximum"]
    return {"Content-Type": "application/json"}, msgspec.json.encode({"errors": [entry]})
