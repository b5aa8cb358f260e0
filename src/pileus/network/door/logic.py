"""`service.Network`, fulfilled: what compute and the metadata server ask."""

from collections.abc import Awaitable, Callable
from ipaddress import IPv6Address, ip_address
from typing import Any

from sqlalchemy import Select, or_, select

from pileus.kernel.api.declare import Service
from pileus.kernel.api.errors import BadRequest
from pileus.kernel.auth.caller import Caller
from pileus.kernel.signals import Signals
from pileus.kernel.store import Row, Store, Tx
from pileus.kernel.world import World
from pileus.network.addresses.logic import Addresses, mac_of
from pileus.network.backend.wanted import Kind
from pileus.network.errors import (
    NetworkAmbiguous,
    NetworkNotFound,
    PortInUse,
    PortNotFound,
    SecurityGroupNotFound,
)
from pileus.network.floatingips.table import FLOATINGIPS
from pileus.network.networks import logic as networks
from pileus.network.networks.table import NETWORKS
from pileus.network.plumbing.logic import Changes
from pileus.network.ports import logic as ports
from pileus.network.ports.table import PORTS
from pileus.network.security_groups import logic as groups
from pileus.network.security_groups.table import GROUPS
from pileus.network.service import Address, PortRecord, PortRequest, Proxied, SubnetRecord
from pileus.network.standard.logic import bump, change
from pileus.network.subnets.table import ADDRESSES, SUBNETS

STATUS_TOPIC = "network.port-status"
"""Woken whenever ports' status changed in the database."""

_LOOK_AGAIN = 1.0
"""Seconds after which `wait_active` looks without having been woken: wake-ups may be lost."""


def _plain() -> Select[Any]:
    return select(PORTS, NETWORKS.c.name.label("network_name"), NETWORKS.c.mtu.label("mtu")).join(
        NETWORKS, PORTS.c.network_id == NETWORKS.c.id
    )


def _record(row: Row, floating: dict[tuple[str, str], list[str]]) -> PortRecord:
    addresses = []
    for entry in row["fixed_ips"]:
        text = entry["ip_address"]
        version = ip_address(text).version
        addresses.append(Address(text, version, subnet_id=entry["subnet_id"]))
        addresses += [Address(outside, 4, floating=True) for outside in floating.get((row["id"], text), ())]
    return PortRecord(
        id=row["id"],
        network_id=row["network_id"],
        network_name=row["network_name"],
        mac=row["mac_address"],
        mtu=row["mtu"],
        status=row["status"],
        device_id=row["device_id"],
        host=row["binding_host"],
        created=bool(row["made_for_device"]),
        addresses=tuple(addresses),
        security_groups=tuple(row["security_groups"]),
        tag=row["nic_tag"],
        port_security=bool(row["port_security_enabled"]),
    )


