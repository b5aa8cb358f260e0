"""Subnets, as the API shows them."""

from pileus.kernel.api import fields as f
from pileus.kernel.api.schema import Schema
from pileus.network.rules import ADMIN
from pileus.network.standard.schema import Standard

MODES = ("slaac", "dhcpv6-stateful", "dhcpv6-stateless")


class AllocationPool(Schema):
    """A range of addresses."""

    start = f.text("The first address.", format="ip", required=True)
    end = f.text("The last address.", format="ip", required=True)


class HostRoute(Schema):
    """A route told to guests."""

    destination = f.text("Prefix.", format="cidr", required=True)
    nexthop = f.text("Address of the next hop.", format="ip", required=True)


class Subnet(Standard, key="subnet"):
    """A prefix on a network."""

    network_id = f.ident("Its network.", required=True, create_only=True)
    ip_version = f.anything(
        "4 or 6.", {"enum": [4, 6, "4", "6"], "type": ["integer", "string"]}, convert=int, create_only=True
    )
    cidr = f.text("The prefix.", format="cidr", nullable=True, create_only=True)
    prefixlen = f.integer(
        "Size of a prefix taken from a pool.", loose=True, least=0, most=128, create_only=True, write_only=True
    )
    subnetpool_id = f.ident("The pool that it was cut from.", nullable=True, create_only=True)
    use_default_subnetpool = f.boolean(
        "Whether to cut it from the default pool.", loose=True, create_only=True, write_only=True
    )
    gateway_ip = f.text("Address of the gateway; null for none.", format="ip", nullable=True)
    enable_dhcp = f.boolean("Whether guests get their addresses by DHCP.", loose=True, default=True)
    ipv6_ra_mode = f.text("Who announces IPv6 prefixes.", choices=MODES, nullable=True, create_only=True)
    ipv6_address_mode = f.text("How guests get IPv6 addresses.", choices=MODES, nullable=True, create_only=True)
    allocation_pools = f.array(AllocationPool, "Ranges to hand out.", filterable=False, sortable=False)
    dns_nameservers = f.array(
        f.text("Address of a resolver.", format="ip"),
        "Resolvers told to guests.",
        unique=True,
        filterable=False,
        sortable=False,
        default=[],
    )
    host_routes = f.array(HostRoute, "Routes told to guests.", filterable=False, sortable=False, default=[])
    service_types = f.array(
        f.text("A device owner."),
        "Owners of ports that it serves; all if empty.",
        filterable=False,
        sortable=False,
        default=[],
        allow_create=ADMIN,
        allow_update=ADMIN,
    )
