"""Between the host's metadata servers and compute: the guest's question in compute's words."""

from urllib.parse import urlsplit

from pileus.compute.service import Compute
from pileus.compute.service import MetadataRequest as Question
from pileus.host.chassis.source import MetadataRequest, MetadataResponse


class MetadataDoor:
    """Fulfils the host's `MetadataSource` with compute."""

    def __init__(self, compute: Compute) -> None:
        self._compute = compute

    async def answer(self, network_id: str, source_ip: str, request: MetadataRequest) -> MetadataResponse:
        """See MetadataSource."""
        target = urlsplit(request.target)
        question = Question(
            network_id=network_id,
            address=source_ip,
            method=request.method,
            path=target.path,
            query=target.query,
            body=request.body,
        )
        found = await self._compute.metadata(question)
        return MetadataResponse(found.status, found.body, found.content_type)
