"""ips, os-interface and the actions on addresses and security groups."""

from typing import Any

from pileus.compute.errors import ServerBusy, ServerLocked
from pileus.compute.rules import MEMBER_OR_ADMIN, READER_OR_ADMIN
from pileus.compute.security_groups.logic import in_words_of_compute
from pileus.compute.servers.access import check_unlocked, load_server
from pileus.compute.servers.around.parts import ServerParts
from pileus.compute.servers.errors import network_words
from pileus.compute.servers.nics import schema as s
from pileus.compute.servers.states import SERVER
from pileus.compute.servers.viewing.enriching import Enriching
from pileus.compute.servers.viewing.showing import plain_addresses
from pileus.compute.versions import MULTINIC_GONE, TAGS_SHOWN
from pileus.kernel.api.call import Call
from pileus.kernel.api.declare import action, delete, get, post, resource
from pileus.kernel.api.errors import BadRequest, Conflict, NotFound
from pileus.kernel.store import Row
from pileus.network.service import PortRecord, PortRequest

BUSY = (ServerBusy, ServerLocked)


def check_state(server: Row, verb: str) -> None:
    """Raise unless the verb is possible now.

    Raises:
        ServerBusy: it is not.
    """
    if SERVER.allows(server, verb):
        return
    busy = server["task_state"] is not None and server["vm_state"] in SERVER.moves[verb].sources
    attribute = "task_state" if busy else "vm_state"
    raise ServerBusy(verb=verb, id=server["id"], attribute=attribute, value=server[attribute])


@resource("/servers/{id}", policy="%s")
class ServerNics:
    """A server's place in the networks."""

    def __init__(self, parts: ServerParts) -> None:
        self._parts = parts
        self._enriching = Enriching(parts)

    async def load(self, call: Call, id: str) -> Row:
        """The server's row."""
        return await load_server(call, id)

    async def _ports(self, call: Call, server: Row) -> list[PortRecord]:
        return (await self._parts.network.ports(call.tx, [server["id"]])).get(server["id"], [])

    @get("/ips", rule="os_compute_api:ips:index", allow=READER_OR_ADMIN)
    async def ips(self, call: Call, server: Row) -> dict[str, Any]:
        """Addresses by network."""
        await self._enriching.ports(call, [server])
        return {"addresses": plain_addresses(server)}

    @get("/ips/{network}", rule="os_compute_api:ips:show", allow=READER_OR_ADMIN, raises=(NotFound,))
    async def ips_of(self, call: Call, server: Row, network: str) -> dict[str, Any]:
        """Addresses in one network, by its name."""
        await self._enriching.ports(call, [server])
        found = plain_addresses(server)
        if network not in found:
            raise NotFound("Instance is not a member of specified network")
        return {network: found[network]}

    @get("/os-interface", rule="os_compute_api:os-attach-interfaces:list", allow=READER_OR_ADMIN)
    async def interfaces(self, call: Call, server: Row) -> dict[str, Any]:
        """List nics."""
        return {"interfaceAttachments": [_shown(call, port) for port in await self._ports(call, server)]}

    @get(
        "/os-interface/{port}",
        rule="os_compute_api:os-attach-interfaces:show",
        allow=READER_OR_ADMIN,
        raises=(NotFound,),
    )
    async def interface(self, call: Call, server: Row, port: str) -> dict[str, Any]:
        """Show a nic."""
        return {"interfaceAttachment": _shown(call, await self._port(call, server, port))}

    async def _port(self, call: Call, server: Row, id: str) -> PortRecord:
        for port in await self._ports(call, server):
            if port.id == id:
                return port
        raise NotFound(f"Instance {server['id']} does not have a port with id {id}")

    @post(
        "/os-interface",
        rule="os_compute_api:os-attach-interfaces:create",
        allow=MEMBER_OR_ADMIN,
        status=200,
        body=s.NewNic,
        raises=(*BUSY, BadRequest),
    )
    async def attach(self, call: Call, server: Row, body: dict[str, Any]) -> dict[str, Any]:
        """Plug a nic."""
        check_unlocked(call, server)
        check_state(server, "attach_interface")
        network, port = body.get("net_id", ""), body.get("port_id", "")
        address = body["fixed_ips"][0]["ip_address"] if "fixed_ips" in body else ""
        if network and port:
            raise BadRequest("Must not input both network_id and port_id")
        if address and not network:
            raise BadRequest("Must input network_id when request IP address")
        with network_words():
            if not network and not port:
                network = next(iter(await self._parts.network.choose_networks(call.tx, call.who)), "")
                if not network:
                    raise BadRequest("No suitable network was found to attach.")
            wanted = PortRequest(network_id=network, port_id=port, fixed_ip=address, tag=body.get("tag", ""))
            zone = server["zone"] or self._parts.near.default_zone
            [made] = await self._parts.network.claim_ports(call.tx, call.who, server["id"], zone, [wanted])
        await self._begin(call, server, "server.attach_interface", made.id)
        return {"interfaceAttachment": _shown(call, made)}

    @delete(
        "/os-interface/{port}",
        rule="os_compute_api:os-attach-interfaces:delete",
        allow=MEMBER_OR_ADMIN,
        status=202,
        raises=(*BUSY, NotFound),
    )
    async def detach(self, call: Call, server: Row, port: str) -> None:
        """Unplug a nic."""
        check_unlocked(call, server)
        check_state(server, "detach_interface")
        await self._begin(call, server, "server.detach_interface", (await self._port(call, server, port)).id)

    async def _begin(self, call: Call, server: Row, kind: str, port: str) -> None:
        await self._parts.kernel.engine.begin(
            call.tx,
            kind,
            resource_type="server",
            resource_id=server["id"],
            input={"port": port},
            request_id=call.request_id,
            project_id=server["project_id"],
            user_id=call.who.user_id,
        )


