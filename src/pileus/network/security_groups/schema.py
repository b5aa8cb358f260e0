"""Security groups and rules, as the API shows them."""

from pileus.kernel.api import fields as f
from pileus.network.standard.schema import Owned, Standard, stamp


class Rule(Owned, key="security_group_rule"):
    """What may pass."""

    security_group_id = f.ident("Its group.", required=True, source="group_id")
    direction = f.text("Seen from the port.", choices=("ingress", "egress"), required=True)
    ethertype = f.text("IPv4 or IPv6.", nullable=True, default="IPv4")
    protocol = f.anything("Name or number; null for all.", {"type": ["string", "integer"]}, nullable=True)
    port_range_min = f.integer("First port, or ICMP type.", loose=True, nullable=True)
    port_range_max = f.integer("Last port, or ICMP code.", loose=True, nullable=True)
    remote_ip_prefix = f.text("The other side's prefix.", nullable=True)
    remote_group_id = f.text("The other side's group.", nullable=True)
    remote_address_group_id = f.ident("Not offered; always null.", read_only=True, show=lambda _row, _call: None)
    normalized_cidr = f.text(
        "The prefix in canonical form.", read_only=True, show=lambda row, _call: row.get("remote_ip_prefix")
    )
    description = f.text("Words for people.", default="")
    created_at = f.moment("When it was made.", source="created_at", style=stamp)
    updated_at = f.moment("When it was changed last.", source="updated_at", style=stamp)
    revision_number = f.integer("Grows with every change.", read_only=True)


class SecurityGroup(Standard, key="security_group"):
    """A named set of rules; ports name the groups that they are in."""

    stateful = f.boolean("Whether answers pass without a rule.", loose=True, default=True)
    shared = f.boolean("Whether other projects may use it.", read_only=True, filterable=False)
    security_group_rules = f.array(Rule, "Its rules.", read_only=True, source="rules", filterable=False, sortable=False)
