"""What other services may ask of compute."""

from typing import Protocol

import msgspec

from pileus.kernel.api.declare import Service


class MetadataRequest(msgspec.Struct, frozen=True):
    """A guest's request to the metadata service; who asks is told by network and address, never by headers."""

    network_id: str
    address: str
    method: str
    path: str
    query: str = ""
    body: bytes = b""


class MetadataAnswer(msgspec.Struct, frozen=True):
    """What the guest gets."""

    status: int
    content_type: str = "text/plain; charset=utf-8"
    body: bytes = b""


class Compute(Protocol):
    """The door to compute."""

    api: Service

    async def metadata(self, request: MetadataRequest) -> MetadataAnswer:
        """Answer a guest's metadata request; 404 for strangers."""
        ...
