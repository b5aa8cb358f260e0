"""Placement's errors, and their shape on the wire.

    {"errors": [{"status": 409, "title": "Conflict", "detail": "…", "code": "placement.…", "request_id": "req-…"}]}

The code is there from 1.23 on; 406 also names the versions that there are.  Source: API-WG guideline on errors, and
the error codes of the Placement API reference.
"""

import html
from typing import Any

import msgspec

from pileus.kernel.api.errors import (
    ApiError,
    BadRequest,
    Conflict,
    InvalidInput,
    NotAcceptable,
    NotFound,
    UnsupportedMediaType,
)
from pileus.placement.versions import ERROR_CODES

UNDEFINED = "placement.undefined_code"


class ConcurrentUpdate(Conflict):
    """409: the caller's picture of a provider or consumer is not the newest; it should look again."""

    code = "placement.concurrent_update"


class InventoryInUse(Conflict):
    """409: something is allocated of an inventory that is to go."""

    message = "update conflict: Inventory for '{classes}' on resource provider '{provider}' in use."
    code = "placement.inventory.inuse"


class DuplicateName(Conflict):
    """409: a provider of that name or id exists."""

    message = "Conflicting resource provider {what} already exists."
    code = "placement.duplicate_name"


class ProviderInUse(Conflict):
    """409: something is allocated on a provider that is to go."""

    message = "Unable to delete resource provider {id}: Resource provider has allocations."
    code = "placement.resource_provider.inuse"


class ProviderIsParent(Conflict):
    """409: other providers lie below the one that is to go."""

    message = "Unable to delete parent resource provider {id}: It has child resource providers."
    code = "placement.resource_provider.cannot_delete_parent"


class ProviderNotFound(NotFound):
    """404: no provider has that id."""

    message = "No resource provider with uuid {id} found"


class NoSuchProvider(BadRequest):
    """400: a body names a provider that there is none of."""

    message = "Resource provider {id} in inventories not found: No resource provider with uuid {id} found"
    code = "placement.resource_provider.not_found"


class ResourceClassNotFound(NotFound):
    """404: no resource class has that name."""

    message = "No such resource class {name}."


class TraitNotFound(NotFound):
    """404: no trait has that name."""

    message = "No such trait(s): {name}."


class DuplicateParameter(BadRequest):
    """400: a query parameter stands twice that may stand once."""

    code = "placement.query.duplicate_key"


class BadParameter(BadRequest):
    """400: a query parameter contradicts others, or itself."""

    code = "placement.query.bad_value"


class MissingParameter(BadRequest):
    """400: a query parameter is needed."""

    code = "placement.query.missing_value"


class CannotAllocate(Conflict):
    """409: an allocation does not fit, or breaks its inventory's rules."""

    message = "Unable to allocate inventory: {reason}"


def invalid(error: InvalidInput) -> ApiError:
    """A schema's refusal in Placement's words."""
    place = "Invalid query string parameters" if error.in_query else "JSON does not validate"
    reason = error.reason.replace('"', "'").replace("'uuid-like'", "'uuid'")
    if error.rule == "minProperties":
        reason = f"{error.value} should be non-empty"
    elif error.rule == "propertyNames":
        reason = reason.replace("does not match", "does not match any of the regexes:")
    steps = [f"['properties']['{step}']" if isinstance(step, str) else "['items']" for step in error.path]
    return BadRequest(f"{place}: {reason}\n\nFailed validating '{error.rule}' in schema{''.join(steps)}")


def wrong_media(kind: str, present: bool) -> ApiError:
    """The refusal of a body that is not called JSON."""
    if present and not kind:
        return BadRequest("content-type header required when content-length > 0")
    return UnsupportedMediaType(f"The media type {kind or 'None'} is not supported, use application/json")


def fault(error: ApiError, call: Any) -> tuple[dict[str, str], bytes]:
    """An error in Placement's shape; a page for those who take nothing but pages."""
    detail = _detail(error, call.request)
    accept = call.request.headers.get("accept", "")
    if "text/html" in accept and "application/json" not in accept:
        title = f"{error.status} {error.title}"
        head = f"<html>\n <head>\n  <title>{title}</title>\n </head>\n <body>\n  <h1>{title}</h1>\n"
        page = f"{head}  {html.escape(detail)}<br /><br />\n </body>\n</html>"
        return {"Content-Type": "text/html; charset=UTF-8"}, page.encode()
    entry = {"status": error.status, "title": error.title, "detail": detail, "request_id": call.request_id}
    if call.version and call.applies(ERROR_CODES):
        entry["code"] = error.code or UNDEFINED
    if error.status == 406 and "minimum" in error.values:
        entry["min_version"] = error.values["minimum"]
        entry["max_version"] = error.values["maximum"]
    return {"Content-Type": "application/json"}, msgspec.json.encode({"errors": [entry]})


def _detail(error: ApiError, request: Any) -> str:
    """The kernel's refusals in Placement's words; Placement's own have them already."""
    if error.status == 405:
        return f"The method {request.method} is not allowed for this resource."
    if error.status == 406 and "minimum" in error.values:
        return f"Unacceptable version header: {_asked(request)}"
    if error.text.startswith("API Version String"):
        return f"invalid version string: {_asked(request)}"
    if error.text.startswith("Malformed request body: "):
        return f"Malformed JSON: {error.text.partition(': ')[2]}"
    return error.text


def _asked(request: Any) -> str:
    """The version that a request asks for."""
    for entry in request.headers.get("openstack-api-version", "").split(","):
        service, _, version = entry.strip().partition(" ")
        if service == "placement":
            return str(version.strip())
    return ""


def must_take_json(call: Any) -> None:
    """Answers are JSON: refuse clients that say they do not take it.

    Raises:
        NotAcceptable: the Accept header leaves it out.
    """
    accept = call.request.headers.get("accept", "")
    if not accept:
        return
    for entry in accept.split(","):
        kind, *parameters = (part.strip() for part in entry.split(";"))
        refused = any(p.replace(" ", "") in {"q=0", "q=0.0", "q=0.00", "q=0.000"} for p in parameters)
        if kind in {"*/*", "application/*", "application/json"} and not refused:
            return
    raise NotAcceptable("Only application/json is provided")
