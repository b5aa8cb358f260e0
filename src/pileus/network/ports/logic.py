"""What happens to ports."""

from collections.abc import Iterable, Mapping
from ipaddress import ip_address, ip_network
from typing import Any

from sqlalchemy import Select, or_, select

from pileus.kernel.api.errors import BadRequest
from pileus.kernel.auth.caller import Caller
from pileus.kernel.store import DuplicateRow, Row, Tx
from pileus.kernel.world import World
from pileus.network.addresses.logic import Addresses, Taken, new_mac
from pileus.network.backend.wanted import Kind
from pileus.network.errors import (
    AddressPairAndPortSecurityRequired,
    InvalidInput,
    MacAddressInUse,
    PortInUse,
    PortSecurityAndIPRequiredForSecurityGroups,
    PortSecurityPortHasSecurityGroup,
    ServicePortInUse,
)
from pileus.network.floatingips.table import FLOATINGIPS
from pileus.network.networks.table import NETWORKS
from pileus.network.plumbing.logic import Changes
from pileus.network.ports.table import PORTS
from pileus.network.quotas.logic import claim
from pileus.network.security_groups.logic import SecurityGroups
from pileus.network.security_groups.table import PORT_GROUPS
from pileus.network.settings import NetworkSettings
from pileus.network.standard.logic import change, new_row
from pileus.network.subnets.table import ADDRESSES

GUARDED = ("network:router_interface", "network:router_gateway", "network:floatingip", "network:distributed")
"""Owners whose ports go by way of what they belong to."""

_MAC_TRIES = 16


def visible(who: Caller) -> Select[Any]:
    """The ports that a caller may know of: its own, and all those on its own networks."""
    statement = select(
        PORTS,
        NETWORKS.c.project_id.label("network:project_id"),
        NETWORKS.c.name.label("network_name"),
        NETWORKS.c.mtu.label("mtu"),
    ).join(NETWORKS, PORTS.c.network_id == NETWORKS.c.id)
    if who.is_admin:
        return statement
    own = select(NETWORKS.c.id).where(NETWORKS.c.project_id == who.project_id).scalar_subquery()
    return statement.where(or_(PORTS.c.project_id == who.project_id, PORTS.c.network_id.in_(own)))


async def complete(tx: Tx, rows: list[Row]) -> list[Row]:
    """Ports with their addresses and groups, by two further queries."""
    ids = [row["id"] for row in rows]
    if not ids:
        return rows
    by_port: dict[str, list[Row]] = {}
    found = select(ADDRESSES.c.port_id, ADDRESSES.c.subnet_id, ADDRESSES.c.ip_address).where(
        ADDRESSES.c.port_id.in_(ids)
    )
    for entry in await tx.all(found.order_by(ADDRESSES.c.position)):
        fixed = {"subnet_id": entry["subnet_id"], "ip_address": entry["ip_address"]}
        by_port.setdefault(entry["port_id"], []).append(fixed)
    groups: dict[str, list[str]] = {}
    for entry in await tx.all(select(PORT_GROUPS).where(PORT_GROUPS.c.port_id.in_(ids))):
        groups.setdefault(entry["port_id"], []).append(entry["group_id"])
    for row in rows:
        row["fixed_ips"] = by_port.get(row["id"], [])
        row["security_groups"] = groups.get(row["id"], [])
    return rows


def shown(chosen: Iterable[Taken]) -> list[dict[str, str]]:
    """Addresses as ports show them."""
    return [{"subnet_id": taken.subnet_id, "ip_address": taken.address} for taken in chosen]


def check_pairs(pairs: list[dict[str, Any]], mac: str) -> list[dict[str, str]]:
    """Allowed address pairs in canonical form.

    Raises:
        BadRequest: one is no address, or stands there twice.
    """
    found = []
    for pair in pairs:
        text = pair["ip_address"]
        try:
            address = str(ip_network(text, strict=False)) if "/" in text else str(ip_address(text))
        except ValueError:
            raise BadRequest(
                f"Invalid input for allowed_address_pairs. Reason: '{text}' is not a valid IP address."
            ) from None
        entry = {"mac_address": (pair.get("mac_address") or mac).lower().replace("-", ":"), "ip_address": address}
        if entry in found:
            raise InvalidInput(
                "Request contains duplicate address pair: "
                f"mac_address {entry['mac_address']} ip_address {entry['ip_address']}"
            )
        found.append(entry)
    return found


