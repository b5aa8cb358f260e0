"""One request on its way through the system, and its answer."""

from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from starlette.requests import Request

from pileus.kernel.api.declare import Operation, Service
from pileus.kernel.api.errors import TooLarge
from pileus.kernel.api.versions import Change
from pileus.kernel.auth.caller import Caller
from pileus.kernel.store import Row, Store, Tx
from pileus.kernel.world import World

NOBODY = Caller()


@dataclass(slots=True)
class Answer:
    """An answer that a function makes itself instead of leaving it to its schema.

    Exactly one of `body`, `stream` and `file` carries the content.  `file` is sent by the system where it can.
    """

    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b""
    stream: AsyncIterator[bytes] | None = None
    file: Path | None = None


@dataclass(slots=True)
class Page:
    """A page of a list: its rows, and the markers of its neighbours (None where there is none)."""

    rows: Sequence[Row]
    next: str | None = None
    previous: str | None = None
    extra: dict[str, Any] = field(default_factory=dict)
    """What stands beside the list."""


@dataclass(slots=True)
class Call:
    """What an operation's function knows of its request.

    Attributes:
        request: headers and body as they came.
        service, operation: what was asked for.
        who: the caller; NOBODY in public operations.
        version: the negotiated version's int.
        tx: the transaction that is committed when the function returns, unless the operation opens its own.
        query: the validated query string.
        given: what the request's headers say, where the operation declares them.
        params: the query string as it came.
        headers: headers added to the answer.
        status: the answer's status, preset from the declaration.
        request_id: in the service's form (`req-…`), on every answer and log line.
        base: the service's public address, prefix included, without a trailing slash.
        names: the path's parameters.
        hidden: attributes that the caller may not see.
        only: attributes that the caller asked for; empty for all.
    """

    request: Request
    service: Service
    operation: Operation
    store: Store
    world: World
    request_id: str
    base: str
    who: Caller = NOBODY
    version: int = 0
    tx: Tx = None  # type: ignore[assignment]  # set before the function runs wherever the operation asks for one
    query: dict[str, Any] = field(default_factory=dict)
    given: dict[str, Any] = field(default_factory=dict)
    params: list[tuple[str, str]] = field(default_factory=list)
    headers: dict[str, str] = field(default_factory=dict)
    status: int = 200
    names: dict[str, str] = field(default_factory=dict)
    hidden: frozenset[str] = frozenset()
    body: Any = None
    """The validated body, for targets of rights that depend on it."""
    only: frozenset[str] = frozenset()
    root: str = ""
    """The versioned root below `base`, project id included where the request had one: links start here."""

    def applies(self, change: Change) -> bool:
        """Whether the request's version has the change.  For changes of behaviour; fields say `since=`."""
        return self.version >= change.number

    def url(self, *segments: str) -> str:
        """An absolute address below the service's versioned root."""
        return "/".join((self.base + self.root, *segments))

    def bookmark(self, *segments: str) -> str:
        """An absolute address below the service's unversioned root."""
        return "/".join((self.base, *segments))

    def may(self, rule: str, target: Mapping[str, Any] | None = None) -> bool:
        """Whether the caller has a right of this resource (by its rule, as declared in `rights=`)."""
        resource = self.operation.resource
        assert resource is not None
        return self.service.policy.allows(resource.policy % rule, self.who, self.own() if target is None else target)

    def must(self, rule: str, target: Mapping[str, Any] | None = None) -> None:
        """Raise unless the caller has the right.

        Raises:
            Forbidden: it has not.
        """
        resource = self.operation.resource
        assert resource is not None
        self.service.policy.require(resource.policy % rule, self.who, self.own() if target is None else target)

    def own(self) -> dict[str, Any]:
        """The target of an operation on what the caller itself will own."""
        who = self.who
        return {
            "project_id": who.project_id,
            "tenant_id": who.project_id,
            "user_id": who.user_id,
            "domain_id": who.domain_id,
        }

    async def chunks(self, most: int | None = None) -> AsyncIterator[bytes]:
        """The request's body as it arrives.

        Raises:
            TooLarge: it is longer than `most` bytes.
        """
        seen = 0
        async for chunk in self.request.stream():
            seen += len(chunk)
            if most is not None and seen > most:
                raise TooLarge
            if chunk:
                yield chunk

    def stamp(self, moment: Any) -> str | None:
        """A moment in the service's form."""
        return None if moment is None else self.service.stamp(moment)
