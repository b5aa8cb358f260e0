"""What happens to floating IPs."""

from ipaddress import ip_address
from typing import Any

from sqlalchemy import Select, select

from pileus.kernel.api.call import Call
from pileus.kernel.api.errors import BadRequest
from pileus.kernel.auth.caller import Caller
from pileus.kernel.store import DuplicateRow, Row, Tx
from pileus.kernel.world import World
from pileus.network.addresses.logic import Addresses, Taken, free_address
from pileus.network.backend.wanted import Kind
from pileus.network.errors import (
    ExternalGatewayForFloatingIPNotFound,
    ExternalIpAddressExhausted,
    FloatingIPPortAlreadyAssociated,
    NetworkNotFound,
    PortNotFound,
)
from pileus.network.floatingips.table import FLOATINGIPS
from pileus.network.networks import logic as networks
from pileus.network.networks.table import NETWORKS
from pileus.network.plumbing.logic import Changes
from pileus.network.ports import logic as ports
from pileus.network.ports.table import PORTS
from pileus.network.quotas.logic import claim
from pileus.network.routers.logic import Routers
from pileus.network.standard.logic import change, new_row
from pileus.network.subnets.table import ADDRESSES

_NONE = {"fixed_port_id": None, "fixed_ip_address": None, "router_id": None, "status": "DOWN"}
_DETAILS = ("name", "network_id", "mac_address", "admin_state_up", "status", "device_id", "device_owner")


def visible(who: Caller) -> Select[Any]:
    """The floating IPs that a caller may know of."""
    statement = select(FLOATINGIPS)
    return statement if who.is_admin else statement.where(FLOATINGIPS.c.project_id == who.project_id)


async def complete(tx: Tx, rows: list[Row]) -> list[Row]:
    """Floating IPs with details of their ports, by one further query."""
    ids = [row["fixed_port_id"] for row in rows if row["fixed_port_id"]]
    known: dict[str, Row] = {}
    if ids:
        wanted = [PORTS.c[name] for name in _DETAILS]
        found = await tx.all(select(PORTS.c.id, *wanted).where(PORTS.c.id.in_(ids)))
        known = {port.pop("id"): port for port in found}
    for row in rows:
        row["port_details"] = known.get(row["fixed_port_id"])
    return rows


