"""Handing out addresses: in the request's transaction, by a unique constraint that no race can pass.

A request that loses a race for an address that it did not choose itself runs again from its start.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from ipaddress import IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from typing import Any

from sqlalchemy import select

from pileus.kernel.ids import Ids
from pileus.kernel.store import DuplicateRow, Row, SerializationFailure, Tx
from pileus.kernel.world import World
from pileus.network.errors import (
    InvalidInput,
    InvalidIpForNetwork,
    InvalidIpForSubnet,
    IpAddressAlreadyAllocated,
    IpAddressGenerationFailure,
)
from pileus.network.subnets.table import ADDRESSES, SUBNETS

AUTOMATIC = ("slaac", "dhcpv6-stateless")
"""IPv6 modes in which guests make their own address from their MAC."""

ROUTER_OWNERS = ("network:router_interface", "network:router_gateway", "network:ha_router_replicated_interface")

MOST_FIXED_IPS = 25
_SMALL = 4096
_TRIES = 8


def is_automatic(subnet: Row) -> bool:
    """Whether addresses in a subnet follow from the MAC."""
    return subnet["ipv6_address_mode"] in AUTOMATIC or (
        subnet["ipv6_address_mode"] is None and subnet["ipv6_ra_mode"] == "slaac" and subnet["enable_dhcp"]
    )


def eui64(cidr: str, mac: str) -> str:
    """The address that a MAC makes in a /64.  Source: RFC 4291, appendix A."""
    octets = [int(part, 16) for part in mac.split(":")]
    octets = [octets[0] ^ 2, octets[1], octets[2], 0xFF, 0xFE, *octets[3:]]
    low = int.from_bytes(bytes(octets), "big")
    return str(ip_network(cidr).network_address + low)


def mac_of(address: IPv6Address) -> str:
    """The MAC that an address was made from; the opposite of `eui64`."""
    octets = address.packed[8:]
    return ":".join(f"{octet:02x}" for octet in (octets[0] ^ 2, *octets[1:3], *octets[5:]))


def within(network: IPv4Network | IPv6Network, address: str) -> bool:
    """Whether a subnet has room for an address: not its network address, nor its broadcast address."""
    parsed = ip_address(address)
    if parsed.version != network.version or parsed not in network:
        return False
    if parsed == network.network_address and network.prefixlen < network.max_prefixlen - 1:
        return False
    return not (network.version == 4 and network.prefixlen < 31 and parsed == network.broadcast_address)


def _ranges(subnet: Row) -> list[tuple[int, int]]:
    return [(int(ip_address(pool["start"])), int(ip_address(pool["end"]))) for pool in subnet["allocation_pools"]]


def _pick(ranges: list[tuple[int, int]], at: int) -> int:
    for first, last in ranges:
        if at <= last - first:
            return first + at
        at -= last - first + 1
    raise AssertionError("not reached")


async def free_address(
    tx: Tx, subnet: Row, ids: Ids, besides: Iterable[str] = (), *, lowest: bool = False
) -> str | None:
    """A free address of a subnet's pools, any of them or the lowest; None where there is none."""
    ranges = _ranges(subnet)
    total = sum(last - first + 1 for first, last in ranges)
    kind = type(ip_network(subnet["cidr"]).network_address)
    taken = set(besides)
    if subnet["gateway_ip"]:
        taken.add(subnet["gateway_ip"])
    mine = ADDRESSES.c.subnet_id == subnet["id"]
    if total > _SMALL and not lowest:
        for _ in range(_TRIES):
            address = str(kind(_pick(ranges, ids.random().randrange(total))))
            if address not in taken and not await tx.first(
                select(ADDRESSES.c.port_id).where(mine, ADDRESSES.c.ip_address == address)
            ):
                return address
    used = {row["ip_address"] for row in await tx.all(select(ADDRESSES.c.ip_address).where(mine))} | taken
    numbers = {int(ip_address(address)) for address in used}
    if total > _SMALL or lowest:
        return next((str(kind(n)) for first, last in ranges for n in range(first, last + 1) if n not in numbers), None)
    free = [number for first, last in ranges for number in range(first, last + 1) if number not in numbers]
    return str(kind(ids.random().choice(free))) if free else None


@dataclass(frozen=True, slots=True)
class Taken:
    """An address chosen for a port.

    Attributes:
        asked: whether the client named it, so that a lost race is the client's conflict.
    """

    subnet_id: str
    address: str
    asked: bool = False


