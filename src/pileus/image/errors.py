"""The image service's errors, and their shape on the wire.

Glance answers faults as web pages, or as {"message", "code", "title"} to clients that ask for JSON.
"""

import html
from typing import Any

import msgspec

from pileus.image.images.schema import READ_ONLY
from pileus.kernel.api.errors import (
    ApiError,
    BadRequest,
    Conflict,
    Forbidden,
    Gone,
    InvalidInput,
    NotFound,
    TooLarge,
    UnsupportedMediaType,
)


class ImageNotFound(NotFound):
    """404: no such image, or none that the caller may see."""

    message = "No image found with ID {id}"


class ImageProtected(Forbidden):
    """403: a protected image is not deleted."""

    message = "Image {id} is protected and cannot be deleted."


class DuplicateImage(Conflict):
    """409: an image with that id exists."""

    message = "Image ID {id} already exists!"


class WrongStatus(Conflict):
    """409: not in this status."""

    message = "Image {id} is {status}; it cannot be {verb}."


class ReadOnlyProperty(Forbidden):
    """403: set by the service alone."""

    message = "Attribute '{name}' is read-only."


class ReservedProperty(Forbidden):
    """403: not for users."""

    message = "Attribute '{name}' is reserved."


class NotVisible(Forbidden):
    """403: the owner's alone to do."""

    message = "You do not have permission to do that to image {id}."


class InvalidFormat(UnsupportedMediaType):
    """415: the data are not what disk_format says, or point outside of themselves."""


class ImageGone(Gone):
    """410: the image was deleted while its data came in."""

    message = (
        "Image {id} could not be found after upload. The image may have been deleted during the upload, cleaning up the"
        " chunks uploaded."
    )


class QuotaExceeded(TooLarge):
    """413: more than the project may have."""

    message = (
        "The request returned a 413 Request Entity Too Large. This generally means that rate limiting or a quota"
        " threshold was breached.\n\nThe response body:\nProject {project} is over a limit for [Resource {name} is over"
        " limit of {limit} due to current usage {usage} and delta {delta}]"
    )


_GENERATED = ("self", "schema", "created_at", "updated_at")
"""What bodies of metadata definitions must not have: the service's own to say."""


def invalid(error: InvalidInput) -> ApiError:
    """A schema's refusal in Glance's words."""
    if error.rule == "additionalProperties" and not error.path and isinstance(error.value, dict):
        for name in _GENERATED:
            if name in error.value:
                return ReadOnlyProperty(name=name)
    if error.schema == "Image" and error.path and error.path[0] in READ_ONLY - {"id"}:
        return ReadOnlyProperty(name=error.path[0])
    where = ".".join(str(step) for step in error.path)
    name = error.schema.removeprefix("Metadef").lower() or "image"
    subject = f"Provided object does not match schema '{name}': {error.reason}"
    return BadRequest(subject + (f" Failed validating '{error.rule}' in '{where}'" if where else ""))


def fault(error: ApiError, call: Any) -> tuple[dict[str, str], bytes]:
    """An error as Glance shows it: a page, or JSON for those who ask for it."""
    code = f"{error.status} {error.title}"
    if "application/json" in call.request.headers.get("accept", ""):
        body = msgspec.json.encode({"message": error.text, "code": code, "title": error.title})
        return {"Content-Type": "application/json"}, body
    text = html.escape(error.text)
    head = f"<html>\n <head>\n  <title>{code}</title>\n </head>\n"
    page = f"{head} <body>\n  <h1>{code}</h1>\n  {text}<br /><br />\n </body>\n</html>"
    return {"Content-Type": "text/html; charset=UTF-8"}, page.encode()