class Door:
    """What other services may ask of the network service; see `service.Network`."""

    def __init__(
        self,
        api: Service,
        world: World,
        store: Store,
        signals: Signals,
        changes: Changes,
        makes: ports.Ports,
        addresses: Addresses,
        security: groups.SecurityGroups,
        close: Callable[[], Awaitable[None]],
        audit: Callable[[], Awaitable[list[str]]],
        proxied: Proxied,
    ) -> None:
        self.api = api
        self.proxied = proxied
        self._world = world
        self._store = store
        self._signals = signals
        self._changes = changes
        self._ports = makes
        self._addresses = addresses
        self._groups = security
        self.close = close
        """Ends what runs beside the node's loops; called after these have been stopped."""
        self.audit = audit
        """Where the network backend and the database do not agree, in words."""

    async def choose_networks(self, tx: Tx, who: Caller) -> list[str]:
        """See `service.Network.choose_networks`."""
        own = NETWORKS.c.project_id == who.project_id
        mine = select(NETWORKS.c.id).where(own, NETWORKS.c.external.is_(False), NETWORKS.c.admin_state_up)
        found = [row["id"] for row in await tx.all(mine)]
        if not found:
            shared = select(NETWORKS.c.id).where(networks.shared_with(who), NETWORKS.c.admin_state_up)
            found = [row["id"] for row in await tx.all(shared)]
        if len(found) > 1:
            raise NetworkAmbiguous
        return found

    async def claim_ports(
        self, tx: Tx, who: Caller, device_id: str, zone: str, requests: list[PortRequest]
    ) -> list[PortRecord]:
        """See `service.Network.claim_ports`."""
        first = await tx.scalar(
            select(PORTS.c.nic_position).where(PORTS.c.device_id == device_id).order_by(PORTS.c.nic_position.desc())
        )
        position = 0 if first is None else first + 1
        rows = []
        for at, request in enumerate(requests):
            claimed = self._take if request.port_id else self._make
            rows.append(await claimed(tx, who, device_id, f"compute:{zone}", position + at, request))
        return await self._records(tx, rows)

    async def _network(self, tx: Tx, who: Caller, network_id: str) -> Row:
        network = await tx.first(networks.visible(who).where(NETWORKS.c.id == network_id))
        if network is None:
            raise NetworkNotFound(id=network_id)
        return network

    async def _make(self, tx: Tx, who: Caller, device_id: str, owner: str, position: int, request: PortRequest) -> Row:
        network_id = request.network_id
        if not network_id:
            chosen = await self.choose_networks(tx, who)
            if not chosen:
                raise BadRequest("No network was given, and the project has none to choose")
            network_id = chosen[0]
        network = await self._network(tx, who, network_id)
        if network["external"] and not network["shared"] and not who.is_admin:
            raise BadRequest(f"It is not allowed to create an interface on external network {network_id}")
        secured = network["port_security_enabled"]
        body: dict[str, Any] = {
            "device_id": device_id,
            "device_owner": owner,
            "made_for_device": True,
            "nic_position": position,
            "nic_tag": request.tag,
        }
        if request.fixed_ip:
            body["fixed_ips"] = [{"ip_address": request.fixed_ip}]
        if request.security_groups is not None and secured:
            body["security_groups"] = [(await self._group(tx, who, name))["id"] for name in request.security_groups]
        row = await self._ports.create(tx, who, who.project_id, network, body)
        if not row["fixed_ips"]:
            raise BadRequest(f"Network {network_id} requires a subnet in order to boot instances on.")
        return row

    async def _take(self, tx: Tx, who: Caller, device_id: str, owner: str, position: int, request: PortRequest) -> Row:
        row = await tx.first(ports.visible(who).where(PORTS.c.id == request.port_id))
        if row is None:
            raise PortNotFound(id=request.port_id)
        if row["device_id"] and row["device_id"] != device_id:
            raise PortInUse(id=row["id"], network=row["network_id"], device=row["device_id"])
        values = {
            "device_id": device_id,
            "device_owner": owner,
            "nic_position": position,
            "nic_tag": request.tag,
            "made_for_device": False,
        }
        changed = await change(tx, self._world, PORTS, row, values)
        await self._changes.mark(tx, Kind.PORT, row["id"])
        return (await ports.complete(tx, [changed]))[0]

    async def _records(self, tx: Tx, rows: list[Row]) -> list[PortRecord]:
        floating: dict[tuple[str, str], list[str]] = {}
        ids = [row["id"] for row in rows]
        if ids:
            wanted = select(FLOATINGIPS).where(FLOATINGIPS.c.fixed_port_id.in_(ids))
            for entry in await tx.all(wanted):
                key = entry["fixed_port_id"], entry["fixed_ip_address"]
                floating.setdefault(key, []).append(entry["floating_ip_address"])
        return [_record(row, floating) for row in rows]

    async def bind_port(self, tx: Tx, port_id: str, host: str) -> None:
        """See `service.Network.bind_port`."""
        row = await tx.first(select(PORTS).where(PORTS.c.id == port_id))
        if row is None:
            raise PortNotFound(id=port_id)
        if row["binding_host"] != host:
            await change(tx, self._world, PORTS, row, {"binding_host": host, "status": "DOWN"})
            await self._changes.mark(tx, Kind.PORT, port_id)

    async def release_ports(self, tx: Tx, device_id: str, port_ids: list[str] | None = None) -> None:
        """See `service.Network.release_ports`."""
        statement = select(PORTS.c.id, PORTS.c.made_for_device).where(PORTS.c.device_id == device_id)
        if port_ids is not None:
            statement = statement.where(PORTS.c.id.in_(port_ids))
        rows = await tx.all(statement)
        await self._ports.remove(tx, [row["id"] for row in rows if row["made_for_device"]])
        kept = [row["id"] for row in rows if not row["made_for_device"]]
        if kept:
            free = {"device_id": "", "device_owner": "", "binding_host": "", "status": "DOWN", "nic_tag": ""}
            await tx.run(PORTS.update().where(PORTS.c.id.in_(kept)).values(**free))
            await bump(tx, self._world.clock.now(), PORTS, *kept)
            await self._changes.mark(tx, Kind.PORT, *kept)

    async def ports(self, tx: Tx, device_ids: list[str]) -> dict[str, list[PortRecord]]:
        """See `service.Network.ports`; four queries however many devices."""
        found: dict[str, list[PortRecord]] = {device: [] for device in device_ids}
        if not device_ids:
            return found
        statement = _plain().where(PORTS.c.device_id.in_(device_ids)).order_by(PORTS.c.nic_position, PORTS.c.id)
        rows = await ports.complete(tx, await tx.all(statement))
        for record in await self._records(tx, rows):
            found[record.device_id].append(record)
        return found

    async def devices(self, tx: Tx) -> list[str]:
        """See `service.Network.devices`."""
        made = select(PORTS.c.device_id).where(PORTS.c.made_for_device).distinct()
        return [row["device_id"] for row in await tx.all(made)]

    async def subnets(self, tx: Tx, network_ids: list[str]) -> dict[str, list[SubnetRecord]]:
        """See `service.Network.subnets`."""
        found: dict[str, list[SubnetRecord]] = {network: [] for network in network_ids}
        statement = select(SUBNETS).where(SUBNETS.c.network_id.in_(network_ids))
        for row in await tx.all(statement.order_by(SUBNETS.c.created_at, SUBNETS.c.id)):
            record = SubnetRecord(
                id=row["id"],
                cidr=row["cidr"],
                version=row["ip_version"],
                gateway=row["gateway_ip"] or "",
                dhcp=bool(row["enable_dhcp"]),
                dns=tuple(row["dns_nameservers"]),
                routes=tuple((route["destination"], route["nexthop"]) for route in row["host_routes"]),
                ra_mode=row["ipv6_ra_mode"] or "",
            )
            found[row["network_id"]].append(record)
        return found

    async def port_at(self, tx: Tx, network_id: str, address: str) -> PortRecord | None:
        """See `service.Network.port_at`."""
        asked = ip_address(address.partition("%")[0])
        if isinstance(asked, IPv6Address) and asked.is_link_local:
            # No port has it in the database: it follows from the MAC, and the backend lets no other one through.
            at = (PORTS.c.network_id == network_id, PORTS.c.mac_address == mac_of(asked))
            row = await tx.first(_plain().where(*at))
        else:
            at = (ADDRESSES.c.network_id == network_id, ADDRESSES.c.ip_address == str(asked))
            row = await tx.first(_plain().join(ADDRESSES, ADDRESSES.c.port_id == PORTS.c.id).where(*at))
        if row is None:
            return None
        return (await self._records(tx, await ports.complete(tx, [row])))[0]

    async def wait_active(self, port_ids: list[str], seconds: float) -> bool:
        """See `service.Network.wait_active`."""
        clock = self._world.clock
        until = clock.monotonic() + seconds
        listener = self._signals.listen(STATUS_TOPIC)
        wanted = set(port_ids)
        active = select(PORTS.c.id).where(PORTS.c.id.in_(wanted), PORTS.c.status == "ACTIVE")
        try:
            while True:
                async with self._store.read() as tx:
                    if len(await tx.all(active)) == len(wanted):
                        return True
                left = until - clock.monotonic()
                if left <= 0:
                    return False
                await listener.wait(clock, min(left, _LOOK_AGAIN))
        finally:
            listener.close()

    async def security_group_names(self, tx: Tx, ids: list[str]) -> dict[str, str]:
        """See `service.Network.security_group_names`."""
        if not ids:
            return {}
        rows = await tx.all(select(GROUPS.c.id, GROUPS.c.name).where(GROUPS.c.id.in_(ids)))
        return {row["id"]: row["name"] for row in rows}

    async def _group(self, tx: Tx, who: Caller, name: str) -> Row:
        """A group by its id or name, the default one made at need."""
        if name == "default":
            await self._groups.default(tx, who.project_id)
        named = (GROUPS.c.name == name) & (GROUPS.c.project_id == who.project_id)
        found = await tx.all(groups.visible(who).where(or_(GROUPS.c.id == name, named)))
        exact = [row for row in found if row["id"] == name]
        if not found:
            raise SecurityGroupNotFound(id=name)
        if not exact and len(found) > 1:
            raise NetworkAmbiguous(f"Multiple security groups found matching '{name}'. Use an ID to be more specific.")
        return (exact or found)[0]

    async def change_groups(self, tx: Tx, who: Caller, device_id: str, *, add: str = "", remove: str = "") -> None:
        """See `service.Network.change_groups`."""
        on_device = await tx.all(select(PORTS).where(PORTS.c.device_id == device_id, PORTS.c.port_security_enabled))
        rows = await ports.complete(tx, on_device)
        added = (await self._group(tx, who, add))["id"] if add else ""
        removed = (await self._group(tx, who, remove))["id"] if remove else ""
        if removed and not any(removed in row["security_groups"] for row in rows):
            raise SecurityGroupNotFound(f"Security group {remove} is not associated with the instance {device_id}")
        for row in rows:
            wanted = [group for group in row["security_groups"] if group != removed]
            if added and added not in wanted:
                wanted.append(added)
            if wanted != row["security_groups"]:
                await self._ports.set_groups(tx, row["id"], wanted)
                await bump(tx, self._world.clock.now(), PORTS, row["id"])
                await self._changes.mark(tx, Kind.PORT, row["id"])

    async def change_fixed_ip(
        self, tx: Tx, who: Caller, device_id: str, *, network_id: str = "", remove: str = ""
    ) -> None:
        """See `service.Network.change_fixed_ip`."""
        found = await tx.all(select(PORTS).where(PORTS.c.device_id == device_id).order_by(PORTS.c.nic_position))
        for row in await ports.complete(tx, found):
            held = row["fixed_ips"]
            if remove and any(fixed["ip_address"] == remove for fixed in held):
                kept = [fixed for fixed in held if fixed["ip_address"] != remove]
                await self._ports.update(tx, who, row, {"fixed_ips": kept})
                return
            if network_id and row["network_id"] == network_id:
                subnets = [s for s in await self._addresses.subnets(tx, network_id) if s["ip_version"] == 4]
                if not subnets:
                    break
                more = [*held, {"subnet_id": subnets[0]["id"]}]
                await self._ports.update(tx, who, row, {"fixed_ips": more})
                return
        if remove:
            raise BadRequest(f"Fixed IP {remove} is not associated with instance {device_id}.")
        raise BadRequest(f"Network {network_id} is not attached to instance {device_id}.")

    async def security_groups(self, tx: Tx, who: Caller) -> list[dict[str, Any]]:
        """See `service.Network.security_groups`."""
        await self._groups.default(tx, who.project_id)
        rows = await tx.all(select(GROUPS).where(GROUPS.c.project_id == who.project_id).order_by(GROUPS.c.created_at))
        return await groups.with_rules(tx, rows)