class Addresses:
    """Chooses addresses and writes down who has them."""

    def __init__(self, world: World) -> None:
        self._world = world

    async def subnets(self, tx: Tx, network_id: str) -> list[Row]:
        """A network's subnets, oldest first."""
        statement = select(SUBNETS).where(SUBNETS.c.network_id == network_id)
        return await tx.all(statement.order_by(SUBNETS.c.created_at, SUBNETS.c.id))

    async def choose(
        self, tx: Tx, network_id: str, mac: str, device_owner: str, asked: list[dict[str, Any]] | None
    ) -> list[Taken]:
        """Addresses for a port that has none: those asked for, or one of each family for None.

        Raises:
            IpAddressGenerationFailure: there are none left.
            InvalidInput, InvalidIpForNetwork, InvalidIpForSubnet, IpAddressAlreadyAllocated.
        """
        if asked is not None and not asked:
            return []
        subnets = await self.subnets(tx, network_id)
        if asked is None:
            return await self._any(tx, network_id, _serving(subnets, device_owner), mac, device_owner)
        if len(asked) > MOST_FIXED_IPS:
            raise InvalidInput("Exceeded maximum amount of fixed ips per port")
        if not subnets:
            raise InvalidInput("IP allocation requires subnets for network")
        chosen: list[Taken] = []
        for entry in asked:
            chosen.append(await self._one(tx, network_id, subnets, mac, device_owner, entry, chosen))
        return chosen

    async def _any(self, tx: Tx, network_id: str, subnets: list[Row], mac: str, device_owner: str) -> list[Taken]:
        chosen = []
        router = device_owner in ROUTER_OWNERS
        for version in (4, 6):
            candidates = [s for s in subnets if s["ip_version"] == version and (router or not is_automatic(s))]
            for subnet in candidates:
                address = await free_address(tx, subnet, self._world.ids)
                if address is not None:
                    chosen.append(Taken(subnet["id"], address))
                    break
            else:
                if candidates:
                    raise IpAddressGenerationFailure(network=network_id)
        if not router:
            chosen += [Taken(s["id"], eui64(s["cidr"], mac)) for s in subnets if is_automatic(s)]
        return chosen

    async def _one(
        self,
        tx: Tx,
        network_id: str,
        subnets: list[Row],
        mac: str,
        device_owner: str,
        entry: Mapping[str, Any],
        before: list[Taken],
    ) -> Taken:
        wanted, address = entry.get("subnet_id"), entry.get("ip_address")
        if not wanted and not address:
            raise InvalidInput("IP allocation requires subnet_id or ip_address")
        subnet = _subnet_for(network_id, subnets, wanted, address)
        automatic = is_automatic(subnet) and device_owner not in ROUTER_OWNERS
        if not address:
            if automatic:
                return Taken(subnet["id"], eui64(subnet["cidr"], mac))
            besides = [taken.address for taken in before if taken.subnet_id == subnet["id"]]
            lowest = device_owner == "network:distributed"
            free = await free_address(tx, subnet, self._world.ids, besides, lowest=lowest)
            if free is None:
                raise IpAddressGenerationFailure(network=network_id)
            return Taken(subnet["id"], free)
        address = str(ip_address(address))
        if automatic and address != eui64(subnet["cidr"], mac):
            raise InvalidInput(
                f"IPv6 address {address} can not be directly assigned to a port on subnet {subnet['id']} since the "
                "subnet is configured for automatic addresses"
            )
        if not within(ip_network(subnet["cidr"]), address):
            raise InvalidIpForSubnet(ip=address)
        mine = (ADDRESSES.c.subnet_id == subnet["id"], ADDRESSES.c.ip_address == address)
        doubled = any(taken.address == address and taken.subnet_id == subnet["id"] for taken in before)
        if doubled or await tx.first(select(ADDRESSES.c.port_id).where(*mine)):
            raise IpAddressAlreadyAllocated(ip=address, subnet=subnet["id"])
        return Taken(subnet["id"], address, asked=True)

    async def take(self, tx: Tx, port_id: str, network_id: str, chosen: list[Taken], position: int = 0) -> None:
        """Write down that a port has addresses.

        Raises:
            IpAddressAlreadyAllocated: somebody else took one that was asked for.
            SerializationFailure: somebody else took one that was chosen here; run again.
        """
        rows = [
            {
                "port_id": port_id,
                "subnet_id": taken.subnet_id,
                "ip_address": taken.address,
                "network_id": network_id,
                "position": position + at,
            }
            for at, taken in enumerate(chosen)
        ]
        try:
            await tx.insert(ADDRESSES, rows)
        except DuplicateRow as error:
            asked = next((taken for taken in chosen if taken.asked), None)
            if asked is not None and len(chosen) == 1:
                raise IpAddressAlreadyAllocated(ip=asked.address, subnet=asked.subnet_id) from error
            raise SerializationFailure(str(error)) from error

    async def release(self, tx: Tx, port_id: str, addresses: Iterable[str]) -> None:
        """Free some of a port's addresses."""
        await tx.run(
            ADDRESSES.delete().where(ADDRESSES.c.port_id == port_id, ADDRESSES.c.ip_address.in_(list(addresses)))
        )


def _serving(subnets: list[Row], device_owner: str) -> list[Row]:
    """The subnets meant for ports of an owner; those without service types serve all unless one names the owner."""
    named = [s for s in subnets if device_owner and any(device_owner.startswith(t) for t in s["service_types"])]
    return named or [s for s in subnets if not s["service_types"]]


def _subnet_for(network_id: str, subnets: list[Row], wanted: str | None, address: str | None) -> Row:
    if wanted:
        for subnet in subnets:
            if subnet["id"] == wanted:
                if address and not within(ip_network(subnet["cidr"]), address):
                    raise InvalidIpForSubnet(ip=address)
                return subnet
        raise InvalidInput(
            f"Failed to create port on network {network_id}, because fixed_ips included invalid subnet {wanted}"
        )
    assert address is not None
    for subnet in subnets:
        if ip_address(address).version == subnet["ip_version"] and ip_address(address) in ip_network(subnet["cidr"]):
            return subnet
    raise InvalidIpForNetwork(ip=address)


def new_mac(ids: Ids, prefix: str) -> str:
    """A MAC below the prefix; whether it is free on its network the unique constraint tells."""
    return ":".join([prefix.lower(), *(f"{ids.random().randrange(256):02x}" for _ in range(3))])
