"""The metadata service: a guest's path to its answer.  Who asks is told by network and address, never by headers."""

from sqlalchemy import select, update

from pileus.compute.metadata import content, ec2
from pileus.compute.metadata.content import ServerFacts
from pileus.compute.metadata.facts import facts_of
from pileus.compute.servers.around.parts import ServerParts
from pileus.compute.servers.table import SERVER_EXTRAS, SERVERS
from pileus.compute.service import MetadataAnswer, MetadataRequest
from pileus.kernel.store import Tx
from pileus.kernel.store.database import retrying

MOST_PASSWORD = 4 * 255
"""Bytes of a password that a guest posts; Nova's limit, which an RSA key of 4096 bits stays below."""

NOT_FOUND = MetadataAnswer(404, body=b"404 Not Found")


class MetadataService:
    """Answers guests."""

    def __init__(self, parts: ServerParts) -> None:
        self._parts = parts

    async def answer(self, request: MetadataRequest) -> MetadataAnswer:
        """The answer to a guest; 404 for strangers and for what there is not."""
        segments = [segment for segment in request.path.split("/") if segment]
        async with self._parts.kernel.store.read() as tx:
            facts = await self._facts(tx, request)
        if facts is None:
            return NOT_FOUND
        if request.method == "POST" and len(segments) == 3 and segments[0] == "openstack" and segments[2] == "password":
            return await self._keep_password(facts, segments[1], request.body)
        if request.method not in {"GET", "HEAD"}:
            return MetadataAnswer(405, body=b"405 Method Not Allowed")
        return look_up(facts, segments)

    async def _facts(self, tx: Tx, request: MetadataRequest) -> ServerFacts | None:
        port = await self._parts.network.port_at(tx, request.network_id, request.address)
        if port is None or not port.device_id:
            return None
        row = await tx.first(select(SERVERS).where(SERVERS.c.id == port.device_id))
        return await facts_of(tx, self._parts.network, row) if row is not None else None

    async def _keep_password(self, facts: ServerFacts, version: str, body: bytes) -> MetadataAnswer:
        """Keep what the guest posts; once only, so that nobody in the guest replaces it later."""
        if version != "latest" and (version not in content.VERSIONS or version < content.FILES_SINCE["password"]):
            return NOT_FOUND
        if len(body) > MOST_PASSWORD:
            return MetadataAnswer(400, body=b"Request is too large.")
        try:
            text = body.decode("ascii")
        except UnicodeDecodeError:
            return MetadataAnswer(400, body=b"The password must be ASCII.")

        async def keep(tx: Tx) -> int:
            c = SERVER_EXTRAS.c
            statement = update(SERVER_EXTRAS).where(c.id == facts.server["id"], c.password == "")
            return await tx.run(statement.values(password=text))

        kept = await retrying(self._parts.kernel.store, keep)
        return MetadataAnswer(200) if kept else MetadataAnswer(409, body=b"The password was set already.")


def look_up(facts: ServerFacts, segments: list[str]) -> MetadataAnswer:
    """The text at a path."""
    if not segments:
        return _text("\n".join(ec2.VERSIONS))
    first, *rest = segments
    if first == "openstack":
        return _openstack(facts, rest)
    if first not in ec2.VERSIONS:
        return NOT_FOUND
    found = ec2.read(facts, rest)
    return NOT_FOUND if found is None else MetadataAnswer(200, body=found)


def _openstack(facts: ServerFacts, segments: list[str]) -> MetadataAnswer:
    if not segments:
        return _text("\n".join((*content.VERSIONS, "latest")))
    version = segments[0]
    if len(segments) == 1:
        names = [name for name in content.FILES_SINCE if content.document(facts, version, name) is not None]
        return _text("\n".join(names)) if names else NOT_FOUND
    found = content.document(facts, version, segments[1]) if len(segments) == 2 else None
    if found is None:
        return NOT_FOUND
    kind = "application/json" if segments[1].endswith(".json") else "text/plain; charset=utf-8"
    return MetadataAnswer(200, kind, found)


def _text(text: str) -> MetadataAnswer:
    return MetadataAnswer(200, body=text.encode())
