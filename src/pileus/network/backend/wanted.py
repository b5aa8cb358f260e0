"""The wanted logical network, as data.

The network service computes these structs from its database and hands them to a
:class:`~pileus.network.backend.protocol.NetworkBackend`.  They say what must be, never how to get there.

Rules that hold for all of them:

* Addresses, prefixes and MAC addresses are text in their usual canonical form (``10.0.0.5``, ``fd00::/64``,
  ``fa:16:3e:00:00:01``, lower case).
* ``revision`` grows with every change of the object in the database.  A backend stores it beside what it
  made and gives it back by ``inventory()``; equal revisions mean nothing is left to do.
* They extend by fields with defaults: an object that was encoded before a field existed still decodes.
* Objects name each other by id.  A backend resolves the names itself and follows a change through to
  everything that depends on it (a network's MTU reaches DHCP options and router advertisements).
"""

from __future__ import annotations

import enum

import msgspec


class Kind(enum.StrEnum):
    """What an object of the wanted state is."""

    NETWORK = "network"
    SUBNET = "subnet"
    PORT = "port"
    ROUTER = "router"
    FLOATING_IP = "floating_ip"
    SECURITY_GROUP = "security_group"


class Ref(msgspec.Struct, frozen=True, order=True):
    """The name of one object: its kind and its id, written ``kind:id``."""

    kind: Kind
    id: str

    def __str__(self) -> str:
        return f"{self.kind.value}:{self.id}"

    @classmethod
    def parse(cls, text: str) -> Ref:
        """Read ``kind:id``; raises ValueError for anything else."""
        kind, _, ident = text.partition(":")
        return cls(Kind(kind), ident)


class NetworkType(enum.StrEnum):
    """How frames of a network travel between hosts."""

    GENEVE = "geneve"
    FLAT = "flat"
    VLAN = "vlan"


class WantedNetwork(msgspec.Struct, frozen=True, tag_field="object", tag="network", omit_defaults=True, kw_only=True):
    """One broadcast domain."""

    id: str
    revision: int
    mtu: int
    """Largest packet in bytes; the service derives it from the underlay (geneve over IPv4 costs 58)."""
    type: NetworkType = NetworkType.GENEVE
    physical_network: str = ""
    """Name that hosts map to a bridge; set for flat and vlan."""
    vlan_id: int | None = None
    external: bool = False
    """Whether routers may have their gateway here."""
    port_security: bool = True
    """Default for new ports; the ports themselves carry what is in force."""
    dns_domain: str = ""
    """Appended to the ``dns_name`` of ports, with or without its final dot."""
    enabled: bool = True
    vlan_transparent: bool = False


class HostRoute(msgspec.Struct, frozen=True):
    """A route told to guests by DHCP."""

    destination: str
    next_hop: str


class Ipv6Mode(enum.StrEnum):
    """How addresses of an IPv6 subnet are handed out, or who announces that."""

    SLAAC = "slaac"
    STATEFUL = "dhcpv6-stateful"
    STATELESS = "dhcpv6-stateless"


class WantedSubnet(msgspec.Struct, frozen=True, tag_field="object", tag="subnet", omit_defaults=True, kw_only=True):
    """A prefix on a network, and how guests learn their addresses in it."""

    id: str
    revision: int
    network_id: str
    cidr: str
    ip_version: int
    gateway: str | None = None
    dhcp: bool = True
    dhcp_mac: str = ""
    """Source MAC of the DHCP server's answers (and its DUID with DHCPv6); required where ``dhcp`` is on."""
    dns_servers: tuple[str, ...] = ()
    host_routes: tuple[HostRoute, ...] = ()
    ra_mode: Ipv6Mode | None = None
    address_mode: Ipv6Mode | None = None
    lease_seconds: int = 43200


class PortKind(enum.StrEnum):
    """What is, or will be, plugged into a port."""

    VIF = "vif"
    """A server's interface."""
    METADATA = "metadata"
    """Present on every host at once; metadata (and what DHCP needs an address for) is served behind it."""
    ROUTER = "router"
    """A router's leg, interface or gateway."""
    EXTERNAL = "external"
    """A machine outside the overlay (SR-IOV, bare metal) that hosts answer DHCP for."""
    VIRTUAL = "virtual"
    """An address that floats between other ports (VRRP)."""


class FixedIP(msgspec.Struct, frozen=True):
    """One address of a port."""

    subnet_id: str
    address: str


class AddressPair(msgspec.Struct, frozen=True):
    """A further address, or prefix, that a port may send from."""

    address: str
    mac: str


class DhcpOption(msgspec.Struct, frozen=True):
    """A DHCP option of one port, by its dnsmasq name or number (``mtu``, ``tftp-server``, ``66``)."""

    name: str
    value: str
    ip_version: int = 4


