"""What happens to subnets."""

import itertools
from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network
from typing import Any

from sqlalchemy import Select, or_, select

from pileus.kernel.api.call import Call
from pileus.kernel.api.errors import BadRequest
from pileus.kernel.auth.caller import Caller
from pileus.kernel.store import Row, Tx
from pileus.kernel.world import World
from pileus.network.addresses.logic import ROUTER_OWNERS, Addresses, Taken, eui64, is_automatic, within
from pileus.network.backend.wanted import Kind
from pileus.network.errors import (
    GatewayConflictWithAllocationPools,
    GatewayIpInUse,
    InvalidAllocationPool,
    InvalidInput,
    OutOfBoundsAllocationPool,
    OverlappingAllocationPools,
    SubnetInUse,
)
from pileus.network.networks.logic import OWN_PORTS, shared_with
from pileus.network.networks.table import NETWORKS
from pileus.network.plumbing.logic import Changes
from pileus.network.ports.logic import Ports
from pileus.network.ports.table import PORTS
from pileus.network.quotas.logic import claim
from pileus.network.routers.table import ROUTERS
from pileus.network.standard.logic import bump, change, new_row
from pileus.network.subnetpools.logic import cut
from pileus.network.subnets.table import ADDRESSES, SUBNETS

Prefix = IPv4Network | IPv6Network

MOST_DNS_SERVERS = 5
MOST_HOST_ROUTES = 20


def visible(who: Caller) -> Select[Any]:
    """The subnets that a caller may know of: its own, and those on networks of its own or shared with it."""
    statement = select(
        SUBNETS, NETWORKS.c.project_id.label("network:project_id"), NETWORKS.c.external.label("router:external")
    ).join(NETWORKS, SUBNETS.c.network_id == NETWORKS.c.id)
    if who.is_admin:
        return statement
    mine = (SUBNETS.c.project_id == who.project_id, NETWORKS.c.project_id == who.project_id, shared_with(who))
    return statement.where(or_(*mine))


def parse_cidr(text: str) -> Prefix:
    """A prefix without host bits.

    Raises:
        BadRequest: it is none; the words recommend the one that was probably meant.
    """
    try:
        return ip_network(text)
    except ValueError:
        try:
            near = ip_network(text, strict=False)
        except ValueError:
            raise BadRequest(f"Invalid input for cidr. Reason: '{text}' is not a valid IP subnet.") from None
        raise BadRequest(
            f"Invalid input for cidr. Reason: '{text}' isn't a recognized IP subnet cidr, '{near}' is recommended."
        ) from None


def default_pools(prefix: Prefix, gateway: str | None) -> list[dict[str, str]]:
    """All addresses of a prefix but the gateway, as one or two ranges."""
    first, last = int(prefix.network_address), int(prefix.broadcast_address)
    if prefix.version == 4 and prefix.prefixlen < 31:
        first, last = first + 1, last - 1
    elif prefix.version == 6 and prefix.prefixlen < 127:
        first += 1
    kind = type(prefix.network_address)
    ranges = [(first, last)]
    if gateway is not None and ip_address(gateway) in prefix:
        at = int(ip_address(gateway))
        ranges = [(low, high) for low, high in ((first, at - 1), (at + 1, last)) if low <= high]
    return [{"start": str(kind(low)), "end": str(kind(high))} for low, high in ranges]


def check_pools(prefix: Prefix, pools: list[dict[str, str]], gateway: str | None) -> list[dict[str, str]]:
    """The pools in canonical form.

    Raises:
        InvalidAllocationPool, OutOfBoundsAllocationPool, OverlappingAllocationPools,
        GatewayConflictWithAllocationPools.
    """
    parsed = []
    for pool in pools:
        start, end = ip_address(pool["start"]), ip_address(pool["end"])
        text = f"{start}-{end}"
        if start.version != prefix.version or end.version != prefix.version or int(end) < int(start):
            raise InvalidAllocationPool(pool=text)
        if not within(prefix, str(start)) or not within(prefix, str(end)):
            raise OutOfBoundsAllocationPool(pool=text, cidr=prefix)
        parsed.append((int(start), int(end), text))
    parsed.sort()
    for (_, end_1, text_1), (start_2, _, text_2) in itertools.pairwise(parsed):
        if start_2 <= end_1:
            raise OverlappingAllocationPools(pool_1=text_1, pool_2=text_2, cidr=prefix)
    if gateway is not None:
        at = int(ip_address(gateway))
        for low, high, text in parsed:
            if ip_address(gateway).version == prefix.version and low <= at <= high:
                raise GatewayConflictWithAllocationPools(ip=gateway, pool=text)
    return [{"start": text.split("-")[0], "end": text.split("-")[1]} for _, _, text in parsed]


