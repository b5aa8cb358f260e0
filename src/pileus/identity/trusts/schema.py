"""What a trust is on the wire."""

from typing import Any

from pileus.identity.application_credentials.schema import ROLES
from pileus.identity.tokens.access import stamp
from pileus.identity.versions import HISTORY
from pileus.kernel.api import fields as f
from pileus.kernel.api.schema import Schema


def _roles_links(row: Any, call: Any) -> Any:
    if "role_rows" not in row:
        return f.UNSET
    return {"self": call.url("OS-TRUST", "trusts", row["id"], "roles"), "next": None, "previous": None}


class Trust(Schema, key="trust", history=HISTORY, extra="ignore"):
    """One user's leave for another to act in a project with some of their roles."""

    id = f.text("Identifier.", read_only=True)
    trustor_user_id = f.text("Who gives it.", least=1, most=64, required=True)
    trustee_user_id = f.text("Who gets it.", least=1, most=64, required=True)
    project_id = f.text("Where.", nullable=True, most=64)
    impersonation = f.boolean("Whether the trustee's tokens speak for the trustor.", required=True)
    expires_at = f.text("When it ends.", nullable=True, show=lambda row, _call: stamp(row["expires_at"]))
    remaining_uses = f.integer(
        "For how many tokens it is good yet; null for any number.", least=1, most=2**31 - 1, nullable=True
    )
    allow_redelegation = f.boolean("Whether the trustee may hand it on.", write_only=True, nullable=True)
    redelegation_count = f.integer("How often it may be handed on.", least=0, most=2**31 - 1, nullable=True)
    redelegated_trust_id = f.text("The trust that it was handed on from.", read_only=True, nullable=True)
    deleted_at = f.text(
        "When it was taken back.", read_only=True, nullable=True, show=lambda row, _call: stamp(row["deleted_at"])
    )
    roles = f.anything("With which roles.", ROLES, show=lambda row, _call: row.get("role_rows", f.UNSET))
    roles_links = f.anything("Where the roles lie.", read_only=True, show=_roles_links)
    links = f.anything(
        "Where it lies.", read_only=True, show=lambda row, call: {"self": call.url("OS-TRUST", "trusts", row["id"])}
    )
