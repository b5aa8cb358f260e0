"""What the supervisor reports about the daemons, as it happens."""

from datetime import datetime
from typing import Literal

import msgspec

State = Literal["stopped", "starting", "running", "silent", "failed"]
"""A daemon is `silent` when it runs and does not answer, `failed` when it died and waits to be started again."""


class DaemonEvent(msgspec.Struct, frozen=True):
    """A daemon changed its state."""

    daemon: str
    state: State
    reason: str
    """Why, for people: how it ended, and its last words if it left any."""
    at: datetime
    restarted: bool = False
    """For `running`: whether it ran before in this life of the cloud, so that what it held may need repair."""


class DaemonStatus(msgspec.Struct, frozen=True):
    """How a daemon does now."""

    daemon: str
    state: State
    purpose: str
    """What stands still while it does."""
    pid: int | None
    restarts: int
    """How often it had to be started again since `up`."""
    reason: str
    """Of the last change of state."""
    memory: int | None = None
    """Bytes of memory that are its alone or its share of shared ones (PSS); None if it does not run."""
