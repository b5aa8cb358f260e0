"""Feeling the pulse of the hosts: services, nodes and placement providers follow what the hosts report."""

import asyncio
from collections.abc import Callable, Iterable
from typing import Any

from sqlalchemy import select, update

from pileus.compute.hypervisors.table import NODES
from pileus.compute.servers.around.parts import ServerParts
from pileus.compute.services.table import SERVICES
from pileus.host.agent.errors import AgentError
from pileus.host.agent.protocol import HostReport
from pileus.host.hypervisor.status import Capabilities
from pileus.kernel import log
from pileus.kernel.peers.protocol import PeerError, PeerUnreachable
from pileus.kernel.store import Tx
from pileus.kernel.store.database import retrying
from pileus.placement.service import Inventory

LOG = log.get("compute.hosts")
CPU_RATIO, RAM_RATIO, DISK_RATIO = 4.0, 1.0, 1.0
VERSION = 70
"""What compute services show as their version."""


class Hosts:
    """Asks every known host what it has.

    Args:
        known: names of hosts that belong to this cloud beside those that have a row already.
        reserved_memory_mib: kept for each host itself.
    """

    name = "compute.hosts"
    interval = 10.0
    topics = ("compute.hosts",)

    def __init__(
        self, parts: ServerParts, known: Callable[[], Iterable[str]] = tuple, *, reserved_memory_mib: int = 512
    ) -> None:
        self._parts = parts
        self._known = known
        self._reserved = reserved_memory_mib

    async def converge(self) -> int:
        """Ask every host; how many rows were made or changed beside the pulse."""
        async with self._parts.kernel.store.read() as tx:
            rows = await tx.all(select(SERVICES.c.host).where(SERVICES.c.binary == "nova-compute"))
        hosts = list(dict.fromkeys([*self._known(), *(row["host"] for row in rows)]))
        reports = await asyncio.gather(*(self._ask(host) for host in hosts))
        heard = [(host, report) for host, report in zip(hosts, reports, strict=True) if report is not None]

        async def write(tx: Tx) -> int:
            return sum([await self._write(tx, host, report) for host, report in heard])

        return await retrying(self._parts.kernel.store, write) if heard else 0

    async def _ask(self, host: str) -> HostReport | None:
        try:
            return await self._parts.agents.quick(host).report()
        except (PeerUnreachable, PeerError, AgentError) as error:
            LOG.info("host does not answer", host=host, error=str(error))
            return None

    async def _write(self, tx: Tx, host: str, report: HostReport) -> int:
        world = self._parts.kernel.world
        now = world.clock.now()
        changed = 0
        seen = {"last_seen_at": now, "version": VERSION}
        found = await tx.run(
            update(SERVICES).where(SERVICES.c.host == host, SERVICES.c.binary == "nova-compute").values(**seen)
        )
        if not found:
            row = {"uuid": world.ids.uuid(), "host": host, "binary": "nova-compute", "topic": "compute", **seen}
            await tx.insert(SERVICES, {**row, "disabled": False, "forced_down": False, "created_at": now})
            changed += 1
        wanted = _node(report.capabilities, self._reserved)
        node = await tx.first(select(NODES).where(NODES.c.host == host))
        if node is None:
            provider = world.ids.uuid()
            named = {"uuid": provider, "host": host, "hypervisor_hostname": report.capabilities.hostname}
            await tx.insert(NODES, {**named, **wanted, "host_ip": "127.0.0.1", "created_at": now, "updated_at": now})
            changed += 1
        else:
            provider = node["uuid"]
            if any(node[key] != value for key, value in wanted.items()):
                await tx.run(update(NODES).where(NODES.c.uuid == provider).values(**wanted, updated_at=now))
                changed += 1
        inventories = _inventories(wanted)
        await self._parts.placement.keep_provider(
            tx, provider, report.capabilities.hostname, inventories, traits_of(report.capabilities)
        )
        return changed


def _node(found: Capabilities, reserved: int) -> dict[str, Any]:
    """The columns of a node that follow its report."""
    return {
        "hypervisor_type": {"qemu": "QEMU", "kvm": "QEMU"}.get(found.hypervisor_type.lower(), found.hypervisor_type),
        "hypervisor_version": found.hypervisor_version,
        "vcpus": found.vcpus,
        "memory_mb": found.memory_mib,
        "local_gb": found.disk_gib,
        "disk_available_least": found.disk_gib,
        "reserved_memory_mb": min(reserved, found.memory_mib // 2),
        "cpu_allocation_ratio": CPU_RATIO,
        "ram_allocation_ratio": RAM_RATIO,
        "disk_allocation_ratio": DISK_RATIO,
        "cpu_info": {
            "arch": found.arch,
            "model": found.cpu_model,
            "vendor": found.cpu_vendor,
            "features": list(found.cpu_features),
            "topology": {"sockets": found.cpu_sockets, "cores": found.cpu_cores, "threads": found.cpu_threads},
        },
    }


def _inventories(node: dict[str, Any]) -> dict[str, Inventory]:
    """What placement is told of a node."""
    return {
        "VCPU": Inventory(total=node["vcpus"], max_unit=node["vcpus"], allocation_ratio=CPU_RATIO),
        "MEMORY_MB": Inventory(
            total=node["memory_mb"],
            reserved=node["reserved_memory_mb"],
            max_unit=node["memory_mb"],
            allocation_ratio=RAM_RATIO,
        ),
        "DISK_GB": Inventory(total=node["local_gb"], max_unit=node["local_gb"], allocation_ratio=DISK_RATIO),
    }


def traits_of(found: Capabilities) -> frozenset[str]:
    """The traits of a host."""
    images = {"COMPUTE_IMAGE_TYPE_QCOW2", "COMPUTE_IMAGE_TYPE_RAW"}
    devices = {"COMPUTE_NET_ATTACH_INTERFACE", "COMPUTE_DEVICE_TAGGING"}
    return frozenset({"COMPUTE_NODE", *images, *devices, f"HW_ARCH_{found.arch.upper()}"})
