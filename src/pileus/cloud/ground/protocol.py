"""What a cloud stands on: hosts and a network backend, real or simulated."""

from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any, Protocol

from pileus.compute.service import Compute
from pileus.kernel.parts import Parts
from pileus.network.backend.protocol import NetworkBackend

Progress = Callable[[str], None]
"""Told what happens, for people."""

ImageFile = Callable[[str], Awaitable[Path | None]]
"""Where an image's data lie on this machine, by its id."""


class Ground(Protocol):
    """The hosts and the networks of one machine."""

    @property
    def network(self) -> NetworkBackend:
        """Makes networks real; there after `prepare`."""
        ...

    @property
    def durable(self) -> bool:
        """Whether what is written must outlast a power cut."""
        ...

    @property
    def hosts(self) -> tuple[str, ...]:
        """The names of the hosts that answer here."""
        ...

    async def prepare(self, progress: Progress) -> None:
        """Bring the machine up and connect to it."""
        ...

    async def start(self, parts: Parts, compute: Compute, image_file: ImageFile) -> None:
        """Let the hosts answer at `host/<name>` of the transport, and guests ask for metadata."""
        ...

    async def status(self) -> dict[str, Any]:
        """How the machine does, as JSON values."""
        ...

    async def stop(self) -> None:
        """Let go of everything; servers and networks go on."""
        ...
