"""What happens to routers."""

from ipaddress import ip_address, ip_network
from typing import Any

from sqlalchemy import Select, select

from pileus.kernel.api.call import Call
from pileus.kernel.api.errors import BadRequest
from pileus.kernel.auth.caller import Caller
from pileus.kernel.store import Row, Tx
from pileus.kernel.world import World
from pileus.network.addresses.logic import Addresses
from pileus.network.backend.wanted import Kind
from pileus.network.errors import (
    InvalidRoutes,
    NetworkNotFound,
    PortInUse,
    PortNotFound,
    RouterExternalGatewayInUseByFloatingIp,
    RouterInterfaceInUseByFloatingIP,
    RouterInterfaceInUseByRoute,
    RouterInterfaceNotFound,
    RouterInterfaceNotFoundForSubnet,
    RouterInUse,
    SubnetNotFound,
)
from pileus.network.floatingips.table import FLOATINGIPS
from pileus.network.networks import logic as networks
from pileus.network.networks.table import NETWORKS
from pileus.network.plumbing.logic import Changes
from pileus.network.ports import logic as ports
from pileus.network.ports.table import PORTS
from pileus.network.quotas.logic import claim
from pileus.network.routers.table import ROUTERS
from pileus.network.standard.logic import bump, change, new_row
from pileus.network.subnets import logic as subnets
from pileus.network.subnets.table import ADDRESSES, SUBNETS

INTERFACE = "network:router_interface"
GATEWAY = "network:router_gateway"


def visible(who: Caller) -> Select[Any]:
    """The routers that a caller may know of."""
    statement = select(ROUTERS)
    return statement if who.is_admin else statement.where(ROUTERS.c.project_id == who.project_id)


async def complete(tx: Tx, rows: list[Row], zone: str) -> list[Row]:
    """Routers with their gateways' addresses, by one further query."""
    ids = [row["gateway_port_id"] for row in rows if row["gateway_port_id"]]
    by_port: dict[str, list[dict[str, str]]] = {}
    if ids:
        found = select(ADDRESSES).where(ADDRESSES.c.port_id.in_(ids)).order_by(ADDRESSES.c.position)
        for entry in await tx.all(found):
            fixed = {"subnet_id": entry["subnet_id"], "ip_address": entry["ip_address"]}
            by_port.setdefault(entry["port_id"], []).append(fixed)
    for row in rows:
        row["availability_zones"] = [zone]
        row["external_gateway_info"] = None
        if row["gateway_port_id"]:
            row["external_gateway_info"] = {
                "network_id": row["gateway_network_id"],
                "enable_snat": row["enable_snat"],
                "external_fixed_ips": by_port.get(row["gateway_port_id"], []),
            }
    return rows


async def legs(tx: Tx, router_id: str) -> list[Row]:
    """A router's addresses on all its ports, each with its port and subnet."""
    statement = (
        select(
            PORTS.c.id.label("port_id"),
            PORTS.c.device_owner,
            PORTS.c.network_id,
            ADDRESSES.c.ip_address,
            SUBNETS.c.id.label("subnet_id"),
            SUBNETS.c.cidr,
        )
        .select_from(PORTS)
        .join(ADDRESSES, ADDRESSES.c.port_id == PORTS.c.id)
        .join(SUBNETS, SUBNETS.c.id == ADDRESSES.c.subnet_id)
        .where(PORTS.c.device_id == router_id, PORTS.c.device_owner.in_((INTERFACE, GATEWAY)))
    )
    return await tx.all(statement)


