"""Routers, as the API shows them."""

from pileus.kernel.api import fields as f
from pileus.kernel.api.schema import Schema
from pileus.network.rules import ADMIN, ADMIN_OR_MEMBER
from pileus.network.standard.schema import ListedOnly, Standard
from pileus.network.versions import NETWORK


class GatewayAddress(Schema):
    """An address in the external network."""

    subnet_id = f.ident("Its subnet.")
    ip_address = f.text("The address.", format="ip")


class Gateway(Schema):
    """A router's leg in an external network."""

    network_id = f.ident("The external network.")
    enable_snat = f.boolean("Whether inside addresses leave as the gateway's.", loose=True)
    external_fixed_ips = f.array(GatewayAddress, "Addresses there.")


class Route(Schema):
    """A route inside a router."""

    destination = f.text("Prefix.", format="cidr", required=True)
    nexthop = f.text("Address of the next hop.", format="ip", required=True)


_LONG: ListedOnly = {"filterable": False, "sortable": False}


class Router(Standard, key="router"):
    """Joins networks."""

    admin_state_up = f.boolean("Whether it forwards.", loose=True, default=True)
    status = f.text("ACTIVE or ERROR.", read_only=True)
    external_gateway_info = f.nested(
        Gateway,
        "Its leg in an external network.",
        nullable=True,
        allow_create=ADMIN_OR_MEMBER,
        allow_update=ADMIN_OR_MEMBER,
        **_LONG,
    )
    routes = f.array(Route, "Further routes.", nullable=True, update_only=True, **_LONG)
    availability_zone_hints = f.array(f.text("A zone."), "Zones asked for.", create_only=True, default=[], **_LONG)
    availability_zones = f.array(f.text("A zone."), "Zones.", read_only=True, **_LONG)
    distributed = f.boolean(
        "Whether every host routes.",
        loose=True,
        default=False,
        allow_create=ADMIN,
        allow_update=ADMIN,
        allow_read=ADMIN,
    )
    ha = f.boolean(
        "Whether several hosts stand by for its gateway.",
        loose=True,
        default=False,
        allow_create=ADMIN,
        allow_update=ADMIN,
        allow_read=ADMIN,
    )
    flavor_id = f.ident("Not offered; always null.", read_only=True, show=lambda _row, _call: None, **_LONG)


class Interface(Schema, history=NETWORK):
    """What to join a router with: a subnet by its gateway address, or a port that there is."""

    subnet_id = f.ident("The subnet.")
    port_id = f.ident("The port.")


class ExtraRoutes(Schema, key="router", history=NETWORK):
    """Routes to add or to remove."""

    routes = f.array(Route, "The routes.", required=True)
