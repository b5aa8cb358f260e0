"""Bytes that rot are found before anybody asks for them."""

from pileus.object_store.storage.audit import Audit


class Auditor:
    """Looks at every file of the storage, slowly; when it has been round, it rests for a day."""

    name = "object-auditor"
    interval = 86400.0
    topics: tuple[str, ...] = ()

    def __init__(self, audit: Audit) -> None:
        self._audit = audit

    async def converge(self) -> int:
        """Set aside what is damaged; how many files."""
        return await self._audit.round()