@resource("/servers", policy="%s")
class ServerNicActions:
    """Actions on addresses and security groups."""

    def __init__(self, parts: ServerParts) -> None:
        self._parts = parts

    async def load(self, call: Call, id: str) -> Row:
        """The server's row."""
        return await load_server(call, id)

    @action(
        "addFixedIp",
        body=s.AddFixedIp,
        rule="os_compute_api:os-multinic:add",
        allow=MEMBER_OR_ADMIN,
        until=MULTINIC_GONE,
    )
    async def add_fixed_ip(self, call: Call, server: Row, body: dict[str, Any]) -> None:
        """Give the server one more address in a network that it is in."""
        check_unlocked(call, server)
        with network_words():
            await self._parts.network.change_fixed_ip(call.tx, call.who, server["id"], network_id=body["networkId"])

    @action(
        "removeFixedIp",
        body=s.RemoveFixedIp,
        rule="os_compute_api:os-multinic:remove",
        allow=MEMBER_OR_ADMIN,
        until=MULTINIC_GONE,
    )
    async def remove_fixed_ip(self, call: Call, server: Row, body: dict[str, Any]) -> None:
        """Take an address away."""
        check_unlocked(call, server)
        with network_words():
            await self._parts.network.change_fixed_ip(call.tx, call.who, server["id"], remove=body["address"])

    @action(
        "addFloatingIp",
        body=s.AddFloatingIp,
        rule="os_compute_api:os-floating-ips:add",
        allow=MEMBER_OR_ADMIN,
        until=MULTINIC_GONE,
        raises=(BadRequest, NotFound),
    )
    async def add_floating_ip(self, call: Call, server: Row, body: dict[str, Any]) -> None:
        """Lead a floating IP to the server: to the address that is named, or to its first of version 4."""
        wanted = body.get("fixed_address")
        ports = (await self._parts.network.ports(call.tx, [server["id"]])).get(server["id"], [])
        own = [(port, a.address) for port in ports for a in port.addresses if a.version == 4 and not a.floating]
        chosen = [(port, address) for port, address in own if wanted in {None, address}]
        if not chosen:
            what = (
                "No fixed IPs associated to instance" if not own else "Specified fixed address not assigned to instance"
            )
            raise BadRequest(what)
        port, address = chosen[0]
        proxied = self._parts.network.proxied
        if all(record.address != body["address"] for record in await proxied.floating_ips(call.tx, call.who)):
            raise NotFound("floating IP not found")
        with in_words_of_compute():
            await proxied.lead_floating_ip(call, body["address"], port.id, address)

    @action(
        "removeFloatingIp",
        body=s.RemoveFloatingIp,
        rule="os_compute_api:os-floating-ips:remove",
        allow=MEMBER_OR_ADMIN,
        until=MULTINIC_GONE,
        raises=(NotFound, Conflict),
    )
    async def remove_floating_ip(self, call: Call, server: Row, body: dict[str, Any]) -> None:
        """Lead a floating IP of the server nowhere."""
        address, proxied = body["address"], self._parts.network.proxied
        found = [r for r in await proxied.floating_ips(call.tx, call.who) if r.address == address]
        if not found:
            raise NotFound(f"Floating IP not found for address {address}.")
        if found[0].device_id != server["id"]:
            raise Conflict(f"Floating IP {address} is not associated with instance {server['id']}.")
        await proxied.lead_floating_ip(call, address, "", "")

    @action(
        "addSecurityGroup",
        body=s.AddSecurityGroup,
        rule="os_compute_api:os-security-groups:add",
        allow=MEMBER_OR_ADMIN,
        raises=(NotFound,),
    )
    async def add_group(self, call: Call, server: Row, body: dict[str, Any]) -> None:
        """Put a security group on all nics."""
        await self._parts.network.change_groups(call.tx, call.who, server["id"], add=body["name"])

    @action(
        "removeSecurityGroup",
        body=s.RemoveSecurityGroup,
        rule="os_compute_api:os-security-groups:remove",
        allow=MEMBER_OR_ADMIN,
        raises=(NotFound,),
    )
    async def remove_group(self, call: Call, server: Row, body: dict[str, Any]) -> None:
        """Take a security group off all nics."""
        await self._parts.network.change_groups(call.tx, call.who, server["id"], remove=body["name"])


def _shown(call: Call, port: PortRecord) -> dict[str, Any]:
    made: dict[str, Any] = {
        "port_state": port.status,
        "fixed_ips": [{"subnet_id": a.subnet_id, "ip_address": a.address} for a in port.addresses if not a.floating],
        "port_id": port.id,
        "net_id": port.network_id,
        "mac_addr": port.mac,
    }
    if call.applies(TAGS_SHOWN):
        made["tag"] = port.tag or None
    return made
