"""Subnet pools, as the API shows them."""

from pileus.kernel.api import fields as f
from pileus.network.rules import ADMIN
from pileus.network.standard.schema import Standard


class SubnetPool(Standard, key="subnetpool"):
    """Prefixes that subnets are cut from."""

    prefixes = f.array(
        f.text("A prefix.", format="cidr"), "What is cut from.", required=True, filterable=False, sortable=False
    )
    ip_version = f.integer("4 or 6.", read_only=True)
    default_prefixlen = f.integer("Size of a subnet that asks for none.", loose=True, least=0, most=128)
    min_prefixlen = f.integer("Largest size of a subnet.", loose=True, least=0, most=128)
    max_prefixlen = f.integer("Smallest size of a subnet.", loose=True, least=0, most=128)
    default_quota = f.integer(
        "Addresses (v4) or /64 prefixes (v6) for each project.", loose=True, least=0, nullable=True
    )
    address_scope_id = f.ident("The scope whose addresses are its.", nullable=True)
    shared = f.boolean(
        "Whether every project may cut from it.", loose=True, default=False, create_only=True, allow_create=ADMIN
    )
    is_default = f.boolean(
        "Whether it is the default of its IP version.",
        loose=True,
        default=False,
        allow_create=ADMIN,
        allow_update=ADMIN,
    )
