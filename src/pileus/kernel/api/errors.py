"""Errors that an API answers, each with its status.

ApiError
├── BadRequest 400 ── InvalidInput
├── Unauthorized 401
├── Forbidden 403
├── NotFound 404
├── MethodNotAllowed 405
├── NotAcceptable 406
├── Conflict 409
├── Gone 410
├── PreconditionFailed 412
├── TooLarge 413
├── UnsupportedMediaType 415
├── RangeNotSatisfiable 416
├── Unprocessable 422
├── TooManyRequests 429
├── InternalError 500
├── NotSupported 501
└── Unavailable 503

Services derive their own from these (in their `errors.py`) and give them the words of the original.  Logic raises
them; one mapper (the service's `fault`) turns them into answers; handlers never catch to translate.
"""

from typing import Any, ClassVar


class ApiError(Exception):
    """An answer other than success.

    Class attributes:
        status: the HTTP status.
        title: the reason phrase.
        message: the default message; `{name}` is filled from the keyword arguments.
        code: an error code where the service has them (Placement).
    """

    status: ClassVar[int] = 500
    title: ClassVar[str] = "Internal Server Error"
    message: ClassVar[str] = "The server has either erred or is incapable of performing the requested operation."
    code: str = ""

    def __init__(self, message: str | None = None, /, **values: Any) -> None:
        self.values = values
        self.headers: dict[str, str] = {}
        self.text = message if message is not None else self.message.format(**values)
        if "code" in values:
            self.code = values["code"]
        super().__init__(self.text)

    @property
    def type(self) -> str:
        """The error's name, as Neutron shows it."""
        return type(self).__name__


class BadRequest(ApiError):
    """400."""

    status = 400
    title = "Bad Request"
    message = "The server could not comply with the request since it is either malformed or otherwise incorrect."


class InvalidInput(BadRequest):
    """A body or query that its schema refuses.

    Attributes:
        path: where, as a tuple of names and positions.
        value: what was there.
        reason: why it is refused.
        rule: the JSON Schema keyword that refused it.
        in_query: whether it stood in the query string.
        schema: the name of the schema's class; empty where a part of one refused.
    """

    in_query: bool = False
    schema: str = ""

    def __init__(self, path: tuple[str | int, ...], value: Any, reason: str, rule: str = "", message: str = "") -> None:
        self.path = path
        self.value = value
        self.reason = reason
        self.rule = rule
        where = "/".join(str(step) for step in path)
        super().__init__(message or (f"Invalid input for {where}: {reason}" if where else reason))


class Unauthorized(ApiError):
    """401."""

    status = 401
    title = "Unauthorized"
    message = "The request you have made requires authentication."


class Forbidden(ApiError):
    """403."""

    status = 403
    title = "Forbidden"
    message = "You are not authorized to perform the requested action."


class NotFound(ApiError):
    """404."""

    status = 404
    title = "Not Found"
    message = "The resource could not be found."


class MethodNotAllowed(ApiError):
    """405."""

    status = 405
    title = "Method Not Allowed"
    message = "The method is not allowed for this resource."


class NotAcceptable(ApiError):
    """406."""

    status = 406
    title = "Not Acceptable"
    message = "The requested version or content type is not offered."


class Conflict(ApiError):
    """409."""

    status = 409
    title = "Conflict"
    message = "There was a conflict with the current state of the resource."


class Gone(ApiError):
    """410."""

    status = 410
    title = "Gone"
    message = "This resource is no longer available. No forwarding address is given."


class PreconditionFailed(ApiError):
    """412."""

    status = 412
    title = "Precondition Failed"
    message = "A precondition of the request does not hold."


class TooLarge(ApiError):
    """413."""

    status = 413
    title = "Request Entity Too Large"
    message = "Request is too large."


class UnsupportedMediaType(ApiError):
    """415."""

    status = 415
    title = "Unsupported Media Type"
    message = "Unsupported Content-Type"


class RangeNotSatisfiable(ApiError):
    """416."""

    status = 416
    title = "Requested Range Not Satisfiable"
    message = "The Range requested is not available."


class Unprocessable(ApiError):
    """422."""

    status = 422
    title = "Unprocessable Entity"
    message = "The request is well formed but cannot be carried out."


class TooManyRequests(ApiError):
    """429."""

    status = 429
    title = "Too Many Requests"
    message = "Too many requests; try again later."


class InternalError(ApiError):
    """500; never raised on purpose, it is what any other exception becomes."""


class NotSupported(ApiError):
    """501."""

    status = 501
    title = "Not Implemented"
    message = "This is not offered by this cloud."


class Unavailable(ApiError):
    """503."""

    status = 503
    title = "Service Unavailable"
    message = "The service cannot answer right now; try again later."