class FloatingIPs:
    """Makes, changes and removes floating IPs."""

    def __init__(
        self, world: World, changes: Changes, addresses: Addresses, makes: ports.Ports, routers: Routers
    ) -> None:
        self._world = world
        self._changes = changes
        self._addresses = addresses
        self._ports = makes
        self._routers = routers

    async def create(self, call: Call, project_id: str, body: dict[str, Any]) -> Row:
        """Make a floating IP.

        Raises:
            OverQuota, ExternalIpAddressExhausted, NetworkNotFound and what an association may raise.
        """
        tx = call.tx
        network_id = body["floating_network_id"]
        network = await tx.first(networks.visible(call.who).where(NETWORKS.c.id == network_id))
        if network is None:
            raise NetworkNotFound(id=network_id)
        if not network["external"]:
            raise BadRequest(f"Bad floatingip request: Network {network_id} is not a valid external network.")
        await claim(tx, project_id, "floatingip")
        taken = await self._choose(tx, network_id, body)
        row = new_row(self._world, project_id, body)
        port = await self._ports.insert_own(tx, network, "network:floatingip", row["id"], "", [taken])
        row |= {
            "floating_network_id": network_id,
            "floating_ip_address": taken.address,
            "floating_port_id": port["id"],
            "dns_name": body["dns_name"],
            "dns_domain": body["dns_domain"],
            **_NONE,
        }
        if body.get("port_id"):
            row |= await self._way(call, row, project_id, body["port_id"], body.get("fixed_ip_address"))
        elif body.get("fixed_ip_address"):
            raise BadRequest("Bad floatingip request: fixed_ip_address cannot be specified without a port_id.")
        await tx.insert(FLOATINGIPS, row)
        await self._changes.mark(tx, Kind.FLOATING_IP, row["id"])
        return row

    async def _choose(self, tx: Tx, network_id: str, body: dict[str, Any]) -> Taken:
        if body.get("floating_ip_address"):
            if ip_address(body["floating_ip_address"]).version != 4:
                raise BadRequest("Bad floatingip request: only IPv4 addresses float.")
            asked = {"ip_address": body["floating_ip_address"]}
            if body.get("subnet_id"):
                asked["subnet_id"] = body["subnet_id"]
            return (await self._addresses.choose(tx, network_id, "", "network:floatingip", [asked]))[0]
        subnets = await self._addresses.subnets(tx, network_id)
        usable = [s for s in subnets if s["ip_version"] == 4 and body.get("subnet_id") in {None, s["id"]}]
        named = [s for s in usable if "network:floatingip" in s["service_types"]]
        for subnet in named or [s for s in usable if not s["service_types"]]:
            address = await free_address(tx, subnet, self._world.ids)
            if address is not None:
                return Taken(subnet["id"], address)
        raise ExternalIpAddressExhausted(network=network_id)

    async def _way(self, call: Call, row: Row, project_id: str, port_id: str, fixed: str | None) -> dict[str, Any]:
        """What an association writes into the row: the port, its address and the router in between."""
        tx = call.tx
        port = await tx.first(ports.visible(call.who).where(PORTS.c.id == port_id))
        if port is None or (
            port["project_id"] not in {project_id, ""}
            and not call.who.is_admin
            and port["network:project_id"] != call.who.project_id
        ):
            raise PortNotFound(id=port_id)
        held = await tx.all(select(ADDRESSES).where(ADDRESSES.c.port_id == port_id).order_by(ADDRESSES.c.position))
        usable = [entry for entry in held if ip_address(entry["ip_address"]).version == 4]
        if fixed is not None:
            usable = [entry for entry in usable if entry["ip_address"] == str(ip_address(fixed))]
            if not usable:
                raise BadRequest(f"Bad floatingip request: Port {port_id} does not have fixed ip {fixed}.")
        if not usable:
            raise BadRequest(
                f"Bad floatingip request: Cannot add floating IP to port {port_id} that has no fixed IPv4 addresses."
            )
        if len(usable) > 1:
            raise BadRequest(
                f"Bad floatingip request: Port {port_id} has multiple fixed IPv4 addresses.  Must provide a specific "
                "IPv4 address when assigning a floating IP."
            )
        entry = usable[0]
        network_id = row["floating_network_id"]
        router = await self._routers.between(tx, entry["subnet_id"], network_id)
        if router is None:
            raise ExternalGatewayForFloatingIPNotFound(network=network_id, subnet=entry["subnet_id"], port=port_id)
        other = select(FLOATINGIPS.c.id).where(
            FLOATINGIPS.c.floating_network_id == network_id,
            FLOATINGIPS.c.fixed_port_id == port_id,
            FLOATINGIPS.c.fixed_ip_address == entry["ip_address"],
            FLOATINGIPS.c.id != row["id"],
        )
        if await tx.first(other):
            raise FloatingIPPortAlreadyAssociated(
                address=row["floating_ip_address"],
                id=row["id"],
                port=port_id,
                fixed=entry["ip_address"],
                network=network_id,
            )
        return {
            "fixed_port_id": port_id,
            "fixed_ip_address": entry["ip_address"],
            "router_id": router,
            "status": "DOWN",
        }

    async def update(self, call: Call, row: Row, body: dict[str, Any]) -> Row:
        """Change a floating IP: lead it elsewhere, or nowhere."""
        values = {key: body[key] for key in ("description",) if key in body}
        if "port_id" in body or "fixed_ip_address" in body:
            port_id = body.get("port_id", row["fixed_port_id"] if body.get("fixed_ip_address") else None)
            if port_id:
                way = await self._way(call, row, row["project_id"], port_id, body.get("fixed_ip_address"))
                same = way["fixed_port_id"] == row["fixed_port_id"] and (
                    way["fixed_ip_address"] == row["fixed_ip_address"]
                )
                values |= {**way, "status": row["status"]} if same else way
            else:
                values |= _NONE
        try:
            changed = await change(call.tx, self._world, FLOATINGIPS, row, values)
        except DuplicateRow:
            raise FloatingIPPortAlreadyAssociated(
                address=row["floating_ip_address"],
                id=row["id"],
                port=values["fixed_port_id"],
                fixed=values["fixed_ip_address"],
                network=row["floating_network_id"],
            ) from None
        await self._changes.mark(call.tx, Kind.FLOATING_IP, row["id"])
        return changed

    async def delete(self, tx: Tx, row: Row) -> None:
        """Remove a floating IP, and the port that held its address."""
        await tx.run(FLOATINGIPS.delete().where(FLOATINGIPS.c.id == row["id"]))
        await self._ports.remove(tx, [row["floating_port_id"]])
        await self._changes.mark(tx, Kind.FLOATING_IP, row["id"])
