"""What a feature is, and how it asks the core for more than it was asked for."""

from typing import Any, Protocol
from urllib.parse import quote

from starlette.requests import Request

from pileus.kernel.api.call import Answer, Call
from pileus.kernel.serving.layers import Proceed

WRITES = frozenset({"PUT", "POST", "DELETE", "COPY"})


class Feature(Protocol):
    """A part of the object store that requests pass on their way to the core.

    Attributes:
        name: its key in `/info`.
    """

    name: str

    def info(self) -> dict[str, Any] | None:
        """What `/info` says of it; None if nothing."""
        ...

    async def __call__(self, call: Call, path: str, proceed: Proceed) -> Answer:
        """Answer, or go on."""
        ...


def parts(path: str) -> tuple[str, str, str] | None:
    """Account, container and object of a path below the prefix, those that are missing empty; None for other paths."""
    if not path.startswith("/v1/"):
        return None
    account, _, rest = path[4:].partition("/")
    container, _, name = rest.partition("/")
    return (account, container, name) if account else None


def again(
    call: Call, path: str, wanted: str, *, method: str = "GET", query: str = "", headers: dict[str, str] | None = None
) -> Call:
    """A call for something else by the same caller, without a body.

    Args:
        path: what the call asks for, below the prefix.
        wanted: what the new one asks for.
        headers: by name in lower case; they replace those of the same names, and an empty one takes a header away.
    """
    scope = dict(call.request.scope)
    prefix = scope["path"][: len(scope["path"]) - len(path)]
    changed = {name.encode("latin-1"): value.encode() for name, value in (headers or {}).items()}
    kept = [(name, value) for name, value in scope["headers"] if name.lower() not in changed]
    scope |= {
        "method": method,
        "path": prefix + wanted,
        "raw_path": quote(prefix + wanted).encode(),
        "query_string": query.encode(),
        "headers": kept + [(name, value) for name, value in changed.items() if value],
    }
    return Call(
        request=Request(scope, _nothing),
        service=call.service,
        operation=call.operation,
        store=call.store,
        world=call.world,
        request_id=call.request_id,
        base=call.base,
        who=call.who,
    )


async def _nothing() -> dict[str, Any]:
    return {"type": "http.request", "body": b"", "more_body": False}


async def content(answer: Answer) -> bytes:
    """The body of an answer from the core that is known to be small."""
    if answer.stream is not None:
        return b"".join([chunk async for chunk in answer.stream])
    return answer.body
