"""Whether data may become an image.

Data that point at other files, or stumble over what their format forbids, are refused whatever they are called (the
classes of OSSA-2015-014, OSSA-2023-002, OSSA-2024-001 and OSSA-2024-002); data that are not what `disk_format` says
are refused unless the operator has switched that off, as Glance's `require_image_format_match` does.
"""

import asyncio
from collections.abc import Collection
from pathlib import Path

from pileus.host.storage import inspection
from pileus.host.storage.errors import StorageError
from pileus.image.errors import InvalidFormat
from pileus.kernel import log

LOG = log.get("image")
PLAIN = frozenset({"bare", "ami", "ari", "aki"})
"""Containers whose content is the disk itself."""


class Inspector:
    """Looks at data before they are an image's.

    Args:
        tolerated: what does not refuse data, as in the settings.
        most: bytes that a disk may claim.
    """

    def __init__(self, tolerated: Collection[str], most: int) -> None:
        self._tolerated = tolerated
        self.most = most

    async def admit(self, path: Path, disk_format: str, container_format: str) -> int | None:
        """The bytes of the disk that data describe; None where the format tells of none.

        Raises:
            InvalidFormat: they must not become an image.
        """
        size = (await asyncio.to_thread(path.stat)).st_size
        if container_format not in PLAIN or not size:
            return None
        report = await self.report(path)
        refusal = self._refusal(report, disk_format)
        if refusal:
            raise InvalidFormat(f"Image format {disk_format} rejected: {refusal}")
        if inspection.differs(report, disk_format):
            LOG.warning("image is not what it is declared as", declared=disk_format, content=report.formats)
            return None
        virtual = report.virtual_size if disk_format in report.formats and disk_format != "raw" else size
        if virtual > self.most:
            raise InvalidFormat(f"Image format {disk_format} rejected: its disk of {virtual} bytes is over the limit")
        return virtual

    async def report(self, path: Path) -> inspection.Report:
        """What data look like.

        Raises:
            InvalidFormat: nothing could be found out about them.
        """
        try:
            return await inspection.look(path)
        except StorageError as error:
            LOG.warning("image could not be inspected", error=str(error))
            raise InvalidFormat("Image format inspection failed") from error

    def _refusal(self, report: inspection.Report, disk_format: str) -> str:
        if "mismatch" not in self._tolerated and (report.formats and inspection.differs(report, disk_format)):
            return inspection.differs(report, disk_format)
        return inspection.unsafe(report, self._tolerated)
