"""What a cloud stands on: hosts and a network backend, real or simulated."""

from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any, Protocol

from pileus.compute.service import Compute
from pileus.host.agent.protocol import ImageSource
from pileus.kernel.parts import Parts
from pileus.network.backend.protocol import NetworkBackend

Progress = Callable[[str], None]
ImageFile = Callable[[str], Awaitable[Path | None]]
"""Where an image's data lie on this machine, by its id."""


class Ground(Protocol):
    """One machine's hosts and networks.

    Attributes:
        network: makes networks real.
        hosts: the hosts that answer here, by name.
    """

    network: NetworkBackend
    hosts: tuple[str, ...]

    async def start(self, parts: Parts, image_file: ImageFile) -> None:
        """Let the hosts answer, at `host/<name>` of the transport."""
        ...

    async def serve_metadata(self, parts: Parts, compute: Compute) -> None:
        """Answer guests that ask for their metadata."""
        ...

    async def status(self) -> dict[str, Any]:
        """How the machine does, as JSON values."""
        ...

    async def stop(self) -> None:
        """Let go of everything; servers and networks go on."""
        ...


__all__ = ["Ground", "ImageFile", "ImageSource", "Progress"]
