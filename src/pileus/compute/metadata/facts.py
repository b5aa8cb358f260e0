"""Collecting what a guest is told about itself."""

from sqlalchemy import select

from pileus.compute.metadata.content import ServerFacts
from pileus.compute.servers.table import SERVER_EXTRAS
from pileus.kernel.store import Row, Tx
from pileus.network.service import Network


async def facts_of(tx: Tx, network: Network, row: Row) -> ServerFacts:
    """Everything that a server's metadata is made of; a handful of queries."""
    extras = await tx.first(select(SERVER_EXTRAS).where(SERVER_EXTRAS.c.id == row["id"]))
    assert extras is not None, "a server's extras are inserted with it"
    ports = (await network.ports(tx, [row["id"]])).get(row["id"], [])
    networks = list(dict.fromkeys(port.network_id for port in ports))
    group_ids = list(dict.fromkeys(g for port in ports for g in port.security_groups))
    return ServerFacts(
        server=row,
        user_data=extras["user_data"] or "",
        key=extras["key"],
        password=extras["password"],
        ports=tuple(ports),
        subnets=await network.subnets(tx, networks) if networks else {},
        groups=tuple((await network.security_group_names(tx, group_ids)).values()) if group_ids else (),
    )