class WantedPort(msgspec.Struct, frozen=True, tag_field="object", tag="port", omit_defaults=True, kw_only=True):
    """A connection point of a network."""

    id: str
    revision: int
    network_id: str
    mac: str
    kind: PortKind = PortKind.VIF
    fixed_ips: tuple[FixedIP, ...] = ()
    allowed_pairs: tuple[AddressPair, ...] = ()
    port_security: bool = True
    """Whether spoofed sources are dropped and security groups apply; off means everything passes."""
    security_groups: tuple[str, ...] = ()
    """Ids.  A secured port with none can do DHCP and neighbour discovery and nothing else."""
    enabled: bool = True
    hosts: tuple[str, ...] = ()
    """Chassis (name or host name) that may bind it; the first is where it is, a second where it moves to."""
    dhcp_options: tuple[DhcpOption, ...] = ()
    dns_name: str = ""
    virtual_parents: tuple[str, ...] = ()
    """Ports that may claim a VIRTUAL port."""
    parent_port: str = ""
    """The trunk's parent of a subport."""
    parent_tag: int | None = None


class InterfaceAddress(msgspec.Struct, frozen=True):
    """An address of a router with its prefix length, e.g. ``10.0.0.1/24``."""

    subnet_id: str
    cidr: str


class RouterInterface(msgspec.Struct, frozen=True):
    """A router's leg in a network.  The port itself is applied as a WantedPort of kind ROUTER."""

    port_id: str
    network_id: str
    mac: str
    addresses: tuple[InterfaceAddress, ...]


class RouterGateway(msgspec.Struct, frozen=True):
    """A router's leg in an external network."""

    port_id: str
    network_id: str
    mac: str
    addresses: tuple[InterfaceAddress, ...]
    next_hops: tuple[str, ...] = ()
    """Default routes, at most one of each address family."""
    snat: bool = True
    snat_prefixes: tuple[str, ...] = ()
    """Inside prefixes whose traffic leaves with the gateway's own IPv4 address."""


class StaticRoute(msgspec.Struct, frozen=True):
    """A route inside a router."""

    destination: str
    next_hop: str


class WantedRouter(msgspec.Struct, frozen=True, tag_field="object", tag="router", omit_defaults=True, kw_only=True):
    """A router with all its legs and routes."""

    id: str
    revision: int
    enabled: bool = True
    interfaces: tuple[RouterInterface, ...] = ()
    gateway: RouterGateway | None = None
    routes: tuple[StaticRoute, ...] = ()
    gateway_chassis: tuple[str, ...] = ()
    """Names of the chassis that may carry the gateway, the preferred one first."""


class WantedFloatingIP(
    msgspec.Struct, frozen=True, tag_field="object", tag="floating_ip", omit_defaults=True, kw_only=True
):
    """An outside address that stands for an inside one; only associated ones are wanted."""

    id: str
    revision: int
    router_id: str
    address: str
    fixed_address: str
    port_id: str
    mac: str = ""
    """MAC of the floating address itself; required where ``distributed``."""
    distributed: bool = False
    """Whether the host of the port answers for the address, instead of the router's gateway chassis."""


class Direction(enum.StrEnum):
    """Seen from the port."""

    INGRESS = "ingress"
    EGRESS = "egress"


class SecurityRule(msgspec.Struct, frozen=True, omit_defaults=True, kw_only=True):
    """What may pass.  Unset fields match everything; there are no rules that forbid."""

    id: str
    direction: Direction
    ip_version: int
    protocol: str | None = None
    """IANA name in lower case or a number as text."""
    port_min: int | None = None
    """First port; the ICMP type where the protocol is ICMP."""
    port_max: int | None = None
    """Last port; the ICMP code where the protocol is ICMP."""
    remote_prefix: str | None = None
    remote_group: str | None = None


class WantedSecurityGroup(
    msgspec.Struct, frozen=True, tag_field="object", tag="security_group", omit_defaults=True, kw_only=True
):
    """A named set of rules; ports name the groups that they are in."""

    id: str
    revision: int
    stateful: bool = True
    rules: tuple[SecurityRule, ...] = ()


Wanted = WantedNetwork | WantedSubnet | WantedPort | WantedRouter | WantedFloatingIP | WantedSecurityGroup

_KINDS: dict[type, Kind] = {
    WantedNetwork: Kind.NETWORK,
    WantedSubnet: Kind.SUBNET,
    WantedPort: Kind.PORT,
    WantedRouter: Kind.ROUTER,
    WantedFloatingIP: Kind.FLOATING_IP,
    WantedSecurityGroup: Kind.SECURITY_GROUP,
}


def ref_of(wanted: Wanted) -> Ref:
    """The name of an object of the wanted state."""
    return Ref(_KINDS[type(wanted)], wanted.id)


def parents_of(wanted: Wanted) -> tuple[Ref, ...]:
    """The objects that must be there before this one can be."""
    match wanted:
        case WantedSubnet() | WantedPort():
            return (Ref(Kind.NETWORK, wanted.network_id),)
        case WantedFloatingIP():
            return (Ref(Kind.ROUTER, wanted.router_id),)
        case _:
            return ()
