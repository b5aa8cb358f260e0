"""Quotas, as the API shows them."""

from pileus.kernel.api import fields as f
from pileus.kernel.api.schema import Schema
from pileus.network.versions import NETWORK


def _most(what: str) -> f.Field:
    return f.integer(f"How many {what} a project may have; -1 for any number.", loose=True, least=-1, most=2147483647)


class Quota(Schema, key="quota", history=NETWORK):
    """What a project may have."""

    network = _most("networks")
    subnet = _most("subnets")
    subnetpool = _most("subnet pools")
    port = _most("ports")
    router = _most("routers")
    floatingip = _most("floating IPs")
    security_group = _most("security groups")
    security_group_rule = _most("security group rules")
    rbac_policy = _most("RBAC policies")
    force = f.boolean("Whether a limit may lie below what is used.", loose=True, write_only=True)
    check_limit = f.boolean("Whether a limit below what is used is refused.", loose=True, write_only=True)
    project_id = f.text("The project.")
    tenant_id = f.text("The project.")
