"""Security groups as port groups with access lists, and the group that drops everything else."""

from __future__ import annotations

from pileus.network.backend.ovn.rows import DROP_KEY, WantedRow, group_name, part
from pileus.network.backend.wanted import Direction, SecurityRule, WantedSecurityGroup, ref_of

DROP_GROUP = "pileus_drop"
_DROP, _ALLOW = 1001, 1002

_NUMBERS = {
    "ah": 51, "dccp": 33, "egp": 8, "esp": 50, "gre": 47, "igmp": 2, "ipip": 4, "ipv6-encap": 41,
    "ipv6-frag": 44, "ipv6-nonxt": 59, "ipv6-opts": 60, "ipv6-route": 43, "ospf": 89, "pgm": 113,
    "rsvp": 46, "udplite": 136, "vrrp": 112,
}  # fmt: skip
_ICMP = frozenset({"icmp", "icmpv6", "ipv6-icmp", "1", "58"})
_WITH_PORTS = {"tcp": "tcp", "6": "tcp", "udp": "udp", "17": "udp", "sctp": "sctp", "132": "sctp"}


def drop_rows() -> list[WantedRow]:
    """What holds for every secured port: nothing passes but what a rule allows, and asking for an address.

    Neighbour discovery, router advertisements and OVN's own DHCP answers pass without any rule; a port asks
    by DHCP even where its groups allow no egress at all.
    """
    ingress, egress = f"outport == @{DROP_GROUP} && ip", f"inport == @{DROP_GROUP} && ip"
    asks4 = f"inport == @{DROP_GROUP} && ip4 && udp.src == 68 && udp.dst == 67"
    asks6 = f"inport == @{DROP_GROUP} && ip6 && udp.src == 546 && udp.dst == 547"
    rows = [WantedRow(DROP_KEY, "Port_Group", {"name": DROP_GROUP})]
    for name, direction, priority, match, action in (
        ("ingress", "to-lport", _DROP, ingress, "drop"),
        ("egress", "from-lport", _DROP, egress, "drop"),
        ("dhcp4", "from-lport", _ALLOW, asks4, "allow"),
        ("dhcp6", "from-lport", _ALLOW, asks6, "allow"),
    ):
        rows.append(_acl(f"{DROP_KEY}#{name}", direction, priority, match, action, DROP_KEY))
    return rows


def group_rows(group: WantedSecurityGroup) -> list[WantedRow]:
    """One access list entry for each rule."""
    ref = ref_of(group)
    action = "allow-related" if group.stateful else "allow-stateless"
    name = group_name(group.id)
    rows = [WantedRow(str(ref), "Port_Group", {"name": name})]
    for rule in group.rules:
        direction = "to-lport" if rule.direction is Direction.INGRESS else "from-lport"
        key = part(ref, f"rule/{rule.id}")
        rows.append(_acl(key, direction, _ALLOW, rule_match(rule, name), action, str(ref)))
    return rows


def _acl(key: str, direction: str, priority: int, match: str, action: str, parent: str) -> WantedRow:
    columns = {"direction": direction, "priority": priority, "match": match, "action": action}
    return WantedRow(key, "ACL", columns, parent=parent)


def rule_match(rule: SecurityRule, group: str) -> str:
    """OVN's expression for the packets that a rule of the port group ``group`` is about."""
    inward = rule.direction is Direction.INGRESS
    ip = f"ip{rule.ip_version}"
    terms = [f"{'outport' if inward else 'inport'} == @{group}", ip]
    far = f"{ip}.{'src' if inward else 'dst'}"
    if rule.remote_group is not None:
        terms.append(f"{far} == ${group_name(rule.remote_group)}_{ip}")
    elif rule.remote_prefix is not None and not rule.remote_prefix.endswith("/0"):
        terms.append(f"{far} == {rule.remote_prefix}")
    return " && ".join(terms + _protocol_terms(rule))


def _protocol_terms(rule: SecurityRule) -> list[str]:
    protocol = (rule.protocol or "any").lower()
    if protocol in ("any", "0"):
        return []
    if protocol in _ICMP:
        name = f"icmp{rule.ip_version}"
        terms = [name]
        if rule.port_min is not None:
            terms.append(f"{name}.type == {rule.port_min}")
        if rule.port_max is not None:
            terms.append(f"{name}.code == {rule.port_max}")
        return terms
    name = _WITH_PORTS.get(protocol, "")
    if not name:
        return [f"ip.proto == {_NUMBERS.get(protocol, protocol)}"]
    low, high = rule.port_min, rule.port_max
    if low is not None and low == high:
        return [name, f"{name}.dst == {low}"]
    bounds = [f"{name}.dst >= {low}"] if low is not None else []
    bounds += [f"{name}.dst <= {high}"] if high is not None else []
    return [name, *bounds]
