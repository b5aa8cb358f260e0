"""Console output, screens and diagnostics: what asks a server's host within the request.

These operations open their own transactions, because they wait for a host.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from pileus.compute.console import logic
from pileus.compute.console.schema import ConsoleOutput, RemoteConsole, VncConsole
from pileus.compute.errors import ServerBusy
from pileus.compute.rules import ADMIN, MEMBER_OR_ADMIN, SERVICE_OR_ADMIN
from pileus.compute.servers.access import load_server
from pileus.compute.servers.around.parts import ServerParts
from pileus.compute.versions import CONSOLE_TOKENS_ALL, DIAGNOSTICS_STANDARD, REMOTE_CONSOLES
from pileus.host.agent import errors
from pileus.host.hypervisor.status import Diagnostics
from pileus.kernel.api.call import Call
from pileus.kernel.api.declare import action, get, post, resource
from pileus.kernel.api.errors import BadRequest, Conflict, NotFound, Unavailable
from pileus.kernel.peers.protocol import PeerError, PeerUnreachable
from pileus.kernel.store import Row

MOST_LOG = 1 << 20
"""Bytes of a console's log at the most."""

_MIB = 1 << 20


@contextmanager
def _host_words(server_id: str) -> Iterator[None]:
    """A host's refusal as an answer."""
    try:
        yield
    except (errors.GuestNotFound, errors.GuestWrongState) as error:
        raise Conflict(f"Instance {server_id} is not ready") from error
    except errors.GuestRefused as error:
        raise BadRequest(f"Unavailable console type: {error}") from error
    except (PeerUnreachable, PeerError, errors.AgentError) as error:
        raise Unavailable("The host of the server does not answer.") from error


@resource("/servers", policy="os_compute_api:%s")
class ServerConsoles:
    """Ways to see what a server does."""

    def __init__(self, parts: ServerParts) -> None:
        self._parts = parts

    async def _placed(self, call: Call, id: str) -> Row:
        async with call.store.read() as call.tx:
            row = await load_server(call, id)
        if not row["host"]:
            raise Conflict(f"Instance {id} is not ready")
        return row

    @action(
        "os-getConsoleOutput", body=ConsoleOutput, rule="os-console-output", allow=MEMBER_OR_ADMIN, status=200,
        transaction="none", raises=(Conflict,),
    )  # fmt: skip
    async def output(self, call: Call, id: str, body: dict[str, Any]) -> dict[str, str]:
        """The end of the serial console's log."""
        row = await self._placed(call, id)
        with _host_words(id):
            data = await self._parts.agents.quick(row["host"]).console_log(id, MOST_LOG)
        text = data.decode("utf-8", "replace")
        lines = body.get("length")
        if lines is not None and lines >= 0:
            text = "\n".join(text.splitlines()[-lines:]) if lines else ""
        # control characters make XML and terminals unhappy
        return {"output": "".join(c for c in text if c.isprintable() or c in "\n\r\t\x1b")}

    async def _screen(self, call: Call, id: str, type: str) -> str:
        """The address with which a browser reaches the screen."""
        row = await self._placed(call, id)
        if row["vm_state"] not in {"active", "paused"}:
            raise ServerBusy(verb="get_vnc_console", id=id, attribute="vm_state", value=row["vm_state"])
        with _host_words(id):
            found = await self._parts.agents.quick(row["host"]).screen(id)
        async with call.store.write() as tx:
            token = await logic.issue(tx, call.world, id, type, found.host, found.port)
        root = call.base.removesuffix(call.service.prefix)
        return f"{root}/console/vnc_lite.html?path=%3Ftoken%3D{token}"

    @action(
        "os-getVNCConsole", body=VncConsole, rule="os-remote-consoles", allow=MEMBER_OR_ADMIN, status=200,
        until=REMOTE_CONSOLES, transaction="none", raises=(Conflict, BadRequest),
    )  # fmt: skip
    async def vnc(self, call: Call, id: str, body: dict[str, Any]) -> dict[str, Any]:
        """A screen's address."""
        if body["type"] != "novnc":
            raise BadRequest(f"Unavailable console type {body['type']}.")
        return {"console": {"type": body["type"], "url": await self._screen(call, id, body["type"])}}

    @post(
        "/{id}/remote-consoles", rule="os-remote-consoles", allow=MEMBER_OR_ADMIN, status=200, body=RemoteConsole,
        since=REMOTE_CONSOLES, transaction="none", raises=(Conflict, BadRequest),
    )  # fmt: skip
    async def remote(self, call: Call, id: str, body: dict[str, Any]) -> dict[str, Any]:
        """A console's address."""
        if (body["protocol"], body["type"]) != ("vnc", "novnc"):
            raise BadRequest(f"Unavailable console type {body['type']}.")
        return {"remote_console": {**body, "url": await self._screen(call, id, body["type"])}}

    @get("/{id}/diagnostics", rule="os-server-diagnostics", allow=ADMIN, transaction="none", raises=(Conflict,))
    async def diagnostics(self, call: Call, id: str) -> dict[str, Any]:
        """What the server uses."""
        row = await self._placed(call, id)
        with _host_words(id):
            found = await self._parts.agents.quick(row["host"]).diagnostics(id)
        if call.applies(DIAGNOSTICS_STANDARD):
            return _standard(row, found)
        return _old(found)


