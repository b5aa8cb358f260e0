"""Networks, as the API shows them."""

from typing import TypedDict

from pileus.kernel.api import fields as f
from pileus.network.rules import ADMIN, ADMIN_OR_MEMBER
from pileus.network.standard.schema import Standard


class _Admin(TypedDict):
    allow_create: str
    allow_update: str
    allow_read: str


class _Flag(TypedDict):
    allow_create: str
    allow_update: str
    default: bool


_ADMIN: _Admin = {"allow_create": ADMIN, "allow_update": ADMIN, "allow_read": ADMIN}
_FLAG: _Flag = {"allow_create": ADMIN, "allow_update": ADMIN, "default": False}


class Network(Standard, key="network"):
    """A broadcast domain."""

    admin_state_up = f.boolean("Whether traffic flows.", loose=True, default=True)
    status = f.text("ACTIVE, DOWN, BUILD or ERROR.", read_only=True)
    shared = f.boolean("Whether every project may use it.", loose=True, **_FLAG)
    external = f.boolean("Whether routers may have gateways here.", loose=True, wire="router:external", **_FLAG)
    is_default = f.boolean("Whether it is the default external network.", loose=True, **_FLAG)
    mtu = f.integer("Largest packet, bytes.", loose=True, least=68, most=65535)
    port_security_enabled = f.boolean(
        "Default for new ports.", loose=True, default=True, allow_create=ADMIN_OR_MEMBER, allow_update=ADMIN_OR_MEMBER
    )
    network_type = f.text("geneve, flat or vlan.", wire="provider:network_type", nullable=True, **_ADMIN)
    physical_network = f.text(
        "What hosts map to a bridge.", most=64, wire="provider:physical_network", nullable=True, **_ADMIN
    )
    segmentation_id = f.integer(
        "VLAN or tunnel id.", loose=True, wire="provider:segmentation_id", nullable=True, **_ADMIN
    )
    subnets = f.array(f.ident("A subnet."), "Its subnets.", read_only=True, filterable=False, sortable=False)
    dns_domain = f.text("Appended to the names of ports.", default="")
    availability_zone_hints = f.array(
        f.text("A zone."), "Zones asked for.", create_only=True, default=[], filterable=False, sortable=False
    )
    availability_zones = f.array(f.text("A zone."), "Zones.", read_only=True, filterable=False, sortable=False)
    ipv4_address_scope = f.ident("Scope of its IPv4 subnets.", read_only=True, nullable=True, filterable=False)
    ipv6_address_scope = f.ident("Scope of its IPv6 subnets.", read_only=True, nullable=True, filterable=False)
    l2_adjacency = f.boolean("Whether all hosts share one broadcast domain.", read_only=True, filterable=False)
