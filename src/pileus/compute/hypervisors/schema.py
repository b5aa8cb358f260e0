"""Hypervisors on the wire, as each microversion has them."""

import json
from collections.abc import Mapping
from typing import Any

from pileus.compute.aggregates.schema import HOST
from pileus.compute.services.schema import identifier
from pileus.compute.versions import (
    COMPUTE,
    CPU_INFO_OBJECT,
    HYPERVISOR_PAGES,
    NO_HYPERVISOR_FIGURES,
    STRICT_FORMS,
    UUIDS_FOR_SERVICES,
)
from pileus.kernel.api import fields as f
from pileus.kernel.api.schema import Schema


def _service(row: Mapping[str, Any], call: Any) -> dict[str, Any]:
    service = row["service"]
    return {
        "id": identifier(service, call),
        "host": service["host"],
        "disabled_reason": service["disabled_reason"],
    }


def _cpu(row: Mapping[str, Any], call: Any) -> Any:
    return row["cpu_info"] if call.applies(CPU_INFO_OBJECT) else json.dumps(row["cpu_info"])


def _servers(row: Mapping[str, Any], call: Any) -> Any:
    """Until 2.75 a host without servers had no such attribute at all."""
    if "servers" not in row or not (row["servers"] or call.applies(STRICT_FORMS)):
        return f.UNSET
    return row["servers"]


def _status(row: Mapping[str, Any], _call: Any) -> str:
    return "disabled" if row["service"]["disabled"] else "enabled"


class HypervisorName(Schema, key="hypervisor", history=COMPUTE):
    """A hypervisor in a list without details."""

    id = f.anything("A number, or a UUID.", read_only=True, show=identifier)
    hypervisor_hostname = f.text("What it calls itself.", read_only=True)
    state = f.text("up or down.", read_only=True, show=lambda row, _call: "up" if row["up"] else "down")
    status = f.text("enabled or disabled.", read_only=True, show=_status)
    servers = f.array(f.anything("Name and uuid."), "What runs there, if asked for.", read_only=True, show=_servers)


class HypervisorUptime(HypervisorName):
    """A hypervisor with how long it has been up."""

    uptime = f.text("As uptime(1) writes it.", read_only=True)


_FIGURE: Any = {"read_only": True, "until": NO_HYPERVISOR_FIGURES}


class Hypervisor(HypervisorName):
    """What servers run on."""

    hypervisor_type = f.text("Of which kind.", read_only=True)
    hypervisor_version = f.integer("As a number.", read_only=True)
    host_ip = f.text("Where other hosts reach it.", read_only=True)
    service = f.anything("The service that speaks for it.", read_only=True, show=_service)
    uptime = f.text("As uptime(1) writes it.", read_only=True, since=NO_HYPERVISOR_FIGURES)
    cpu_info = f.anything("Its processors.", show=_cpu, **_FIGURE)
    vcpus = f.integer("Processors.", **_FIGURE)
    vcpus_used = f.integer("Processors of servers.", **_FIGURE)
    memory_mb = f.integer("MiB.", **_FIGURE)
    memory_mb_used = f.integer("MiB, what the host keeps included.", **_FIGURE)
    free_ram_mb = f.integer("MiB.", **_FIGURE)
    local_gb = f.integer("GiB.", **_FIGURE)
    local_gb_used = f.integer("GiB.", **_FIGURE)
    free_disk_gb = f.integer("GiB.", **_FIGURE)
    disk_available_least = f.integer("GiB that are free now.", **_FIGURE)
    current_workload = f.integer("Always 0.", **_FIGURE)
    running_vms = f.integer("Servers.", **_FIGURE)


class HypervisorQuery(Schema, history=COMPUTE, extra="ignore", strict_since=UUIDS_FOR_SERVICES):
    """How hypervisors can be listed."""

    limit = f.integer("Entries at the most.", least=0, since=HYPERVISOR_PAGES)
    marker = f.text("The last entry of the page before.", since=HYPERVISOR_PAGES)
    hypervisor_hostname_pattern = f.text("Part of the name.", least=1, pattern=HOST, since=UUIDS_FOR_SERVICES)
    with_servers = f.boolean("Whether to show what runs there.", since=UUIDS_FOR_SERVICES)


class WithServers(Schema, history=COMPUTE, extra="ignore", strict_since=UUIDS_FOR_SERVICES):
    """How one hypervisor can be shown."""

    with_servers = f.boolean("Whether to show what runs there.", since=UUIDS_FOR_SERVICES)