def _check_modes(body: dict[str, Any], prefix: Prefix) -> None:
    ra, mode = body.get("ipv6_ra_mode"), body.get("ipv6_address_mode")
    if not ra and not mode:
        return
    if prefix.version == 4:
        raise InvalidInput("ipv6_ra_mode and ipv6_address_mode are not valid when ip_version is 4")
    if not body["enable_dhcp"]:
        raise InvalidInput("ipv6_ra_mode or ipv6_address_mode cannot be set when enable_dhcp is set to False")
    if ra and mode and ra != mode:
        raise InvalidInput(
            f"ipv6_ra_mode set to '{ra}' with ipv6_address_mode set to '{mode}' is not valid. If both attributes are "
            "set, they must be the same value"
        )
    if "dhcpv6-stateful" not in {ra, mode} and prefix.prefixlen != 64:
        raise InvalidInput(
            f"Invalid CIDR {prefix} for IPv6 address mode. OpenStack uses the EUI-64 address format, which requires "
            "the prefix to be /64"
        )


def _check_told(body: dict[str, Any], version: int) -> None:
    """What guests are told: resolvers and routes."""
    if len(body.get("dns_nameservers") or ()) > MOST_DNS_SERVERS:
        raise BadRequest("The number of DNS nameservers exceeds the limit 5.")
    if len(body.get("host_routes") or ()) > MOST_HOST_ROUTES:
        raise BadRequest("The number of host routes exceeds the limit 20.")
    for server in body.get("dns_nameservers") or ():
        if ip_address(server).version != version and version == 4:
            raise InvalidInput(f"dns_nameserver '{server}' does not match the ip_version '{version}'")
    for route in body.get("host_routes") or ():
        if ip_network(route["destination"], strict=False).version != version or (
            ip_address(route["nexthop"]).version != version
        ):
            raise InvalidInput(f"host route {route['destination']} does not match the ip_version '{version}'")


