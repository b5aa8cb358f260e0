"""What happens to security groups and their rules."""

from ipaddress import ip_network
from typing import Any

from sqlalchemy import Select, false, or_, select

from pileus.kernel.api.formats import is_whole
from pileus.kernel.auth.caller import Caller
from pileus.kernel.store import DuplicateRow, Row, SerializationFailure, Tx
from pileus.kernel.world import World
from pileus.network.backend.wanted import Kind
from pileus.network.errors import (
    SecurityGroupCannotRemoveDefault,
    SecurityGroupCannotUpdateDefault,
    SecurityGroupDefaultAlreadyExists,
    SecurityGroupInUse,
    SecurityGroupNotFound,
    SecurityGroupRuleExists,
    SecurityGroupRuleInvalid,
)
from pileus.network.plumbing.logic import Changes
from pileus.network.quotas.logic import claim
from pileus.network.security_groups.table import DEFAULT_GROUPS, GROUPS, PORT_GROUPS, RULES
from pileus.network.standard.logic import bump, change, new_row

PROTOCOLS = {
    "ah": 51,
    "dccp": 33,
    "egp": 8,
    "esp": 50,
    "gre": 47,
    "icmp": 1,
    "icmpv6": 58,
    "igmp": 2,
    "ipip": 4,
    "ipv6-encap": 41,
    "ipv6-frag": 44,
    "ipv6-icmp": 58,
    "ipv6-nonxt": 59,
    "ipv6-opts": 60,
    "ipv6-route": 43,
    "ospf": 89,
    "pgm": 113,
    "rsvp": 46,
    "sctp": 132,
    "tcp": 6,
    "udp": 17,
    "udplite": 136,
    "vrrp": 112,
}
"""Protocol names that Neutron knows, with their numbers.  Source: IANA, assigned internet protocol numbers."""

WITH_PORTS = {6, 17, 33, 132, 136}
ICMP = {1, 58}
_SAME = (
    "direction",
    "ethertype",
    "protocol",
    "port_range_min",
    "port_range_max",
    "remote_ip_prefix",
    "remote_group_id",
)


def visible(who: Caller) -> Select[Any]:
    """The groups that a caller may know of."""
    statement = select(GROUPS)
    return statement if who.is_admin else statement.where(GROUPS.c.project_id == who.project_id)


def visible_rules(who: Caller) -> Select[Any]:
    """The rules that a caller may know of: those of its groups, whoever made them."""
    statement = select(RULES, GROUPS.c.project_id.label("security_group:project_id"))
    statement = statement.join(GROUPS, RULES.c.group_id == GROUPS.c.id)
    if who.is_admin:
        return statement
    return statement.where(or_(GROUPS.c.project_id == who.project_id, RULES.c.project_id == who.project_id))


async def with_rules(tx: Tx, rows: list[Row]) -> list[Row]:
    """Groups with their rules, by one further query."""
    found = select(RULES).where(RULES.c.group_id.in_([row["id"] for row in rows]))
    by_group: dict[str, list[Row]] = {}
    for rule in await tx.all(found.order_by(RULES.c.created_at, RULES.c.id)):
        by_group.setdefault(rule["group_id"], []).append(rule)
    for row in rows:
        row["rules"] = by_group.get(row["id"], [])
        row["shared"] = False
    return rows


def protocol_number(protocol: str | None) -> int | None:
    """The number of a protocol's name or digits."""
    if protocol is None:
        return None
    return PROTOCOLS[protocol] if protocol in PROTOCOLS else int(protocol)


def check_rule(body: dict[str, Any]) -> dict[str, Any]:
    """A rule's values in canonical form.

    Raises:
        SecurityGroupRuleInvalid: they do not go together.
    """
    ethertype = {"ipv4": "IPv4", "ipv6": "IPv6", "4": "IPv4", "6": "IPv6"}.get(
        str(body.get("ethertype") or "IPv4").lower()
    )
    if ethertype is None:
        raise SecurityGroupRuleInvalid(
            f"Security group rule for ethertype '{body['ethertype']}' not supported. "
            "Allowed values are ['IPv4', 'IPv6']."
        )
    protocol = _protocol(body.get("protocol"))
    if ethertype == "IPv6" and protocol in {"icmp", "1", "icmpv6"}:
        protocol = "ipv6-icmp"
    number = protocol_number(protocol)
    if number is not None and protocol is not None and ethertype == "IPv4" and number in {41, 43, 44, 58, 59, 60}:
        raise SecurityGroupRuleInvalid(f"Invalid ethertype {ethertype} for protocol {protocol}.")
    low, high = _ports(body, protocol, number)
    prefix, group = body.get("remote_ip_prefix"), body.get("remote_group_id")
    if prefix and group:
        raise SecurityGroupRuleInvalid(
            "Only one of remote_ip_prefix or remote_group_id or remote_address_group_id may be provided."
        )
    return {
        "direction": body["direction"],
        "ethertype": ethertype,
        "protocol": protocol,
        "port_range_min": low,
        "port_range_max": high,
        "remote_ip_prefix": _prefix(prefix, ethertype) if prefix else None,
        "remote_group_id": group,
    }


