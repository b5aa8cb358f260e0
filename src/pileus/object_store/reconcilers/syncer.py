"""Containers that are copied elsewhere: what their notes name is sent, until there are none."""

from pileus.kernel import log
from pileus.kernel.world import World
from pileus.object_store.containers.schema import SYNC_KEY, SYNC_TO
from pileus.object_store.storage.protocol import TICKS, Damaged, Storage
from pileus.object_store.sync.journal import Journal
from pileus.object_store.sync.realms import Realms
from pileus.object_store.sync.sending import Failed, HttpClient, Sending
from pileus.object_store.wire import answers

LOG = log.get("object_store")
AFTER = 2 * TICKS
"""How old a note is when it is looked at: the change that it is about is done by then."""
PATIENCE = 3
"""Failures of one container, after which it has to wait for the next turn."""


class Syncer:
    """Sends what changed in containers that go elsewhere."""

    name = "container-sync"
    interval = 5.0
    topics: tuple[str, ...] = ()

    def __init__(self, storage: Storage, journal: Journal, realms: Realms, world: World, client: HttpClient) -> None:
        self._storage = storage
        self._journal = journal
        self._realms = realms
        self._world = world
        self._client = client

    async def converge(self) -> int:
        """Send what is to be sent; how many objects were."""
        closed = 0
        for account, container in await self._journal.sources():
            closed += await self._container(account, container)
        return closed

    async def _container(self, account: str, container: str) -> int:
        record = await self._storage.container(account, container)
        if record is None or SYNC_TO not in record.metadata:
            await self._journal.end(account, container)
            return 0
        to = self._realms.destination(record.metadata[SYNC_TO])
        key = record.metadata.get(SYNC_KEY, "")
        if isinstance(to, str) or not key:
            return 0  # whoever set it is told by the answer; a realm may come back
        await self._journal.walk(account, container)
        sending = Sending(self._storage, self._client, to, key)
        sent = failures = 0
        after = ""
        while notes := await self._journal.notes(account, container, answers.now(self._world) - AFTER, after):
            for note in notes:
                try:
                    await self._send(sending, account, container, note.name, note.stamp)
                except (Failed, Damaged) as error:
                    failures += 1
                    LOG.warning("not copied", account=account, container=container, name=note.name, error=str(error))
                    if failures >= PATIENCE:
                        return sent
                else:
                    await self._journal.done(account, container, note)
                    sent += 1
            after = notes[-1].name
        return sent

    async def _send(self, sending: Sending, account: str, container: str, name: str, stamp: int) -> None:
        record = await self._storage.object(account, container, name, content=True)
        if record is None:
            await sending.delete(name, stamp)
        elif not record.locked:
            await sending.put(record)