@resource("/os-console-auth-tokens", policy="os_compute_api:%s", since=CONSOLE_TOKENS_ALL)
class ConsoleTokens:
    """What a console's token leads to; for the proxy in front of screens."""

    @get("/{token}", rule="os-console-auth-tokens", allow=SERVICE_OR_ADMIN, raises=(NotFound,))
    async def show(self, call: Call, token: str) -> dict[str, Any]:
        """Where a token's screen listens."""
        found = await logic.look_up(call.tx, call.world, token)
        if found is None:
            raise NotFound("Token not found")
        return {
            "console": {
                "instance_uuid": found["server_id"],
                "host": found["host"],
                "port": found["port"],
                "internal_access_path": None,
            }
        }


def _standard(row: Row, found: Diagnostics) -> dict[str, Any]:
    """Diagnostics since 2.48."""
    states = {0: "pending", 1: "running", 3: "paused", 4: "shutdown", 6: "crashed", 7: "suspended"}
    return {
        "state": states[int(found.state)],
        "driver": "libvirt",
        "hypervisor": found.hypervisor,
        "hypervisor_os": "linux",
        "uptime": found.uptime,
        "config_drive": bool(row["config_drive"]),
        "num_cpus": len(found.cpus),
        "num_nics": len(found.nics),
        "num_disks": len(found.disks),
        "memory_details": {"maximum": found.memory_max_mib, "used": found.memory_used_mib},
        "cpu_details": [{"id": cpu.id, "time": cpu.time, "utilisation": None} for cpu in found.cpus],
        "nic_details": [
            {
                "mac_address": nic.mac,
                "rx_octets": nic.rx_bytes, "rx_errors": nic.rx_errors, "rx_drop": nic.rx_dropped,
                "rx_packets": nic.rx_packets, "rx_rate": None,
                "tx_octets": nic.tx_bytes, "tx_errors": nic.tx_errors, "tx_drop": nic.tx_dropped,
                "tx_packets": nic.tx_packets, "tx_rate": None,
            }
            for nic in found.nics
        ],
        "disk_details": [
            {
                "read_bytes": disk.read_bytes, "read_requests": disk.read_requests,
                "write_bytes": disk.write_bytes, "write_requests": disk.write_requests, "errors_count": disk.errors,
            }
            for disk in found.disks
        ],
    }  # fmt: skip


def _old(found: Diagnostics) -> dict[str, Any]:
    """Diagnostics before 2.48: one flat object."""
    flat: dict[str, Any] = {"memory": found.memory_max_mib * 1024, "memory-actual": found.memory_used_mib * 1024}
    for cpu in found.cpus:
        flat[f"cpu{cpu.id}_time"] = cpu.time
    for disk in found.disks:
        flat[f"{disk.target}_read"] = disk.read_bytes
        flat[f"{disk.target}_read_req"] = disk.read_requests
        flat[f"{disk.target}_write"] = disk.write_bytes
        flat[f"{disk.target}_write_req"] = disk.write_requests
        flat[f"{disk.target}_errors"] = disk.errors
    for number, nic in enumerate(found.nics):
        flat[f"vnet{number}_rx"], flat[f"vnet{number}_tx"] = nic.rx_bytes, nic.tx_bytes
    return flat