def _protocol(value: Any) -> str | None:
    if value is None or value in {"", "any", "0", 0, -1, "-1"}:
        return None
    text = str(value).lower()
    if text in PROTOCOLS or (is_whole(text) and 0 <= int(text) <= 255):
        return text
    raise SecurityGroupRuleInvalid(
        f"Security group rule protocol {value} not supported. Only protocol values "
        f"{[None, *sorted(PROTOCOLS)]} and integer representations [0 to 255] are supported."
    )


def _ports(body: dict[str, Any], protocol: str | None, number: int | None) -> tuple[int | None, int | None]:
    low, high = body.get("port_range_min"), body.get("port_range_max")
    if low is None and high is None:
        return None, None
    if number is None:
        raise SecurityGroupRuleInvalid("Must also specify protocol if port range is given.")
    if number in ICMP:
        for field, attribute, value in (("type", "port-range-min", low), ("code", "port-range-max", high)):
            if value is not None and not 0 <= value <= 255:
                raise SecurityGroupRuleInvalid(
                    f"Invalid value for ICMP {field} ({attribute}) {value}. It must be 0 to 255."
                )
        if low is None:
            raise SecurityGroupRuleInvalid(
                f"ICMP code (port-range-max) {high} is provided but ICMP type (port-range-min) is missing."
            )
        return low, high
    if number not in WITH_PORTS:
        raise SecurityGroupRuleInvalid(
            f"Ports cannot be specified for protocol {protocol}. Ports are only supported for "
            "['dccp', 'sctp', 'tcp', 'udp', 'udplite']."
        )
    for value in (low, high):
        if value is not None and not 1 <= value <= 65535:
            raise SecurityGroupRuleInvalid(f"Invalid value for port {value}")
    if low is None or high is None or low > high:
        raise SecurityGroupRuleInvalid("For TCP/UDP protocols, port_range_min must be <= port_range_max")
    return low, high


def _prefix(text: str, ethertype: str) -> str:
    try:
        prefix = ip_network(text, strict=False)
    except ValueError:
        raise SecurityGroupRuleInvalid(
            f"Invalid input for remote_ip_prefix. Reason: '{text}' is not a valid CIDR."
        ) from None
    if prefix.version != int(ethertype[-1]):
        raise SecurityGroupRuleInvalid(f"Conflicting value ethertype {ethertype} for CIDR {text}")
    return str(prefix)