class Routers:
    """Makes, changes and removes routers."""

    def __init__(self, world: World, changes: Changes, addresses: Addresses, makes: ports.Ports) -> None:
        self._world = world
        self._changes = changes
        self._addresses = addresses
        self._ports = makes

    async def create(self, call: Call, project_id: str, body: dict[str, Any]) -> Row:
        """Make a router.

        Raises:
            OverQuota, and what its gateway may raise.
        """
        tx = call.tx
        await claim(tx, project_id, "router")
        row = {
            **new_row(self._world, project_id, body),
            "admin_state_up": body["admin_state_up"],
            "status": "ACTIVE",
            "gateway_network_id": None,
            "gateway_port_id": None,
            "enable_snat": True,
            "routes": [],
            "availability_zone_hints": body["availability_zone_hints"],
            "distributed": body["distributed"],
            "ha": body["ha"],
        }
        await tx.insert(ROUTERS, row)
        await self._changes.mark(tx, Kind.ROUTER, row["id"])
        if body.get("external_gateway_info"):
            row = await self._set_gateway(call, row, body["external_gateway_info"])
        return row

    async def update(self, call: Call, row: Row, body: dict[str, Any]) -> Row:
        """Change a router."""
        tx = call.tx
        values = {key: value for key, value in body.items() if key in ROUTERS.c}
        if "external_gateway_info" in body:
            row = await self._set_gateway(call, row, body["external_gateway_info"] or {})
        if "routes" in values:
            values["routes"] = await self._checked_routes(tx, row, values["routes"] or [])
        changed = await change(tx, self._world, ROUTERS, row, values)
        await self._changes.mark(tx, Kind.ROUTER, row["id"])
        return changed

    async def _checked_routes(self, tx: Tx, row: Row, routes: list[dict[str, str]]) -> list[dict[str, str]]:
        ways = await legs(tx, row["id"])
        found = []
        for route in routes:
            entry = {
                "destination": str(ip_network(route["destination"], strict=False)),
                "nexthop": str(ip_address(route["nexthop"])),
            }
            if entry in found:
                raise InvalidRoutes(routes=routes, reason="duplicate routes")
            hop = ip_address(entry["nexthop"])
            if not any(
                ip_network(way["cidr"]).version == hop.version and hop in ip_network(way["cidr"]) for way in ways
            ):
                raise InvalidRoutes(routes=routes, reason="the nexthop is not connected with router")
            if any(way["ip_address"] == entry["nexthop"] for way in ways):
                raise InvalidRoutes(routes=routes, reason="the nexthop is used by router")
            found.append(entry)
        return found

    async def change_routes(self, tx: Tx, row: Row, add: list[Any], remove: list[Any]) -> Row:
        """Add or remove some routes, whatever others there are."""
        gone = [(str(ip_network(r["destination"], strict=False)), str(ip_address(r["nexthop"]))) for r in remove]
        kept = [r for r in row["routes"] if (r["destination"], r["nexthop"]) not in gone]
        fresh = [r for r in await self._checked_routes(tx, row, add) if r not in kept]
        changed = await change(tx, self._world, ROUTERS, row, {"routes": kept + fresh})
        await self._changes.mark(tx, Kind.ROUTER, row["id"])
        return changed

    async def _set_gateway(self, call: Call, row: Row, info: dict[str, Any]) -> Row:
        tx = call.tx
        wanted = info.get("network_id")
        snat = info.get("enable_snat", True)
        asked = info.get("external_fixed_ips")
        old = row["gateway_network_id"]
        if info and not wanted:
            raise BadRequest("Invalid input for external_gateway_info. Reason: network_id is missing.")
        if old and (old != wanted or asked):
            row = await self._clear_gateway(tx, row, keep_floating=old == wanted)
        if wanted and (old != wanted or asked):
            network = await tx.first(networks.visible(call.who).where(NETWORKS.c.id == wanted))
            if network is None:
                raise NetworkNotFound(id=wanted)
            if not network["external"]:
                raise BadRequest(f"Bad router request: Network {wanted} is not an external network.")
            chosen = await self._addresses.choose(tx, wanted, "00:00:00:00:00:00", GATEWAY, asked or None)
            port = await self._ports.insert_own(tx, network, GATEWAY, row["id"], "", chosen)
            row = await change(
                tx,
                self._world,
                ROUTERS,
                row,
                {"gateway_network_id": wanted, "gateway_port_id": port["id"], "enable_snat": snat},
            )
        elif wanted and "enable_snat" in info:
            row = await change(tx, self._world, ROUTERS, row, {"enable_snat": snat})
        await self._changes.mark(tx, Kind.ROUTER, row["id"])
        return row

    async def _clear_gateway(self, tx: Tx, row: Row, *, keep_floating: bool = False) -> Row:
        used = select(FLOATINGIPS.c.id).where(FLOATINGIPS.c.router_id == row["id"])
        if not keep_floating and await tx.first(used.limit(1)):
            raise RouterExternalGatewayInUseByFloatingIp(id=row["id"], network=row["gateway_network_id"])
        port = row["gateway_port_id"]
        none = {"gateway_network_id": None, "gateway_port_id": None, "enable_snat": True}
        row = await change(tx, self._world, ROUTERS, row, none)
        await self._ports.remove(tx, [port])
        return row

    async def delete(self, call: Call, row: Row) -> None:
        """Remove a router.

        Raises:
            RouterInUse: it still has interfaces.
        """
        tx = call.tx
        if any(leg["device_owner"] == INTERFACE for leg in await legs(tx, row["id"])):
            raise RouterInUse(id=row["id"])
        if row["gateway_port_id"]:
            await self._clear_gateway(tx, row)
        await tx.run(ROUTERS.delete().where(ROUTERS.c.id == row["id"]))
        await self._changes.mark(tx, Kind.ROUTER, row["id"])

    async def add_interface(self, call: Call, row: Row, body: dict[str, Any]) -> dict[str, Any]:
        """Join a router with a subnet; what the API answers."""
        if bool(body.get("subnet_id")) == bool(body.get("port_id")):
            both = body.get("subnet_id")
            reason = (
                "Cannot specify both subnet-id and port-id"
                if both
                else ("Either subnet_id or port_id must be specified")
            )
            raise BadRequest(f"Bad router request: {reason}.")
        add = self._add_subnet if body.get("subnet_id") else self._add_port
        port_id, network_id, subnet_ids = await add(call, row, body)
        tx = call.tx
        await bump(tx, self._world.clock.now(), ROUTERS, row["id"])
        await self._changes.mark(tx, Kind.ROUTER, row["id"])
        return _interface(row, port_id, network_id, subnet_ids)

    async def _refuse_overlap(self, tx: Tx, row: Row, added: list[Row]) -> None:
        for leg in await legs(tx, row["id"]):
            for subnet in added:
                if leg["subnet_id"] == subnet["id"]:
                    raise BadRequest(f"Bad router request: Router already has a port on subnet {subnet['id']}.")
                mine, other = ip_network(subnet["cidr"]), ip_network(leg["cidr"])
                if mine.version == other.version and mine.overlaps(other):
                    raise BadRequest(
                        f"Bad router request: Cidr {mine} of subnet {subnet['id']} overlaps with cidr {other} of "
                        f"subnet {leg['subnet_id']}."
                    )

    async def _add_subnet(self, call: Call, row: Row, body: dict[str, Any]) -> tuple[str, str, list[str]]:
        tx = call.tx
        subnet = await tx.first(subnets.visible(call.who).where(SUBNETS.c.id == body["subnet_id"]))
        if subnet is None:
            raise SubnetNotFound(id=body["subnet_id"])
        if subnet["gateway_ip"] is None:
            raise BadRequest("Bad router request: Subnet for router interface must have a gateway IP.")
        await self._refuse_overlap(tx, row, [subnet])
        network = {"id": subnet["network_id"]}
        asked = [{"subnet_id": subnet["id"], "ip_address": subnet["gateway_ip"]}]
        chosen = await self._addresses.choose(tx, network["id"], "00:00:00:00:00:00", INTERFACE, asked)
        port = await self._ports.insert_own(tx, network, INTERFACE, row["id"], row["project_id"], chosen)
        return port["id"], network["id"], [subnet["id"]]

    async def _add_port(self, call: Call, row: Row, body: dict[str, Any]) -> tuple[str, str, list[str]]:
        tx = call.tx
        port = await tx.first(ports.visible(call.who).where(PORTS.c.id == body["port_id"]))
        if port is None:
            raise PortNotFound(id=body["port_id"])
        if port["device_id"]:
            raise PortInUse(id=port["id"], network=port["network_id"], device=port["device_id"])
        joined = select(SUBNETS).join(ADDRESSES, ADDRESSES.c.subnet_id == SUBNETS.c.id)
        on = await tx.all(joined.where(ADDRESSES.c.port_id == port["id"]))
        if not on:
            raise BadRequest("Bad router request: Router port must have at least one fixed IP.")
        if sum(subnet["ip_version"] == 4 for subnet in on) > 1:
            raise BadRequest("Bad router request: Cannot have multiple IPv4 subnets on router port.")
        await self._refuse_overlap(tx, row, on)
        await self._ports.set_groups(tx, port["id"], [])
        values = {"device_id": row["id"], "device_owner": INTERFACE, "port_security_enabled": False}
        await change(tx, self._world, PORTS, port, values)
        await self._changes.mark(tx, Kind.PORT, port["id"])
        return port["id"], port["network_id"], [subnet["id"] for subnet in on]

    async def remove_interface(self, call: Call, row: Row, body: dict[str, Any]) -> dict[str, Any]:
        """Take a router off a subnet; what the API answers."""
        tx = call.tx
        mine = [leg for leg in await legs(tx, row["id"]) if leg["device_owner"] == INTERFACE]
        subnet_id, port_id = body.get("subnet_id"), body.get("port_id")
        if not subnet_id and not port_id:
            raise BadRequest("Bad router request: Either subnet_id or port_id must be specified.")
        found = [
            leg
            for leg in mine
            if (not subnet_id or leg["subnet_id"] == subnet_id) and (not port_id or leg["port_id"] == port_id)
        ]
        if not found:
            if port_id:
                raise RouterInterfaceNotFound(id=row["id"], port=port_id)
            raise RouterInterfaceNotFoundForSubnet(id=row["id"], subnet=subnet_id)
        port_id = found[0]["port_id"]
        gone = [leg for leg in mine if leg["port_id"] == port_id]
        for leg in gone:
            await self._refuse_used(tx, row, leg)
        await self._ports.remove(tx, [port_id])
        await bump(tx, self._world.clock.now(), ROUTERS, row["id"])
        await self._changes.mark(tx, Kind.ROUTER, row["id"])
        return _interface(row, port_id, found[0]["network_id"], [leg["subnet_id"] for leg in gone])

    async def _refuse_used(self, tx: Tx, row: Row, leg: Row) -> None:
        prefix = ip_network(leg["cidr"])
        floating = select(FLOATINGIPS.c.fixed_ip_address).where(FLOATINGIPS.c.router_id == row["id"])
        for entry in await tx.all(floating):
            if ip_address(entry["fixed_ip_address"]) in prefix:
                raise RouterInterfaceInUseByFloatingIP(id=row["id"], subnet=leg["subnet_id"])
        if any(ip_address(route["nexthop"]) in prefix for route in row["routes"]):
            raise RouterInterfaceInUseByRoute(id=row["id"], subnet=leg["subnet_id"])

    async def between(self, tx: Tx, subnet_id: str, external_network_id: str) -> str | None:
        """The router that joins a subnet with an external network."""
        statement = (
            select(ROUTERS.c.id)
            .select_from(PORTS)
            .join(ADDRESSES, ADDRESSES.c.port_id == PORTS.c.id)
            .join(ROUTERS, ROUTERS.c.id == PORTS.c.device_id)
            .where(PORTS.c.device_owner == INTERFACE, ADDRESSES.c.subnet_id == subnet_id)
            .where(ROUTERS.c.gateway_network_id == external_network_id)
        )
        found: str | None = await tx.scalar(statement)
        return found


def _interface(row: Row, port_id: str, network_id: str, subnet_ids: list[str]) -> dict[str, Any]:
    return {
        "id": row["id"],
        "project_id": row["project_id"],
        "tenant_id": row["project_id"],
        "port_id": port_id,
        "network_id": network_id,
        "subnet_id": subnet_ids[0],
        "subnet_ids": subnet_ids,
    }
