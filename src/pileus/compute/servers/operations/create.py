"""server.create: from an accepted row to a running guest."""

from datetime import datetime
from typing import Any

from sqlalchemy import update

from pileus.compute.scheduling.hosts import snapshot
from pileus.compute.scheduling.plan import plan
from pileus.compute.scheduling.types import Group, HostView, Refusal, Request
from pileus.compute.servers.around.parts import ServerParts
from pileus.compute.servers.guest import image_of, read_guest, read_row
from pileus.compute.servers.journey import unpacked
from pileus.compute.servers.making.resources import resources_of
from pileus.compute.servers.operations.asking import asking
from pileus.compute.servers.states import SERVER
from pileus.compute.servers.table import SERVERS
from pileus.compute.servers.viewing.faults import fault_of
from pileus.kernel.operations import Run, Step, StepFailed
from pileus.kernel.peers.protocol import PeerUnreachable
from pileus.kernel.store import Row, Tx
from pileus.placement.service import DoesNotFit

PLUG_SECONDS = 300.0
"""How long the network may take to carry a new server's traffic."""


class CreateServer:
    """Chooses a host, brings image, disks and nics there, starts the guest."""

    kind = "server.create"
    deadline = 1800.0

    def __init__(self, parts: ServerParts) -> None:
        self._parts = parts

    def steps(self) -> tuple[Step, ...]:
        """The steps."""
        return (
            Step("claim", self._claim, self._release, in_tx=True),
            Step("image", self._image),
            Step("disks", self._disks, self._destroy),
            Step("bind", self._bind, self._unbind, in_tx=True),
            Step("spawn", self._spawn, self._destroy),
            Step("plugged", self._plugged),
        )

    async def _claim(self, run: Run, tx: Tx) -> dict[str, Any]:
        row = await read_row(tx, run.resource_id)
        hosts = await self._snapshot(tx)
        request = await self._request(tx, run, row, hosts)
        for _ in range(len(hosts) + 1):
            chosen = plan(hosts, request)
            if isinstance(chosen, Refusal):
                raise StepFailed(chosen.message, code=500)
            host = chosen.host
            try:
                async with tx.savepoint():
                    await self._parts.placement.claim(
                        tx,
                        row["id"],
                        {host.id: {k: v for k, v in request.resources.items() if v}},
                        project_id=row["project_id"],
                        user_id=row["user_id"],
                    )
            except DoesNotFit:
                hosts = [other for other in hosts if other.id != host.id]
                continue
            place = {"host": host.name, "node": host.name, "zone": host.zone}
            await tx.run(update(SERVERS).where(SERVERS.c.id == row["id"]).values(**place))
            return place
        raise StepFailed("No valid host was found. ")

    async def _snapshot(self, tx: Tx) -> list[HostView]:
        parts = self._parts
        now = parts.kernel.world.clock.now()
        return await snapshot(tx, parts.placement, parts.near.zones, parts.near.default_zone, now)

    async def _request(self, tx: Tx, run: Run, row: Row, hosts: list[HostView]) -> Request:
        hints = row["hints"] or {}
        return Request(
            resources=resources_of(row["flavor"]),
            zone=row["pinned_zone"] or "",
            host=run.input.get("host", ""),
            forced=bool(run.input.get("forced")),
            required=_traits(row["flavor"], "required"),
            forbidden=_traits(row["flavor"], "forbidden"),
            arch=_arch(row["image"]),
            group=await self._group(tx, run),
            same=await self._hosts_of(tx, hints.get("same_host")),
            different=await self._hosts_of(tx, hints.get("different_host")),
        )

    async def _group(self, tx: Tx, run: Run) -> Group | None:
        group_id = run.input.get("group")
        if not group_id:
            return None
        found = await self._parts.near.groups.find(tx, unpacked(run.input["who"]), group_id)
        if found is None:
            return None
        members: dict[str, int] = {}
        rows = await tx.all(
            SERVERS.select().with_only_columns(SERVERS.c.host).where(
                SERVERS.c.id.in_(found.members), SERVERS.c.id != run.resource_id, SERVERS.c.host.is_not(None)
            )
        )  # fmt: skip
        for row in rows:
            members[row["host"]] = members.get(row["host"], 0) + 1
        return Group(policy=found.policy, hosts=members, most=found.most)

    async def _hosts_of(self, tx: Tx, servers: str | list[str] | None) -> frozenset[str] | None:
        if servers is None:
            return None
        wanted = [servers] if isinstance(servers, str) else servers
        rows = await tx.all(SERVERS.select().with_only_columns(SERVERS.c.host).where(SERVERS.c.id.in_(wanted)))
        return frozenset(row["host"] for row in rows if row["host"])

    async def _release(self, run: Run, tx: Tx) -> None:
        await self._parts.placement.release(tx, run.resource_id)
        await self._parts.network.release_ports(tx, run.resource_id)
        nowhere = {"host": None, "node": None}
        await tx.run(update(SERVERS).where(SERVERS.c.id == run.resource_id).values(**nowhere))

    async def _image(self, run: Run) -> None:
        host = run.output("claim")["host"]
        async with self._parts.kernel.store.read() as tx:
            row = await read_row(tx, run.resource_id)
        source = image_of(row["image"])
        if source is not None:
            with asking(host):
                await self._parts.agents.of(host).fetch_image(source)

    async def _disks(self, run: Run) -> None:
        host = run.output("claim")["host"]
        _row, guest = await read_guest(self._parts, run.resource_id)
        with asking(host):
            await self._parts.agents.of(host).prepare(guest)

    async def _bind(self, run: Run, tx: Tx) -> dict[str, Any]:
        ports = (await self._parts.network.ports(tx, [run.resource_id])).get(run.resource_id, [])
        for port in ports:
            await self._parts.network.bind_port(tx, port.id, run.output("claim")["host"])
        return {"ports": [port.id for port in ports]}

    async def _unbind(self, run: Run, tx: Tx) -> None:
        ports = (await self._parts.network.ports(tx, [run.resource_id])).get(run.resource_id, [])
        for port in ports:
            await self._parts.network.bind_port(tx, port.id, "")

    async def _spawn(self, run: Run) -> None:
        host = run.output("claim")["host"]
        _row, guest = await read_guest(self._parts, run.resource_id)
        with asking(host):
            await self._parts.agents.of(host).spawn(guest)

    async def _destroy(self, run: Run) -> None:
        host = run.output("claim").get("host", "")
        if not host:
            return
        try:
            await self._parts.agents.of(host).destroy(run.resource_id)
        except PeerUnreachable:
            return  # what stays there has no row that claims it, and goes when the host is back

    async def _plugged(self, run: Run) -> None:
        ports = run.output("bind")["ports"]
        if ports and not await self._parts.network.wait_active(ports, PLUG_SECONDS):
            raise StepFailed("Virtual Interface creation failed", details="the ports did not become active in time")

    async def done(self, tx: Tx, run: Run) -> None:
        """The server is active."""
        now = self._now()
        changed = {"launched_at": now, "updated_at": now, "power_state": 1, "progress": 100}
        await SERVER.finish(tx, SERVERS, run.resource_id, "create", **changed)

    async def failed(self, tx: Tx, run: Run, error: BaseException) -> None:
        """The server is in ERROR, nowhere."""
        # a run that failed before its first step ended has no undo to give the ports back
        await self._release(run, tx)
        now = self._now()
        await SERVER.fail(tx, SERVERS, run.resource_id, "create", fault=fault_of(error, now), updated_at=now)

    def _now(self) -> datetime:
        return self._parts.kernel.world.clock.now()


def _traits(flavor: dict[str, Any], word: str) -> frozenset[str]:
    specs: dict[str, str] = flavor.get("extra_specs", {})
    return frozenset(k.removeprefix("trait:") for k, v in specs.items() if k.startswith("trait:") and v == word)


def _arch(image: dict[str, Any]) -> str:
    arch: str = image.get("properties", {}).get("hw_architecture", "") or image.get("properties", {}).get(
        "architecture", ""
    )
    return {"amd64": "x86_64", "arm64": "aarch64"}.get(arch, arch)