def merge_options(old: list[dict[str, Any]], asked: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """DHCP options after some were set, and those with null values removed."""
    known = {(option["opt_name"], option["ip_version"]): option for option in old}
    for option in asked:
        key = option["opt_name"], int(option.get("ip_version") or 4)
        known.pop(key, None)
        if option["opt_value"] is not None:
            known[key] = {"opt_name": key[0], "opt_value": option["opt_value"], "ip_version": key[1]}
    return list(known.values())


class Ports:
    """Makes, changes and removes ports."""

    def __init__(
        self, world: World, changes: Changes, addresses: Addresses, groups: SecurityGroups, settings: NetworkSettings
    ) -> None:
        self._world = world
        self._changes = changes
        self._addresses = addresses
        self._groups = groups
        self._settings = settings

    async def _insert(self, tx: Tx, row: Row, mac: str | None) -> Row:
        """Insert a port with the MAC asked for, or a new one that is free on its network."""
        for _ in range(1 if mac else _MAC_TRIES):
            row["mac_address"] = mac or new_mac(self._world.ids, self._settings.mac_prefix)
            try:
                async with tx.savepoint():
                    await tx.insert(PORTS, row)
                return row
            except DuplicateRow:
                continue
        raise MacAddressInUse(network=row["network_id"], mac=row["mac_address"])

    async def create(self, tx: Tx, who: Caller, project_id: str, network: Row, body: Mapping[str, Any]) -> Row:
        """Make a port.

        Raises:
            OverQuota, MacAddressInUse, IpAddressGenerationFailure and what else addresses may raise,
            SecurityGroupNotFound.
        """
        await claim(tx, project_id, "port")
        owner = body.get("device_owner") or ""
        secured = body.get("port_security_enabled")
        secured = network["port_security_enabled"] if secured is None else secured
        if owner.startswith("network:"):
            secured = False
        groups = await self._groups_for(tx, who, project_id, body, secured=secured, owner=owner)
        if body.get("allowed_address_pairs") and not secured:
            raise AddressPairAndPortSecurityRequired
        row = {
            **new_row(self._world, project_id, body),
            "network_id": network["id"],
            "admin_state_up": body.get("admin_state_up", True),
            "device_id": body.get("device_id") or "",
            "device_owner": owner,
            "status": "DOWN",
            "port_security_enabled": secured,
            "binding_host": body.get("binding:host_id") or "",
            "binding_vnic_type": body.get("binding:vnic_type") or "normal",
            "binding_profile": body.get("binding:profile") or {},
            "extra_dhcp_opts": merge_options([], body.get("extra_dhcp_opts") or []),
            "allowed_address_pairs": [],
            "dns_name": body.get("dns_name") or "",
            "made_for_device": body.get("made_for_device", False),
            "nic_position": body.get("nic_position", 0),
            "nic_tag": body.get("nic_tag", ""),
        }
        asked = body.get("fixed_ips")
        row["mac_address"] = body.get("mac_address") or new_mac(self._world.ids, self._settings.mac_prefix)
        chosen = await self._addresses.choose(tx, network["id"], row["mac_address"], owner, asked)
        row["allowed_address_pairs"] = check_pairs(body.get("allowed_address_pairs") or [], row["mac_address"])
        row = await self._insert(tx, row, row["mac_address"])
        await self._addresses.take(tx, row["id"], network["id"], chosen)
        await tx.insert(PORT_GROUPS, [{"port_id": row["id"], "group_id": group} for group in groups])
        await self._changes.mark(tx, Kind.PORT, row["id"])
        return {
            **row,
            "fixed_ips": shown(chosen),
            "security_groups": groups,
            "network:project_id": network["project_id"],
            "network_name": network["name"],
            "mtu": network["mtu"],
        }

    async def _groups_for(
        self, tx: Tx, who: Caller, project_id: str, body: Mapping[str, Any], *, secured: bool, owner: str
    ) -> list[str]:
        asked = body.get("security_groups")
        if not secured:
            if asked:
                raise PortSecurityAndIPRequiredForSecurityGroups
            return []
        if asked is None:
            return [] if owner.startswith("network:") else [await self._groups.default(tx, project_id)]
        return await self._groups.known(tx, who, project_id, asked)

    async def insert_own(
        self, tx: Tx, network: Row, owner: str, device_id: str, project_id: str, chosen: list[Taken]
    ) -> Row:
        """A port of the service itself, without security and quota: a router's leg, a floating address, metadata."""
        row = {
            **new_row(self._world, project_id, {}),
            "network_id": network["id"],
            "admin_state_up": True,
            "device_id": device_id,
            "device_owner": owner,
            "status": "N/A" if owner == "network:floatingip" else "DOWN",
            "port_security_enabled": False,
            "binding_host": "",
            "binding_vnic_type": "normal",
            "binding_profile": {},
            "extra_dhcp_opts": [],
            "allowed_address_pairs": [],
            "dns_name": "",
        }
        row = await self._insert(tx, row, None)
        await self._addresses.take(tx, row["id"], network["id"], chosen)
        await self._changes.mark(tx, Kind.PORT, row["id"])
        return {**row, "fixed_ips": shown(chosen), "security_groups": []}

    async def update(self, tx: Tx, who: Caller, row: Row, body: Mapping[str, Any]) -> Row:
        """Change a port (which has its addresses and groups)."""
        values = {key: value for key, value in body.items() if key in PORTS.c}
        for wire, column in (("binding:host_id", "binding_host"), ("binding:vnic_type", "binding_vnic_type")):
            if wire in body:
                values[column] = body[wire] or ("" if column == "binding_host" else "normal")
        if "binding:profile" in body:
            values["binding_profile"] = body["binding:profile"] or {}
        for key in ("device_id", "device_owner"):
            if key in values:
                values[key] = values[key] or ""
                if values[key] != row[key] and row["device_owner"] in GUARDED:
                    raise PortInUse(id=row["id"], network=row["network_id"], device=row["device_id"])
        if values.get("mac_address", row["mac_address"]) != row["mac_address"] and row["binding_host"]:
            raise PortInUse(id=row["id"], network=row["network_id"], device=row["device_id"])
        if "extra_dhcp_opts" in body:
            values["extra_dhcp_opts"] = merge_options(row["extra_dhcp_opts"], body["extra_dhcp_opts"] or [])
        if "allowed_address_pairs" in body:
            mac: str = values.get("mac_address") or row["mac_address"]
            values["allowed_address_pairs"] = check_pairs(body["allowed_address_pairs"] or [], mac)
        groups = await self._new_groups(tx, who, row, body, values)
        if "binding_host" in values and values["binding_host"] != row["binding_host"]:
            values["status"] = "DOWN"
        try:
            async with tx.savepoint():
                changed = await change(tx, self._world, PORTS, row, values)
        except DuplicateRow:
            raise MacAddressInUse(network=row["network_id"], mac=values["mac_address"]) from None
        changed = {**changed, "fixed_ips": row["fixed_ips"], "security_groups": groups}
        if body.get("fixed_ips") is not None:
            changed["fixed_ips"] = await self._readdress(tx, changed, body["fixed_ips"])
        beside = groups != row["security_groups"] or changed["fixed_ips"] != row["fixed_ips"]
        if beside and changed["revision_number"] == row["revision_number"]:
            bumped = {"revision_number": row["revision_number"] + 1, "updated_at": self._world.clock.now()}
            await tx.run(PORTS.update().where(PORTS.c.id == row["id"]).values(**bumped))
            changed |= bumped
        await self._changed(tx, changed)
        return changed

    async def _changed(self, tx: Tx, row: Row) -> None:
        await self._changes.mark(tx, Kind.PORT, row["id"])
        if row["device_owner"] in {"network:router_interface", "network:router_gateway"}:
            await self._changes.mark(tx, Kind.ROUTER, row["device_id"])

    async def _new_groups(
        self, tx: Tx, who: Caller, row: Row, body: Mapping[str, Any], values: Mapping[str, Any]
    ) -> list[str]:
        old: list[str] = row["security_groups"]
        secured = values.get("port_security_enabled", row["port_security_enabled"])
        groups = old
        if "security_groups" in body:
            asked = body["security_groups"]
            groups = await self._groups.known(tx, who, row["project_id"], asked or [])
        if not secured and groups:
            if "security_groups" in body:
                raise PortSecurityAndIPRequiredForSecurityGroups
            raise PortSecurityPortHasSecurityGroup
        if not secured and values.get("allowed_address_pairs", row["allowed_address_pairs"]):
            raise AddressPairAndPortSecurityRequired
        if secured and not row["port_security_enabled"] and "security_groups" not in body:
            groups = [await self._groups.default(tx, row["project_id"])]
        if groups != old:
            await self.set_groups(tx, row["id"], groups)
        return groups

    async def set_groups(self, tx: Tx, port_id: str, groups: list[str]) -> None:
        """Put a port into exactly these groups."""
        await tx.run(PORT_GROUPS.delete().where(PORT_GROUPS.c.port_id == port_id))
        await tx.insert(PORT_GROUPS, [{"port_id": port_id, "group_id": group} for group in groups])

    async def _readdress(self, tx: Tx, row: Row, asked: list[dict[str, Any]]) -> list[dict[str, str]]:
        """Give a port exactly these addresses, keeping those that it has of them."""
        old = list(row["fixed_ips"])
        kept: list[dict[str, str]] = []
        fresh: list[dict[str, Any]] = []
        for entry in sorted(asked, key=lambda one: not one.get("ip_address")):
            address = str(ip_address(entry["ip_address"])) if entry.get("ip_address") else None
            match = next(
                (
                    fixed
                    for fixed in old
                    if (address is None or fixed["ip_address"] == address)
                    and entry.get("subnet_id") in {None, fixed["subnet_id"]}
                ),
                None,
            )
            if match is not None and (address or entry.get("subnet_id")):
                old.remove(match)
                kept.append(match)
            else:
                fresh.append(entry)
        gone = [fixed["ip_address"] for fixed in old]
        if gone:
            await self._addresses.release(tx, row["id"], gone)
            await self.disassociate(tx, row["id"], gone)
        chosen = await self._addresses.choose(tx, row["network_id"], row["mac_address"], row["device_owner"], fresh)
        if chosen:
            top = select(ADDRESSES.c.position).where(ADDRESSES.c.port_id == row["id"])
            last = await tx.scalar(top.order_by(ADDRESSES.c.position.desc()).limit(1))
            await self._addresses.take(tx, row["id"], row["network_id"], chosen, (-1 if last is None else last) + 1)
        return kept + shown(chosen)

    async def disassociate(self, tx: Tx, port_id: str, addresses: list[str] | None = None) -> None:
        """Take the floating IPs off a port (or off some of its addresses)."""
        on_it = FLOATINGIPS.c.fixed_port_id == port_id
        if addresses is not None:
            on_it &= FLOATINGIPS.c.fixed_ip_address.in_(addresses)
        found = [row["id"] for row in await tx.all(select(FLOATINGIPS.c.id).where(on_it))]
        if not found:
            return
        counted = FLOATINGIPS.c.revision_number + 1
        free = {"fixed_port_id": None, "fixed_ip_address": None, "router_id": None, "status": "DOWN"}
        changed = {**free, "revision_number": counted, "updated_at": self._world.clock.now()}
        await tx.run(FLOATINGIPS.update().where(FLOATINGIPS.c.id.in_(found)).values(**changed))
        await self._changes.mark(tx, Kind.FLOATING_IP, *found)

    async def delete(self, tx: Tx, row: Row) -> None:
        """Remove a port that belongs to nothing which takes care of it itself.

        Raises:
            ServicePortInUse: it does.
        """
        if row["device_owner"] in GUARDED:
            raise ServicePortInUse(id=row["id"], reason=f"has device owner {row['device_owner']}")
        await self.remove(tx, [row["id"]])

    async def remove(self, tx: Tx, ids: list[str]) -> None:
        """Remove ports, whatever they belong to."""
        for port_id in ids:
            await self.disassociate(tx, port_id)
        if ids:
            await tx.run(PORTS.delete().where(PORTS.c.id.in_(ids)))
            await self._changes.mark(tx, Kind.PORT, *ids)