class SecurityGroups:
    """Makes, changes and removes security groups and rules."""

    def __init__(self, world: World, changes: Changes) -> None:
        self._world = world
        self._changes = changes

    async def default(self, tx: Tx, project_id: str) -> str:
        """The id of a project's default group, which is made where there is none."""
        known = select(DEFAULT_GROUPS.c.group_id).where(DEFAULT_GROUPS.c.project_id == project_id)
        found: str | None = await tx.scalar(known)
        if found is not None:
            return found
        words = {"name": "default", "description": "Default security group"}
        row = {**new_row(self._world, project_id, words), "stateful": True}
        await tx.insert(GROUPS, row)
        try:
            await tx.insert(DEFAULT_GROUPS, {"project_id": project_id, "group_id": row["id"]})
        except DuplicateRow as error:
            raise SerializationFailure(str(error)) from error
        rules = [
            self._rule(row, {"direction": direction, "ethertype": ethertype, "remote_group_id": remote})
            for direction, remote in (("ingress", row["id"]), ("egress", None))
            for ethertype in ("IPv4", "IPv6")
        ]
        await tx.insert(RULES, rules)
        await self._changes.mark(tx, Kind.SECURITY_GROUP, row["id"])
        return str(row["id"])

    def _rule(self, group: Row, values: dict[str, Any], project_id: str = "") -> Row:
        row = new_row(self._world, project_id or group["project_id"], values)
        empty = dict.fromkeys(("protocol", "port_range_min", "port_range_max", "remote_ip_prefix", "remote_group_id"))
        return {
            **{k: v for k, v in row.items() if k not in {"name", "tags"}},
            "group_id": group["id"],
            **empty,
            **values,
        }

    async def create(self, tx: Tx, project_id: str, body: dict[str, Any]) -> Row:
        """Make a group, which lets everything out."""
        if body["name"] == "default":
            raise SecurityGroupDefaultAlreadyExists
        await claim(tx, project_id, "security_group")
        await self.default(tx, project_id)
        row = {**new_row(self._world, project_id, body), "stateful": body["stateful"]}
        await tx.insert(GROUPS, row)
        await tx.insert(RULES, [self._rule(row, {"direction": "egress", "ethertype": e}) for e in ("IPv4", "IPv6")])
        await self._changes.mark(tx, Kind.SECURITY_GROUP, row["id"])
        return row

    async def is_default(self, tx: Tx, group: Row) -> bool:
        """Whether a group is its project's default."""
        known = select(DEFAULT_GROUPS.c.group_id).where(DEFAULT_GROUPS.c.group_id == group["id"])
        return await tx.first(known) is not None

    async def update(self, tx: Tx, row: Row, body: dict[str, Any]) -> Row:
        """Change a group."""
        if body.get("name", row["name"]) != row["name"]:
            if await self.is_default(tx, row):
                raise SecurityGroupCannotUpdateDefault
            if body["name"] == "default":
                raise SecurityGroupDefaultAlreadyExists
        changed = await change(tx, self._world, GROUPS, row, body)
        await self._changes.mark(tx, Kind.SECURITY_GROUP, row["id"])
        return changed

    async def delete(self, tx: Tx, who: Caller, row: Row) -> None:
        """Remove a group.

        Raises:
            SecurityGroupInUse, SecurityGroupCannotRemoveDefault.
        """
        if not who.is_admin and await self.is_default(tx, row):
            raise SecurityGroupCannotRemoveDefault
        if await tx.first(select(PORT_GROUPS.c.port_id).where(PORT_GROUPS.c.group_id == row["id"]).limit(1)):
            raise SecurityGroupInUse(id=row["id"])
        pointing = select(RULES.c.group_id).where(RULES.c.remote_group_id == row["id"], RULES.c.group_id != row["id"])
        others = {rule["group_id"] for rule in await tx.all(pointing)}
        await tx.run(GROUPS.delete().where(GROUPS.c.id == row["id"]))
        await self._changes.mark(tx, Kind.SECURITY_GROUP, row["id"], *sorted(others))

    async def add_rule(self, tx: Tx, who: Caller, group: Row, body: dict[str, Any]) -> Row:
        """Add a rule to a group.

        Raises:
            SecurityGroupRuleInvalid, SecurityGroupRuleExists, OverQuota, SecurityGroupNotFound.
        """
        values = check_rule(body)
        if values["remote_group_id"] is not None:
            remote = visible(who).where(GROUPS.c.id == values["remote_group_id"])
            if await tx.first(remote) is None:
                raise SecurityGroupNotFound(id=values["remote_group_id"])
        await claim(tx, group["project_id"], "security_group_rule")
        mine = RULES.c.group_id == group["id"]
        for rule in await tx.all(select(RULES).where(mine, RULES.c.direction == values["direction"])):
            if _alike(rule) == _alike(values):
                raise SecurityGroupRuleExists(id=rule["id"])
        row = self._rule(group, {**values, "description": body.get("description") or ""})
        await tx.insert(RULES, row)
        await bump(tx, self._world.clock.now(), GROUPS, group["id"])
        await self._changes.mark(tx, Kind.SECURITY_GROUP, group["id"])
        return row

    async def remove_rule(self, tx: Tx, rule: Row) -> None:
        """Remove a rule."""
        await tx.run(RULES.delete().where(RULES.c.id == rule["id"]))
        await bump(tx, self._world.clock.now(), GROUPS, rule["group_id"])
        await self._changes.mark(tx, Kind.SECURITY_GROUP, rule["group_id"])

    async def known(self, tx: Tx, who: Caller, project_id: str, asked: list[str]) -> list[str]:
        """The ids asked for, each of a group that the caller or the project may use; none twice.

        Raises:
            SecurityGroupNotFound.
        """
        if not asked:
            return []
        may = false() if not who.is_admin else GROUPS.c.id.is_not(None)
        usable = or_(GROUPS.c.project_id.in_((who.project_id, project_id)), may)
        rows = await tx.all(select(GROUPS.c.id).where(GROUPS.c.id.in_(asked), usable))
        found = {row["id"] for row in rows}
        for group in asked:
            if group not in found:
                raise SecurityGroupNotFound(id=group)
        return list(dict.fromkeys(asked))


def _alike(rule: dict[str, Any]) -> tuple[Any, ...]:
    """What makes two rules the same: the any-prefix is no prefix, a protocol's name its number."""
    values = {key: rule[key] for key in _SAME}
    values["protocol"] = protocol_number(rule["protocol"])
    if values["remote_ip_prefix"] in {"0.0.0.0/0", "::/0"}:
        values["remote_ip_prefix"] = None
    return tuple(values.values())
