"""How a durable operation is declared."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol

from pileus.kernel.store import Tx

Output = dict[str, Any] | None


class Retry(Exception):
    """A step cannot be done yet; it is tried again after `seconds` until the run's deadline."""

    def __init__(self, reason: str, seconds: float = 1.0) -> None:
        super().__init__(reason)
        self.seconds = seconds


class StepFailed(Exception):
    """A step failed for a reason that the user should read.

    Attributes:
        code: the status that an API would have answered, for the resource's fault.
        details: for operators.
    """

    def __init__(self, message: str, *, code: int = 500, details: str = "") -> None:
        super().__init__(message)
        self.code = code
        self.details = details


@dataclass(slots=True)
class Run:
    """One run of an operation, as its steps see it.

    Attributes:
        id: of the run.
        kind: the operation's kind.
        resource_id: what it works on.
        input: given at the start; JSON values only.
        outputs: what each finished step returned, by step name.
        request_id, project_id, user_id: on whose behalf.
        deadline: when it fails if it is not done.
        cancelled: whether somebody asked it to stop.
    """

    id: str
    kind: str
    resource_type: str
    resource_id: str
    input: dict[str, Any]
    request_id: str
    project_id: str
    user_id: str
    created_at: datetime
    deadline: datetime
    cancelled: bool = False
    outputs: dict[str, dict[str, Any]] = field(default_factory=dict)

    def output(self, step: str) -> dict[str, Any]:
        """What a step returned; empty if it has not been done or returned nothing."""
        return self.outputs.get(step, {})


@dataclass(frozen=True, slots=True)
class Step:
    """One step.

    Attributes:
        name: unique in its operation; shown in instance events and timelines.
        do: does it.  With `in_tx` it is called with (run, tx) and shares the transaction of its journal entry, so it
            happens exactly once; it must not wait for anything but the database then.
        undo: takes back what `do` may have done, called with the same arguments.
        seconds: the most it may take in one try.
    """

    name: str
    do: Callable[..., Awaitable[Output]]
    undo: Callable[..., Awaitable[Any]] | None = None
    in_tx: bool = False
    seconds: float = 600.0


class Kind(Protocol):
    """An operation's declaration."""

    kind: str
    """Its name, "server.create"."""
    deadline: float
    """Seconds from acceptance after which it is failed and undone."""

    def steps(self) -> tuple[Step, ...]:
        """The steps, in their order."""
        ...

    async def done(self, tx: Tx, run: Run) -> None:
        """Called in the transaction that records the end of a run that succeeded."""
        ...

    async def failed(self, tx: Tx, run: Run, error: BaseException) -> None:
        """Called in the transaction that records the end of a run that failed and has been undone."""
        ...
