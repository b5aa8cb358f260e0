"""Where the database, the hypervisors, their disks, placement and the network do not agree, in words.

Nothing is changed here.
"""

from sqlalchemy import select

from pileus.compute.hypervisors.table import NODES
from pileus.compute.reconcilers.looking import remains_of_hosts
from pileus.compute.reconcilers.orphans import orphans
from pileus.compute.scheduling.hosts import compute_services
from pileus.compute.servers.around.parts import ServerParts
from pileus.compute.servers.making.resources import resources_of
from pileus.compute.servers.table import SERVERS
from pileus.host.hypervisor.status import PowerState
from pileus.kernel.store import Row, Tx

_RUNS = (PowerState.RUNNING, PowerState.PAUSED)


async def audit(parts: ServerParts) -> list[str]:
    """Every difference; servers that something is being done to are left out, because they are between states."""
    found = await remains_of_hosts(parts)
    async with parts.kernel.store.read() as tx:
        c = SERVERS.c
        columns = (c.id, c.host, c.vm_state, c.task_state, c.flavor)
        rows = [row for row in await tx.all(select(*columns)) if row["task_state"] is None]
        silent = sorted(set(await compute_services(tx)) - set(found))
        differences = [f"host {host} does not answer" for host in silent]
        for row in rows:
            remains = found.get(row["host"] or "")
            if remains is not None:
                states = {domain.id: domain.state for domain in remains.domains}
                differences += _domain(row, states.get(row["id"]), row["id"] in remains.disks)
        differences += [
            f"host {host} holds {'files' if ours else 'a domain'} of {own}, which no server claims"
            for host, own, ours in await orphans(tx, found)
        ]
        differences += await _allocations(tx, parts, rows)
        differences += await _ports(tx, parts, rows)
    return differences


def _domain(row: Row, state: PowerState | None, has_files: bool) -> list[str]:
    name = f"server {row['id']} on {row['host']}"
    if row["vm_state"] == "error":
        return []
    if state is None:
        return [f"{name} is {row['vm_state']} and has no domain"]
    wrong = []
    if row["vm_state"] in {"active", "paused"} and state not in _RUNS:
        wrong.append(f"{name} is {row['vm_state']} and its domain is {state.name.lower()}")
    if row["vm_state"] in {"stopped", "suspended"} and state in _RUNS:
        wrong.append(f"{name} is {row['vm_state']} and its domain is {state.name.lower()}")
    if not has_files:
        wrong.append(f"{name} has no files")
    return wrong


async def _allocations(tx: Tx, parts: ServerParts, rows: list[Row]) -> list[str]:
    nodes = {row["uuid"]: row["host"] for row in await tx.all(select(NODES.c.uuid, NODES.c.host))}
    consumers = await parts.placement.consumers(tx)
    wrong = []
    for row in rows:
        held = consumers.get(row["id"], {})
        where = {nodes.get(provider, provider): amounts for provider, amounts in held.items()}
        wanted = {row["host"]: resources_of(row["flavor"])} if row["host"] else {}
        if where != wanted:
            wrong.append(f"server {row['id']} should hold {wanted or 'nothing'} and holds {where or 'nothing'}")
    known = {row["id"] for row in await tx.all(select(SERVERS.c.id))}
    for consumer, held in consumers.items():
        if consumer not in known and any(provider in nodes for provider in held):
            wrong.append(f"{consumer} holds resources of a compute host and is no server")
    return wrong


async def _ports(tx: Tx, parts: ServerParts, rows: list[Row]) -> list[str]:
    found = await parts.network.ports(tx, [row["id"] for row in rows])
    known = {row["id"] for row in await tx.all(select(SERVERS.c.id))}
    lost = sorted(set(await parts.network.devices(tx)) - known)
    return [f"ports were made for {device}, which is no server" for device in lost] + [
        f"port {port.id} of server {row['id']} is bound to {port.host or 'no host'}, the server is on {row['host']}"
        for row in rows
        for port in found.get(row["id"], [])
        if row["vm_state"] != "error" and port.host != row["host"]
    ]
