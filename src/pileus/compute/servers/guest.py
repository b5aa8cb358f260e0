"""From a server's row to what its host needs to know of it."""

from typing import Any

from sqlalchemy import select

from pileus.compute.metadata.content import ServerFacts, config_drive_files
from pileus.compute.metadata.facts import facts_of
from pileus.compute.servers.around.parts import ServerParts
from pileus.compute.servers.table import SERVERS
from pileus.compute.servers.viewing.showing import domain_name, stamp
from pileus.host.agent.protocol import Guest, ImageSource
from pileus.host.hypervisor.spec import Labels, Nic
from pileus.kernel.operations import StepFailed
from pileus.kernel.store import Row, Tx
from pileus.network.service import PortRecord


def nic_of(port: PortRecord) -> Nic:
    """A port as the hypervisor plugs it."""
    return Nic(port_id=port.id, mac=port.mac, mtu=port.mtu or None, tag=port.tag)


def image_of(record: dict[str, Any]) -> ImageSource | None:
    """The image that the root disk starts from."""
    if not record.get("id"):
        return None
    return ImageSource(
        id=record["id"],
        size=record.get("size", 0),
        format=record.get("disk_format", "raw"),
        algorithm=record.get("os_hash_algo", ""),
        digest=record.get("checksum", ""),
    )


def guest_of(row: Row, facts: ServerFacts) -> Guest:
    """Everything that a host needs to know."""
    flavor = row["flavor"]
    image = row["image"]
    properties = {k: str(v) for k, v in image.get("properties", {}).items() if k.startswith(("hw_", "os_", "img_"))}
    return Guest(
        id=row["id"],
        name=domain_name(row["number"]),
        vcpus=row["vcpus"],
        memory_mib=row["memory_mib"],
        root_gib=row["root_gib"],
        ephemeral_gib=flavor["ephemeral"],
        swap_mib=flavor["swap"],
        image=image_of(image),
        nics=tuple(nic_of(port) for port in facts.ports),
        config_drive=config_drive_files(facts) if row["config_drive"] else None,
        properties=properties,
        labels=Labels(
            name=row["name"],
            flavor=flavor["name"],
            created_at=stamp(row["created_at"]) or "",
            user_id=row["user_id"],
            project_id=row["project_id"],
            image_id=row["image_id"] or "",
            disk_gib=row["root_gib"],
            swap_mib=flavor["swap"],
            ephemeral_gib=flavor["ephemeral"],
        ),
    )


async def read_row(tx: Tx, server_id: str) -> Row:
    """A server's row, within an operation.

    Raises:
        StepFailed: it is gone.
    """
    row = await tx.first(select(SERVERS).where(SERVERS.c.id == server_id))
    if row is None:
        raise StepFailed(f"Instance {server_id} could not be found.", code=404)
    return row


async def read_guest(parts: ServerParts, server_id: str) -> tuple[Row, Guest]:
    """A server's row and what its host needs to know of it, in a transaction of its own."""
    async with parts.kernel.store.read() as tx:
        row = await read_row(tx, server_id)
        return row, guest_of(row, await facts_of(tx, parts.network, row))
