"""What requests about security groups hold."""

from pileus.compute.versions import COMPUTE
from pileus.kernel.api import fields as f
from pileus.kernel.api.schema import Schema


class SecurityGroupBody(Schema, key="security_group", history=COMPUTE, extra="ignore"):
    """A security group."""

    name = f.text("Unique in the project.", required=True)
    description = f.text("What it is for.", required=True)


class SecurityGroupRuleBody(Schema, key="security_group_rule", history=COMPUTE, extra="ignore"):
    """A rule on what may come in."""

    parent_group_id = f.ident("Its group.", required=True)
    group_id = f.ident("Which group's members may send.", nullable=True)
    ip_protocol = f.anything("tcp, udp or icmp.")
    from_port = f.anything("The first port, or the type of ICMP.")
    to_port = f.anything("The last port, or the code of ICMP.")
    cidr = f.anything("From where.")


class SecurityGroupQuery(Schema, history=COMPUTE, extra="ignore"):
    """How groups can be listed."""

    all_tenants = f.text("Whether to list those of every project; for administrators.")
    limit = f.integer("Entries at the most.", least=0)
    offset = f.integer("Entries to leave out first.", least=0)
