"""What a role is on the wire."""

from pileus.identity.listing import links
from pileus.identity.versions import HISTORY
from pileus.kernel.api import fields as f
from pileus.kernel.api.schema import Schema


class Role(Schema, key="role", history=HISTORY, extra="keep"):
    """A role: what rules of rights are written about."""

    id = f.text("Identifier.", read_only=True)
    name = f.text("Unique within its domain, or among the cloud's.", least=1, required=True, pattern=r"\S")
    domain_id = f.text(
        "The domain that the role is for; null for the whole cloud.",
        nullable=True,
        most=64,
        show=lambda row, _call: row["domain_id"] or None,
    )
    description = f.text("For people.", nullable=True, most=None)
    options = f.anything(
        "Marks.",
        {
            "type": "object",
            "properties": {"immutable": {"type": ["boolean", "null"]}},
            "additionalProperties": False,
        },
        default={},
    )
    links = links("roles")
