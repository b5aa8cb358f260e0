"""Server groups on the wire, as each microversion has them."""

from collections.abc import Mapping
from typing import Any

from pileus.compute.pages.schema import NAME
from pileus.compute.versions import COMPUTE, GROUP_OWNER, GROUP_RULES, STRICT_FORMS
from pileus.kernel.api import fields as f
from pileus.kernel.api.schema import Schema

ANTI_AFFINITY = "anti-affinity"
HARD = (ANTI_AFFINITY, "affinity")
POLICIES = (*HARD, "soft-anti-affinity", "soft-affinity")


def _rules(row: Mapping[str, Any], _call: Any) -> dict[str, int]:
    most = row["max_server_per_host"]
    return {} if most is None else {"max_server_per_host": most}


class Rules(Schema, history=COMPUTE):
    """What refines a policy."""

    max_server_per_host = f.integer("Members that one host may have.", least=1, loose=True)


class ServerGroup(Schema, key="server_group", history=COMPUTE):
    """Servers that are put together or kept apart."""

    id = f.ident("Identifier.", read_only=True)
    name = f.text("Shown to users; need not be unique.", least=1, pattern=NAME, required=True)
    policy = f.text("How members are placed.", choices=POLICIES, required=True, since=GROUP_RULES)
    rules = f.nested(Rules, "What refines the policy.", show=_rules, since=GROUP_RULES)
    members = f.array(f.ident("A server."), "Its servers.", read_only=True)
    project_id = f.ident("Owner.", read_only=True, since=GROUP_OWNER)
    user_id = f.ident("Who made it.", read_only=True, since=GROUP_OWNER)


@COMPUTE.reshape(GROUP_RULES, ServerGroup)
class PolicyWasAList:
    """One policy stood in a list, and metadata was always empty."""

    policies = f.array(f.text("A policy.", choices=POLICIES), "Exactly one.", least=1, most=1, required=True)
    metadata = f.mapping("Always empty.", read_only=True)

    @staticmethod
    def upgrade(body: dict[str, Any]) -> dict[str, Any]:
        """The list's only policy."""
        body["policy"] = body.pop("policies")[0]
        return body

    @staticmethod
    def downgrade(body: dict[str, Any]) -> dict[str, Any]:
        """A list of the policy."""
        body["policies"], body["metadata"] = [body["policy"]], {}
        return body


class GroupQuery(Schema, history=COMPUTE, extra="ignore", strict_since=STRICT_FORMS):
    """How groups can be listed."""

    all_projects = f.text("Those of every project; for administrators.")
    limit = f.integer("Entries at the most.", least=0)
    offset = f.integer("Entries to leave out first.", least=0)
