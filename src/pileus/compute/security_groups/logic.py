"""Between compute's old form of security groups and the network service's: only rules on what comes in are known."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from ipaddress import ip_network
from typing import Any

from pileus.kernel.api.errors import BadRequest, Conflict, Forbidden

WITH_PORTS = {"tcp", "udp"}
EVERYWHERE = {"IPv4": "0.0.0.0/0", "IPv6": "::/0"}


@contextmanager
def in_words_of_compute() -> Iterator[None]:
    """Turn the network service's conflicts into what compute answered for them.

    Raises:
        Forbidden: a quota is exceeded.
        BadRequest: any other conflict.
    """
    try:
        yield
    except Conflict as error:
        if error.type == "OverQuota":
            raise Forbidden(error.text) from error
        raise BadRequest(error.text) from error


def shown_rule(rule: Mapping[str, Any], groups: Mapping[str, Mapping[str, Any]]) -> dict[str, Any]:
    """A rule in compute's form.

    Args:
        groups: the groups that rules may name, by id.
    """
    low, high = rule["port_range_min"], rule["port_range_max"]
    protocol = rule["protocol"]
    if low is None and high is None and protocol is not None:
        if protocol in WITH_PORTS:
            low, high = 1, 65535
        elif protocol == "icmp":
            low, high = -1, -1
    elif high is None:
        high = -1
    shown = {
        "id": rule["id"],
        "parent_group_id": rule["group_id"],
        "ip_protocol": protocol,
        "from_port": low,
        "to_port": high,
        "group": {},
        "ip_range": {},
    }
    remote = groups.get(rule["remote_group_id"] or "")
    if remote is not None:
        shown["group"] = {"name": remote["name"], "tenant_id": remote["project_id"]}
    else:
        shown["ip_range"] = {"cidr": rule["remote_ip_prefix"] or EVERYWHERE[rule["ethertype"]]}
    return shown


def shown_group(group: Mapping[str, Any], groups: Mapping[str, Mapping[str, Any]]) -> dict[str, Any]:
    """A group in compute's form, with its rules on what comes in."""
    rules = [rule for rule in group["rules"] if rule["direction"] == "ingress"]
    known = [rule for rule in rules if not rule["remote_group_id"] or rule["remote_group_id"] in groups]
    return {
        "id": group["id"],
        "name": group["name"],
        "description": group["description"] or "",
        "tenant_id": group["project_id"],
        "rules": [shown_rule(rule, groups) for rule in known],
    }


def _number(value: Any, protocol: str) -> int:
    try:
        return int(value)
    except (TypeError, ValueError) as error:
        what = "Type and Code must be integers for ICMP protocol type"
        raise BadRequest(what if protocol == "icmp" else "To and From ports must be integers") from error


def _ports(protocol: str, low: int, high: int) -> tuple[int | None, int | None]:
    """Ports (or type and code) as the network service has them: nothing for everything."""
    if protocol not in {*WITH_PORTS, "icmp"}:
        raise BadRequest(f"Invalid IP protocol {protocol}.")
    if protocol == "icmp":
        if not (-1 <= low <= 255 and -1 <= high <= 255):
            raise BadRequest(f"Invalid port range {low}:{high}. For ICMP, the type:code must be valid")
        return (None if low == -1 else low), (None if high == -1 else high)
    if low > high:
        raise BadRequest(f"Invalid port range {low}:{high}. Former value cannot be greater than the later")
    if low < 1 or high > 65535:
        raise BadRequest(f"Invalid port range {low}:{high}. Valid {protocol.upper()} ports should be between 1-65535")
    return low, high


def wanted_rule(body: Mapping[str, Any]) -> dict[str, Any]:
    """A rule in the network service's form, from a request in compute's.

    Raises:
        BadRequest: it makes no rule.
    """
    protocol = str(body.get("ip_protocol") or "").lower()
    low, high, group_id = body.get("from_port"), body.get("to_port"), body.get("group_id")
    if group_id and protocol in WITH_PORTS and low is None and high is None:
        low, high = 1, 65535
    elif group_id and protocol == "icmp" and low is None and high is None:
        low, high = -1, -1
    rule: dict[str, Any] = {
        "direction": "ingress",
        "ethertype": "IPv4",
        "protocol": None,
        "port_range_min": None,
        "port_range_max": None,
        "remote_ip_prefix": None,
        "remote_group_id": group_id,
        "group_id": body["parent_group_id"],
    }
    if protocol and low is not None and high is not None:
        rule["protocol"] = protocol
        rule["port_range_min"], rule["port_range_max"] = _ports(
            protocol, _number(low, protocol), _number(high, protocol)
        )
    elif not group_id:
        raise BadRequest("Not enough parameters to build a valid rule.")
    if not group_id:
        cidr = str(body.get("cidr") or EVERYWHERE["IPv4"])
        try:
            prefix = ip_network(cidr, strict=False)
        except ValueError as error:
            raise BadRequest(f"Invalid cidr {cidr}.") from error
        rule["remote_ip_prefix"], rule["ethertype"] = str(prefix), f"IPv{prefix.version}"
    return rule