class Subnets:
    """Makes, changes and removes subnets."""

    def __init__(self, world: World, changes: Changes, addresses: Addresses, ports: Ports) -> None:
        self._world = world
        self._changes = changes
        self._addresses = addresses
        self._ports = ports

    async def _prefix(self, call: Call, project_id: str, body: dict[str, Any]) -> tuple[Prefix, str | None]:
        pooled = body.get("subnetpool_id") or body.get("use_default_subnetpool")
        if pooled:
            return await cut(call, project_id, body)
        if body.get("cidr") is None:
            raise BadRequest("Bad subnets request: a subnetpool must be specified in the absence of a cidr.")
        prefix = parse_cidr(body["cidr"])
        if body.get("ip_version") is not None and body["ip_version"] != prefix.version:
            raise InvalidInput(f"cidr '{prefix}' does not match the ip_version '{body['ip_version']}'")
        if prefix.prefixlen == 0:
            raise InvalidInput("0 is not allowed as CIDR prefix length")
        return prefix, None

    async def create(self, call: Call, project_id: str, network: Row, body: dict[str, Any]) -> Row:
        """Make a subnet.

        Raises:
            OverQuota, InvalidInput and what the pools may raise.
        """
        tx = call.tx
        await claim(tx, project_id, "subnet")
        prefix, pool_id = await self._prefix(call, project_id, body)
        _check_modes(body, prefix)
        _check_told(body, prefix.version)
        await self._refuse_overlap(tx, network["id"], prefix)
        gateway = _gateway(prefix, body)
        pools = body.get("allocation_pools")
        row = {
            **new_row(self._world, project_id, body),
            "network_id": network["id"],
            "ip_version": prefix.version,
            "cidr": str(prefix),
            "gateway_ip": gateway,
            "enable_dhcp": body["enable_dhcp"],
            "ipv6_ra_mode": body.get("ipv6_ra_mode"),
            "ipv6_address_mode": body.get("ipv6_address_mode"),
            "subnetpool_id": pool_id,
            "allocation_pools": default_pools(prefix, gateway)
            if pools is None
            else check_pools(prefix, pools, gateway),
            "dns_nameservers": body["dns_nameservers"],
            "host_routes": body["host_routes"],
            "service_types": body["service_types"],
        }
        await tx.insert(SUBNETS, row)
        await bump(tx, self._world.clock.now(), NETWORKS, network["id"])
        await self._changes.mark(tx, Kind.SUBNET, row["id"])
        if is_automatic(row):
            await self._address_all(tx, row)
        await self._serve(tx, network, row)
        return row

    async def _refuse_overlap(self, tx: Tx, network_id: str, prefix: Prefix) -> None:
        for other in await self._addresses.subnets(tx, network_id):
            if other["ip_version"] == prefix.version and prefix.overlaps(ip_network(other["cidr"])):
                raise InvalidInput(
                    f"Requested subnet with cidr: {prefix} for network: {network_id} overlaps with another subnet"
                )

    async def _address_all(self, tx: Tx, subnet: Row) -> None:
        """Guests make their own addresses as soon as the prefix is announced: ports have them from then on."""
        found = select(PORTS.c.id, PORTS.c.mac_address).where(
            PORTS.c.network_id == subnet["network_id"], PORTS.c.device_owner.not_in((*ROUTER_OWNERS, *OWN_PORTS))
        )
        for port in await tx.all(found):
            taken = Taken(subnet["id"], eui64(subnet["cidr"], port["mac_address"]))
            await self._addresses.take(tx, port["id"], subnet["network_id"], [taken], position=100)
            await self._changes.mark(tx, Kind.PORT, port["id"])

    async def _serve(self, tx: Tx, network: Row, subnet: Row) -> None:
        """See that the network's own port, behind which metadata is served, has an address where there is DHCP."""
        own = select(PORTS).where(PORTS.c.network_id == network["id"], PORTS.c.device_owner == "network:distributed")
        port = await tx.first(own)
        there = None
        if port is not None:
            mine = (ADDRESSES.c.port_id == port["id"], ADDRESSES.c.subnet_id == subnet["id"])
            there = await tx.scalar(select(ADDRESSES.c.ip_address).where(*mine))
        wanted = subnet["enable_dhcp"] and not network["external"]
        if wanted and port is None:
            port = await self._ports.insert_own(tx, network, "network:distributed", f"ovnmeta-{network['id']}", "", [])
        if wanted and there is None and subnet["ip_version"] == 4:
            assert port is not None
            asked = [{"subnet_id": subnet["id"]}]
            chosen = await self._addresses.choose(tx, network["id"], port["mac_address"], "network:distributed", asked)
            await self._addresses.take(tx, port["id"], network["id"], chosen)
        elif not wanted and there is not None:
            assert port is not None
            await self._addresses.release(tx, port["id"], [there])
        if port is not None:
            await self._changes.mark(tx, Kind.PORT, port["id"])

    async def update(self, call: Call, row: Row, network: Row, body: dict[str, Any]) -> Row:
        """Change a subnet."""
        tx = call.tx
        prefix = ip_network(row["cidr"])
        _check_told(body, prefix.version)
        values = {key: value for key, value in body.items() if key in SUBNETS.c}
        if values.get("enable_dhcp") is False and (row["ipv6_ra_mode"] or row["ipv6_address_mode"]):
            raise InvalidInput("ipv6_ra_mode or ipv6_address_mode cannot be set when enable_dhcp is set to False")
        gateway = row["gateway_ip"]
        if "gateway_ip" in values and values["gateway_ip"] != gateway:
            await self._refuse_used_gateway(tx, row)
            gateway = values["gateway_ip"] = _gateway(prefix, body)
        if "allocation_pools" in values or "gateway_ip" in values:
            pools: list[dict[str, str]] = values.get("allocation_pools") or row["allocation_pools"]
            values["allocation_pools"] = check_pools(prefix, pools, gateway)
        changed = await change(tx, self._world, SUBNETS, row, values)
        await self._changes.mark(tx, Kind.SUBNET, row["id"])
        if "gateway_ip" in values and network["external"]:
            gateways = await tx.all(select(ROUTERS.c.id).where(ROUTERS.c.gateway_network_id == network["id"]))
            await self._changes.mark(tx, Kind.ROUTER, *[router["id"] for router in gateways])
        if "enable_dhcp" in values:
            await self._serve(tx, network, changed)
        return changed

    async def _refuse_used_gateway(self, tx: Tx, row: Row) -> None:
        if row["gateway_ip"] is None:
            return
        mine = (ADDRESSES.c.subnet_id == row["id"], ADDRESSES.c.ip_address == row["gateway_ip"])
        used = select(ADDRESSES.c.port_id).join(PORTS, PORTS.c.id == ADDRESSES.c.port_id)
        port = await tx.scalar(used.where(*mine, PORTS.c.device_owner == "network:router_interface"))
        if port is not None:
            raise GatewayIpInUse(ip=row["gateway_ip"], port=port)

    async def delete(self, call: Call, row: Row) -> None:
        """Remove a subnet.

        Raises:
            SubnetInUse: ports that the service did not make itself have addresses there that they were given.
        """
        tx = call.tx
        held = select(ADDRESSES.c.port_id, PORTS.c.device_owner).join(PORTS, PORTS.c.id == ADDRESSES.c.port_id)
        users = await tx.all(held.where(ADDRESSES.c.subnet_id == row["id"]))
        for user in users:
            made_themselves = is_automatic(row) and user["device_owner"] not in ROUTER_OWNERS
            if user["device_owner"] not in OWN_PORTS and not made_themselves:
                raise SubnetInUse(id=row["id"])
        await tx.run(SUBNETS.delete().where(SUBNETS.c.id == row["id"]))
        await bump(tx, self._world.clock.now(), NETWORKS, row["network_id"])
        await self._changes.mark(tx, Kind.PORT, *[user["port_id"] for user in users])
        await self._changes.mark(tx, Kind.SUBNET, row["id"])


def _gateway(prefix: Prefix, body: dict[str, Any]) -> str | None:
    if "gateway_ip" not in body:
        return str(prefix.network_address + (1 if prefix.prefixlen < prefix.max_prefixlen - 1 else 0))
    if body["gateway_ip"] is None:
        return None
    gateway = ip_address(body["gateway_ip"])
    if gateway.version != prefix.version:
        raise InvalidInput(f"gateway_ip '{gateway}' does not match the ip_version '{prefix.version}'")
    if gateway.version == 6 and gateway.is_link_local:
        return str(gateway)
    if gateway in prefix and not within(prefix, str(gateway)):
        raise InvalidInput("Gateway is not valid on subnet")
    return str(gateway)
