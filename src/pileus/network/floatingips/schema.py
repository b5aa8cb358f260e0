"""Floating IPs, as the API shows them."""

from pileus.kernel.api import fields as f
from pileus.network.rules import ADMIN_OR_MANAGER
from pileus.network.standard.schema import Standard


class FloatingIP(Standard, key="floatingip"):
    """An outside address that stands for an inside one."""

    name = f.text("Not offered.", write_only=True, read_only=True)
    floating_network_id = f.ident("The external network.", required=True, create_only=True)
    floating_ip_address = f.text(
        "The outside address.", format="ip", nullable=True, create_only=True, allow_create=ADMIN_OR_MANAGER
    )
    subnet_id = f.ident(
        "The subnet to take it from.", nullable=True, create_only=True, write_only=True, filterable=False
    )
    port_id = f.ident("The port that it leads to.", nullable=True, source="fixed_port_id")
    fixed_ip_address = f.text("The inside address.", format="ip", nullable=True)
    router_id = f.ident("The router that translates.", read_only=True, nullable=True)
    status = f.text("ACTIVE, DOWN or ERROR.", read_only=True)
    dns_name = f.text("Its name.", most=63, default="", create_only=True)
    dns_domain = f.text("The domain of its name.", default="", create_only=True)
    port_details = f.mapping(
        "The port that it leads to.", read_only=True, nullable=True, filterable=False, sortable=False
    )
