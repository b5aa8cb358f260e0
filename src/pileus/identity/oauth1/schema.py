"""What OAuth 1.0a is made of, on the wire."""

from pileus.identity.listing import links
from pileus.identity.tokens.access import stamp
from pileus.identity.versions import HISTORY
from pileus.kernel.api import fields as f
from pileus.kernel.api.schema import Schema


class Consumer(Schema, key="consumer", history=HISTORY, extra="keep"):
    """A program that acts for users who have authorized it."""

    id = f.text("Identifier, and the key that requests are signed for.", read_only=True)
    description = f.text("What it is.", nullable=True, most=None, default=None)
    secret = f.text("What requests are signed with; shown once.", read_only=True)
    links = links("OS-OAUTH1/consumers")


class Authorization(Schema, history=HISTORY, extra="ignore"):
    """Which of the user's roles a consumer gets."""

    roles = f.anything(
        "Roles by id or by name.",
        {
            "type": "array",
            "items": {
                "type": "object",
                "properties": {
                    "id": {"type": "string", "minLength": 1, "maxLength": 64},
                    "name": {"type": "string", "minLength": 1, "maxLength": 255},
                },
                "minProperties": 1,
                "maxProperties": 1,
                "additionalProperties": False,
            },
        },
        default=[],
    )


class Verifier(Schema, key="token", history=HISTORY):
    """What the user hands to the consumer."""

    oauth_verifier = f.text("Proves that the user has authorized the request token.", source="verifier")


class AccessToken(Schema, key="access_token", history=HISTORY):
    """What a user has authorized."""

    id = f.text("Identifier.")
    consumer_id = f.text("The consumer that acts.")
    project_id = f.text("Where it may act.")
    authorizing_user_id = f.text("For whom it acts.", source="user_id")
    expires_at = f.text("When that ends.", nullable=True, show=lambda row, _call: stamp(row["expires_at"]))
    links = f.anything(
        "Where it lies, and its roles.",
        show=lambda row, call: {
            "self": call.url("users", row["user_id"], "OS-OAUTH1", "access_tokens", row["id"]),
            "roles": call.url("users", row["user_id"], "OS-OAUTH1", "access_tokens", row["id"], "roles"),
        },
    )
