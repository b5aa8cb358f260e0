"""The pure part of the OVN driver: which rows an object becomes, and whom a change touches."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from pileus.network.backend.ovn.mapping import rows_for
from pileus.network.backend.ovn.mapping.security import rule_match
from pileus.network.backend.ovn.rows import DROP_KEY, Link, WantedRow
from pileus.network.backend.ovn.view import View
from pileus.network.backend.wanted import (
    AddressPair,
    DhcpOption,
    Direction,
    FixedIP,
    HostRoute,
    InterfaceAddress,
    Ipv6Mode,
    Kind,
    PortKind,
    Ref,
    RouterGateway,
    RouterInterface,
    SecurityRule,
    StaticRoute,
    Wanted,
    WantedFloatingIP,
    WantedNetwork,
    WantedPort,
    WantedRouter,
    WantedSecurityGroup,
    WantedSubnet,
    ref_of,
)

NET = WantedNetwork(id="n", revision=1, mtu=1442, dns_domain="Example.org.")
EXT = WantedNetwork(id="e", revision=1, mtu=1400, type="vlan", physical_network="public", vlan_id=7, external=True)
SUB = WantedSubnet(
    id="s", revision=1, network_id="n", cidr="10.0.0.0/24", ip_version=4, gateway="10.0.0.1", dhcp_mac="m:d"
)
SUB6 = WantedSubnet(
    id="s6",
    revision=1,
    network_id="n",
    cidr="fd00::/64",
    ip_version=6,
    gateway="fd00::1",
    dhcp_mac="m:d",
    dns_servers=("fd00::53",),
    ra_mode=Ipv6Mode.STATEFUL,
    address_mode=Ipv6Mode.STATEFUL,
)
META = WantedPort(
    id="md", revision=1, network_id="n", mac="m:2", kind=PortKind.METADATA, fixed_ips=(FixedIP("s", "10.0.0.2"),)
)
PORT = WantedPort(
    id="p",
    revision=1,
    network_id="n",
    mac="m:5",
    fixed_ips=(FixedIP("s", "10.0.0.5"), FixedIP("s6", "fd00::5")),
    security_groups=("g-1",),
    dns_name="Web",
)


def view(*objects: Wanted) -> View:
    found = View()
    for each in objects:
        found.put(each)
    return found


def rows(wanted: Any, *others: Wanted) -> dict[str, WantedRow]:
    return {row.key: row for row in rows_for(wanted, view(wanted, *others))}


def test_network_kinds() -> None:
    assert list(rows(NET)) == ["network:n"]
    cable = rows(EXT)["network:e#localnet"]
    assert cable.columns["options"] == {"network_name": "public"}
    assert cable.columns["tag"] == [7]
    assert cable.parent == "network:e"


def test_dhcp_v4_options() -> None:
    options = rows(SUB, NET, META)["subnet:s"].columns["options"]
    assert options == {
        "server_id": "10.0.0.1",
        "server_mac": "m:d",
        "lease_time": "43200",
        "mtu": "1442",
        "router": "10.0.0.1",
        "domain_name": '"Example.org"',
        "classless_static_route": "{169.254.169.254/32,10.0.0.2, 0.0.0.0/0,10.0.0.1}",
    }
    isolated = msgspec.structs.replace(SUB, gateway=None, host_routes=(HostRoute("10.9.0.0/16", "10.0.0.9"),))
    options = rows(isolated, NET)["subnet:s"].columns["options"]
    assert options["server_id"] == "10.0.0.1"
    assert "router" not in options
    assert options["classless_static_route"] == "{10.9.0.0/16,10.0.0.9}"
    assert rows(msgspec.structs.replace(SUB, dhcp=False), NET)["subnet:s"].columns["options"] == {}


@pytest.mark.parametrize(
    ("mode", "links", "stateless"),
    [(Ipv6Mode.STATEFUL, 1, None), (Ipv6Mode.STATELESS, 1, "true"), (Ipv6Mode.SLAAC, 0, None), (None, 0, None)],
)
def test_dhcp_v6(mode: Ipv6Mode | None, links: int, stateless: str | None) -> None:
    subnet = msgspec.structs.replace(SUB6, address_mode=mode)
    assert len(rows(PORT, NET, SUB, subnet)["port:p"].columns["dhcpv6_options"]) == links
    assert rows(subnet, NET)["subnet:s6"].columns["options"].get("dhcpv6_stateless") == stateless


def test_port_is_pinned_to_its_addresses_and_groups() -> None:
    port = msgspec.structs.replace(
        PORT, allowed_pairs=(AddressPair("10.0.0.100", "m:5"), AddressPair("10.1.0.0/24", "m:6")), hosts=("a", "b")
    )
    found = rows(port, NET, SUB, SUB6)["port:p"]
    assert found.columns["addresses"] == ["m:5 10.0.0.5 fd00::5", "m:6"]
    assert found.columns["port_security"] == ["m:5 10.0.0.5 fd00::5 10.0.0.100", "m:6 10.1.0.0/24"]
    assert found.groups == (DROP_KEY, "security_group:g-1")
    assert found.columns["options"] == {"requested-chassis": "a,b"}
    assert found.columns["dhcpv4_options"] == [Link("subnet:s")]
    free = rows(msgspec.structs.replace(port, port_security=False), NET)["port:p"]
    assert free.columns["port_security"] == []
    assert free.columns["addresses"][-1] == "unknown"
    assert free.groups == ()


def test_port_names_both_ways() -> None:
    records = rows(PORT, NET)["port:p#dns"].columns["records"]
    assert records["web"] == records["web.example.org"] == "10.0.0.5 fd00::5"
    assert records["5.0.0.10.in-addr.arpa"] == "web.example.org"


def test_port_with_options_of_its_own() -> None:
    port = msgspec.structs.replace(PORT, dhcp_options=(DhcpOption("bootfile-name", "pxe.0"), DhcpOption("26", "1300")))
    found = rows(port, NET, SUB)
    assert found["port:p"].columns["dhcpv4_options"] == [Link("port:p#dhcp4")]
    options = found["port:p#dhcp4"].columns["options"]
    assert (options["bootfile_name"], options["mtu"], options["router"]) == ('"pxe.0"', "1300", "10.0.0.1")


def test_special_ports() -> None:
    def of(**more: Any) -> WantedRow:
        return rows(msgspec.structs.replace(PORT, **more), NET, SUB)["port:p"]

    assert of(kind=PortKind.METADATA).columns["type"] == "localport"
    assert of(kind=PortKind.ROUTER).columns["addresses"] == ["router"]
    virtual = of(kind=PortKind.VIRTUAL, virtual_parents=("a", "b")).columns
    assert virtual["options"] == {"virtual-ip": "10.0.0.5", "virtual-parents": "a,b"}
    assert of(parent_port="trunk", parent_tag=5).columns["tag"] == [5]
    outside = rows(msgspec.structs.replace(PORT, kind=PortKind.EXTERNAL, hosts=("a",)), NET, SUB)
    assert outside["port:p#ha/a"].parent == "port:p#ha"
    assert outside["port:p"].columns["ha_chassis_group"] == [Link("port:p#ha")]
    off = msgspec.structs.replace(NET, enabled=False)
    assert rows(PORT, off)["port:p"].columns["enabled"] == [False]


def router() -> WantedRouter:
    inside = RouterInterface(
        "i", "n", "m:a", (InterfaceAddress("s", "10.0.0.1/24"), InterfaceAddress("s6", "fd00::1/64"))
    )
    gateway = RouterGateway(
        "g",
        "e",
        "m:b",
        (InterfaceAddress("se", "198.51.100.9/24"), InterfaceAddress("se6", "2001:db8::9/64")),
        next_hops=("198.51.100.1", "2001:db8::1"),
        snat_prefixes=("10.0.0.0/24",),
    )
    return WantedRouter(
        id="r",
        revision=1,
        interfaces=(inside,),
        gateway=gateway,
        routes=(StaticRoute("10.9.0.0/16", "10.0.0.9"),),
        gateway_chassis=("a", "b"),
    )


def test_router() -> None:
    found = rows(router(), NET, EXT, SUB, SUB6)
    leg = found["router:r#leg/i"].columns
    assert leg["networks"] == ["10.0.0.1/24", "fd00::1/64"]
    assert leg["ipv6_ra_configs"]["address_mode"] == "dhcpv6_stateful"
    assert leg["ipv6_ra_configs"]["mtu"] == "1442"
    assert leg["options"] == {}
    assert found["router:r#leg/g"].columns["options"] == {"gateway_mtu": "1400"}
    assert found["router:r#leg/g"].columns["ipv6_ra_configs"] == {}
    assert [found[f"router:r#chassis/{name}"].columns["priority"] for name in "ab"] == [100, 99]
    assert found["router:r#default/0.0.0.0/0"].columns["output_port"] == ["lrp-g"]
    assert found["router:r#default/::/0"].columns["nexthop"] == "2001:db8::1"
    assert found["router:r#route/10.9.0.0/16/10.0.0.9"].columns["output_port"] == []
    assert found["router:r#snat/10.0.0.0/24"].columns["external_ip"] == "198.51.100.9"
    assert all(row.parent in found for row in found.values() if row.parent)
    quiet = msgspec.structs.replace(router(), gateway=msgspec.structs.replace(router().gateway, snat=False))
    assert not any("snat" in key for key in rows(quiet, NET, EXT))


def test_floating_ip_spreads_only_with_a_mac() -> None:
    floating = WantedFloatingIP(
        id="f", revision=1, router_id="r", address="198.51.100.20", fixed_address="10.0.0.5", port_id="p", mac="m:f"
    )
    assert rows(floating)["floating_ip:f"].columns["external_mac"] == []
    spread = rows(msgspec.structs.replace(floating, distributed=True))["floating_ip:f"].columns
    assert (spread["external_mac"], spread["logical_port"]) == (["m:f"], ["p"])


@pytest.mark.parametrize(
    ("fields", "match"),
    [
        ({}, "ip4"),
        ({"protocol": "tcp"}, "ip4 && tcp"),
        ({"protocol": "6", "port_min": 22, "port_max": 22}, "ip4 && tcp && tcp.dst == 22"),
        (
            {"protocol": "udp", "port_min": 1, "port_max": 9, "remote_prefix": "10.0.0.0/8"},
            "ip4 && ip4.src == 10.0.0.0/8 && udp && udp.dst >= 1 && udp.dst <= 9",
        ),
        ({"remote_prefix": "0.0.0.0/0"}, "ip4"),
        ({"remote_group": "a-b", "ip_version": 6}, "ip6 && ip6.src == $pg_a_b_ip6"),
        ({"direction": Direction.EGRESS, "remote_prefix": "::1", "ip_version": 6}, "ip6 && ip6.dst == ::1"),
        ({"protocol": "icmp", "port_min": 8, "port_max": 0}, "ip4 && icmp4 && icmp4.type == 8 && icmp4.code == 0"),
        ({"protocol": "icmp", "ip_version": 6}, "ip6 && icmp6"),
        ({"protocol": "ipv6-icmp", "ip_version": 6, "port_min": 128}, "ip6 && icmp6 && icmp6.type == 128"),
        ({"protocol": "vrrp"}, "ip4 && ip.proto == 112"),
        ({"protocol": "99"}, "ip4 && ip.proto == 99"),
    ],
)
def test_rule_matches(fields: dict[str, Any], match: str) -> None:
    settings = {"id": "x", "direction": Direction.INGRESS, "ip_version": 4} | fields
    rule = SecurityRule(**settings)
    side = "outport" if rule.direction is Direction.INGRESS else "inport"
    assert rule_match(rule, "pg_g") == f"{side} == @pg_g && {match}"


def test_stateless_group() -> None:
    rule = SecurityRule(id="x", direction=Direction.EGRESS, ip_version=4)
    group = WantedSecurityGroup(id="g-1", revision=1, stateful=False, rules=(rule,))
    found = rows(group)
    assert found["security_group:g-1"].columns["name"] == "pg_g_1"
    assert found["security_group:g-1#rule/x"].columns["action"] == "allow-stateless"


def test_a_change_reaches_those_that_depend_on_it() -> None:
    group = WantedSecurityGroup(id="g-1", revision=1)
    whole = view(NET, EXT, SUB, SUB6, META, PORT, router(), group)

    def touched(wanted: Wanted) -> set[str]:
        return {str(ref) for ref in whole.touched_by(whole.put(wanted), wanted)}

    assert touched(msgspec.structs.replace(NET, revision=2)) == set()
    assert touched(msgspec.structs.replace(NET, mtu=1300)) == {
        "subnet:s",
        "subnet:s6",
        "port:p",
        "port:md",
        "router:r",
    }
    assert touched(msgspec.structs.replace(SUB6, ra_mode=Ipv6Mode.SLAAC)) == {"port:p", "router:r"}
    assert touched(msgspec.structs.replace(META, fixed_ips=(FixedIP("s", "10.0.0.3"),))) == {"subnet:s"}
    assert touched(msgspec.structs.replace(PORT, mac="m:9")) == set()
    assert touched(msgspec.structs.replace(group, stateful=False)) == set()
    old = whole.drop(Ref(Kind.SECURITY_GROUP, "g-1"))
    assert {str(ref) for ref in whole.touched_by(old, None)} == {"port:p"}


@pytest.mark.parametrize("wanted", [NET, EXT, SUB, SUB6, META, PORT, router()], ids=lambda each: each.id)
def test_wanted_state_survives_the_database(wanted: Wanted) -> None:
    assert msgspec.json.decode(msgspec.json.encode(wanted), type=Wanted) == wanted
    assert Ref.parse(str(ref_of(wanted))) == ref_of(wanted)
