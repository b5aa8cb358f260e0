"""What an application credential is on the wire."""

from pileus.identity.versions import HISTORY
from pileus.kernel.api import fields as f
from pileus.kernel.api.schema import Schema

METHODS = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"]
RULES = {
    "type": "array",
    "maxItems": 100,
    "items": {
        "oneOf": [
            {
                "type": "object",
                "properties": {
                    "path": {"type": "string", "minLength": 1, "maxLength": 128},
                    "method": {"type": "string", "enum": METHODS},
                    "service": {"type": "string", "minLength": 1, "maxLength": 64},
                },
                "required": ["path", "method", "service"],
                "additionalProperties": False,
            },
            {
                "type": "object",
                "properties": {"id": {"type": "string", "minLength": 1, "maxLength": 64}},
                "required": ["id"],
                "additionalProperties": False,
            },
        ]
    },
}
ROLES = {
    "type": "array",
    "maxItems": 200,
    "items": {
        "type": "object",
        "properties": {
            "id": {"type": "string", "minLength": 1, "maxLength": 64},
            "name": {"type": "string", "minLength": 1, "maxLength": 255},
        },
        "minProperties": 1,
    },
}


class ApplicationCredential(Schema, key="application_credential", history=HISTORY):
    """A secret of its own for a program, with no more roles than its maker has in one project."""

    id = f.text("Identifier.", read_only=True)
    name = f.text("Unique among the user's.", least=1, required=True)
    description = f.text("For people.", nullable=True, most=None)
    secret = f.text(
        "The secret, made up if none is given; shown once.",
        nullable=True,
        show=lambda row, _call: row.get("secret", f.UNSET),
    )
    project_id = f.text("The project that it is good for.", read_only=True)
    user_id = f.text("Whose it is.", read_only=True)
    system = f.anything("Always null.", read_only=True, show=lambda _row, _call: None)
    roles = f.anything("Its roles, named by id or name; the token's own by default.", ROLES)
    expires_at = f.text("When it ends.", nullable=True)
    unrestricted = f.boolean("Whether it may manage credentials and trusts.", nullable=True)
    access_rules = f.anything("The only requests that it is good for.", RULES)
    links = f.anything(
        "Where it lies.",
        read_only=True,
        show=lambda row, call: {"self": call.url("users", row["user_id"], "application_credentials", row["id"])},
    )


class AccessRule(Schema, key="access_rule", history=HISTORY):
    """One kind of request."""

    id = f.text("Identifier.", read_only=True)
    service = f.text("The service's type.")
    method = f.text("The HTTP method.")
    path = f.text("The path; `*`, `**` and `{name}` stand for anything.")
    links = f.anything(
        "Where it lies.",
        read_only=True,
        show=lambda row, call: {"self": call.url("users", row["user_id"], "access_rules", row["id"])},
    )
