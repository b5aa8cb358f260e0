"""Names in paths: what may be one, and taking a path apart."""

from urllib.parse import unquote, unquote_to_bytes

from pileus.kernel.api.call import Call
from pileus.kernel.api.errors import BadRequest, PreconditionFailed

MOST_ACCOUNT = 256
MOST_CONTAINER = 256
MOST_OBJECT = 1024
RESELLER = "AUTH_"
"""What the account of a project starts with that S3 uses."""


def check(call: Call, account: str, container: str = "", object: str = "") -> None:
    """Refuse what cannot be a name.  Lengths are in bytes.

    Raises:
        PreconditionFailed: the path is not UTF-8, or holds a NUL.
        BadRequest: a name is too long.
    """
    raw = call.request.scope.get("raw_path")
    path = call.request.scope["path"]
    if raw:
        try:
            unquote_to_bytes(raw.partition(b"?")[0]).decode("utf-8")
        except UnicodeDecodeError:
            raise PreconditionFailed("Invalid UTF8 or contains NULL") from None
    if "\0" in path or ("\ufffd" in path and raw is None):
        raise PreconditionFailed("Invalid UTF8 or contains NULL")
    check_names(account, container, object)


def check_names(account: str, container: str = "", object: str = "") -> None:
    """Refuse names that are too long or cannot be written.

    Raises:
        BadRequest: one is.
    """
    for what, name, most in (
        ("Account", account, MOST_ACCOUNT),
        ("Container", container, MOST_CONTAINER),
        ("Object", object, MOST_OBJECT),
    ):
        try:
            size = len(name.encode())
        except UnicodeEncodeError:
            raise BadRequest(f"{what} name is not valid UTF-8") from None
        if size > most:
            raise BadRequest(f"{what} name length of {size} longer than {most}")


def unquoted(value: str, problem: str) -> str:
    """A header's value, unquoted.

    Raises:
        PreconditionFailed: it is not UTF-8; the words are the problem's.
    """
    try:
        found = unquote(value, errors="strict")
    except UnicodeDecodeError:
        raise PreconditionFailed(problem) from None
    if "\0" in found:
        raise PreconditionFailed(problem)
    return found


def account(value: str) -> str:
    """The account that a header names; empty if it names none.

    Raises:
        PreconditionFailed: it cannot be one.
    """
    found = unquoted(value, "Account name cannot contain slashes")
    if "/" in found:
        raise PreconditionFailed("Account name cannot contain slashes")
    return found


def split(value: str, header: str) -> tuple[str, str]:
    """Container and object of a header like `X-Copy-From: /container/some/object`.

    Raises:
        PreconditionFailed: it is not of that form.
    """
    try:
        path = unquote(value, errors="strict")
    except UnicodeDecodeError:
        raise PreconditionFailed(f"{header} header must be UTF-8") from None
    container, slash, name = path.removeprefix("/").partition("/")
    if not container or not slash or not name or "\0" in path:
        raise PreconditionFailed(f"{header} header must be of the form <container name>/<object name>")
    return container, name
