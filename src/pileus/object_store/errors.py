"""The object store's errors, and their shape on the wire: a short web page."""

import html
from typing import Any, ClassVar

from pileus.kernel.api.errors import ApiError, BadRequest, InvalidInput, TooLarge, Unauthorized


class LengthRequired(ApiError):
    """411: a body of unknown length that does not come in chunks."""

    status: ClassVar[int] = 411
    title: ClassVar[str] = "Length Required"
    message: ClassVar[str] = "Content-Length header required."


class InsufficientStorage(ApiError):
    """507: the disk is full."""

    status: ClassVar[int] = 507
    title: ClassVar[str] = "Insufficient Storage"
    message: ClassVar[str] = "There was not enough space to save the resource."


class DamagedObject(ApiError):
    """503: the object's bytes are not those that were put; they are not handed out."""

    status: ClassVar[int] = 503
    title: ClassVar[str] = "Service Unavailable"
    message: ClassVar[str] = "The object is damaged: its bytes are not those that were put."


class ClientClosed(ApiError):
    """499: the client went away in the middle of its body."""

    status: ClassVar[int] = 499
    title: ClassVar[str] = "Client Disconnect"
    message: ClassVar[str] = "The client was disconnected during the request."


class QuotaExceeded(TooLarge):
    """413: more than the account or container may hold."""

    message = "Upload exceeds quota."


class Outdated(ApiError):
    """202: what came is older than what is there, which stays; the client need not try again."""

    status: ClassVar[int] = 202
    title: ClassVar[str] = "Accepted"
    message: ClassVar[str] = "The request is accepted for processing."


DENIED = {
    400: "The server could not comply with the request since it is either malformed or otherwise incorrect.",
    401: "This server could not verify that you are authorized to access the document you requested.",
    403: "Access was denied to this resource.",
    404: "The resource could not be found.",
    405: "The method is not allowed for this resource.",
    409: "There was a conflict when trying to complete your request.",
    412: "A precondition for this request was not met.",
    416: "The Range requested is not available.",
    422: "Unable to process the contained instructions",
}
"""The words for errors that have none of their own."""


def invalid(error: InvalidInput) -> ApiError:
    """A header or parameter that its schema refuses."""
    return BadRequest(f"{error.path[0]}: {error.reason}" if error.path else error.reason)


def fault(error: ApiError, _call: Any) -> tuple[dict[str, str], bytes]:
    """An error as Swift shows it."""
    own = type(error).message == error.text and error.status in DENIED
    text = DENIED[error.status] if own or isinstance(error, Unauthorized) else error.text
    page = f"<html><h1>{html.escape(error.title)}</h1><p>{html.escape(text, quote=False)}</p></html>"
    return {"Content-Type": "text/html; charset=UTF-8"}, page.encode()
