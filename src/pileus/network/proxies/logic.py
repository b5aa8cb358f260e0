"""`service.Proxied`, fulfilled."""

from typing import Any

from sqlalchemy import select

from pileus.kernel.api.call import Call
from pileus.kernel.auth.caller import Caller
from pileus.kernel.store import Row, Tx
from pileus.network.errors import FloatingIPNotFound, NetworkNotFound, SecurityGroupNotFound, SecurityGroupRuleNotFound
from pileus.network.floatingips import logic as floating
from pileus.network.floatingips.table import FLOATINGIPS
from pileus.network.networks import logic as networks
from pileus.network.networks.table import NETWORKS
from pileus.network.ports.table import PORTS
from pileus.network.security_groups import logic as groups
from pileus.network.security_groups.table import GROUPS, RULES
from pileus.network.service import FloatingRecord


class Proxies:
    """See `service.Proxied`."""

    def __init__(self, security: groups.SecurityGroups, floats: floating.FloatingIPs) -> None:
        self._groups = security
        self._floats = floats

    async def security_groups(self, tx: Tx, who: Caller, *, everybody: bool = False) -> list[dict[str, Any]]:
        """See `service.Proxied.security_groups`."""
        await self._groups.default(tx, who.project_id)
        statement = groups.visible(who) if everybody else select(GROUPS).where(GROUPS.c.project_id == who.project_id)
        rows = await tx.all(statement.order_by(GROUPS.c.created_at))
        return await groups.with_rules(tx, rows)

    async def _group(self, tx: Tx, who: Caller, id: str) -> Row:
        row = await tx.first(groups.visible(who).where(GROUPS.c.id == id))
        if row is None:
            raise SecurityGroupNotFound(id=id)
        return row

    async def make_security_group(self, tx: Tx, who: Caller, name: str, description: str) -> dict[str, Any]:
        """See `service.Proxied.make_security_group`."""
        words = {"name": name, "description": description, "stateful": True}
        row = await self._groups.create(tx, who.project_id, words)
        return (await groups.with_rules(tx, [row]))[0]

    async def change_security_group(self, tx: Tx, who: Caller, id: str, name: str, description: str) -> dict[str, Any]:
        """See `service.Proxied.change_security_group`."""
        row = await self._group(tx, who, id)
        changed = await self._groups.update(tx, row, {"name": name, "description": description})
        return (await groups.with_rules(tx, [changed]))[0]

    async def drop_security_group(self, tx: Tx, who: Caller, id: str) -> None:
        """See `service.Proxied.drop_security_group`."""
        await self._groups.delete(tx, who, await self._group(tx, who, id))

    async def make_security_group_rule(self, tx: Tx, who: Caller, rule: dict[str, Any]) -> dict[str, Any]:
        """See `service.Proxied.make_security_group_rule`."""
        return await self._groups.add_rule(tx, who, await self._group(tx, who, rule["group_id"]), rule)

    async def drop_security_group_rule(self, tx: Tx, who: Caller, id: str) -> None:
        """See `service.Proxied.drop_security_group_rule`."""
        row = await tx.first(groups.visible_rules(who).where(RULES.c.id == id))
        if row is None:
            raise SecurityGroupRuleNotFound(id=id)
        await self._groups.remove_rule(tx, row)

    async def networks(self, tx: Tx, who: Caller) -> list[dict[str, Any]]:
        """See `service.Proxied.networks`."""
        rows = await tx.all(networks.visible(who).order_by(NETWORKS.c.created_at, NETWORKS.c.id))
        return [{"id": row["id"], "name": row["name"]} for row in rows]

    async def floating_pools(self, tx: Tx, who: Caller) -> list[str]:
        """See `service.Proxied.floating_pools`."""
        rows = await tx.all(networks.visible(who).where(NETWORKS.c.external).order_by(NETWORKS.c.name))
        return [row["name"] or row["id"] for row in rows]

    async def _records(self, tx: Tx, rows: list[Row]) -> list[FloatingRecord]:
        ids = {row["floating_network_id"] for row in rows}
        names = {r["id"]: r["name"] for r in await tx.all(select(NETWORKS).where(NETWORKS.c.id.in_(ids)))}
        wanted = [row["fixed_port_id"] for row in rows if row["fixed_port_id"]]
        devices = {r["id"]: r["device_id"] for r in await tx.all(select(PORTS).where(PORTS.c.id.in_(wanted)))}
        return [
            FloatingRecord(
                id=row["id"],
                address=row["floating_ip_address"],
                pool=names.get(row["floating_network_id"]) or row["floating_network_id"],
                fixed_ip=row["fixed_ip_address"] or "",
                device_id=devices.get(row["fixed_port_id"], ""),
            )
            for row in rows
        ]

    async def floating_ips(self, tx: Tx, who: Caller) -> list[FloatingRecord]:
        """See `service.Proxied.floating_ips`."""
        mine = select(FLOATINGIPS).where(FLOATINGIPS.c.project_id == who.project_id)
        return await self._records(tx, await tx.all(mine.order_by(FLOATINGIPS.c.created_at, FLOATINGIPS.c.id)))

    async def make_floating_ip(self, call: Call, pool: str) -> FloatingRecord:
        """See `service.Proxied.make_floating_ip`."""
        found = await call.tx.all(networks.visible(call.who).where(NETWORKS.c.external).order_by(NETWORKS.c.name))
        chosen = [row for row in found if pool in {"", row["name"], row["id"]}]
        if not chosen:
            raise NetworkNotFound(id=pool)
        words = {"floating_network_id": chosen[0]["id"], "dns_name": "", "dns_domain": ""}
        row = await self._floats.create(call, call.who.project_id, words)
        return (await self._records(call.tx, [row]))[0]

    async def lead_floating_ip(self, call: Call, address: str, port_id: str, fixed_ip: str) -> None:
        """See `service.Proxied.lead_floating_ip`."""
        mine = floating.visible(call.who).where(FLOATINGIPS.c.floating_ip_address == address)
        row = await call.tx.first(mine)
        if row is None:
            raise FloatingIPNotFound(id=address)
        words = {"port_id": port_id, "fixed_ip_address": fixed_ip} if port_id else {"port_id": None}
        await self._floats.update(call, row, words)

    async def drop_floating_ip(self, tx: Tx, who: Caller, id: str) -> None:
        """See `service.Proxied.drop_floating_ip`."""
        row = await tx.first(floating.visible(who).where(FLOATINGIPS.c.id == id))
        if row is not None:
            await self._floats.delete(tx, row)
