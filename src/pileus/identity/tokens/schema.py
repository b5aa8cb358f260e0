"""The body of a request for a token."""

from pileus.identity.versions import HISTORY
from pileus.kernel.api import fields as f
from pileus.kernel.api.schema import Schema


class Auth(Schema, key="auth", history=HISTORY, extra="ignore"):
    """Who asks, and for what scope."""

    identity = f.anything(
        "Methods by name, and what each needs under its name.",
        {
            "type": "object",
            "properties": {
                "methods": {"type": "array", "items": {"type": "string"}, "maxItems": 10},
                "password": {"type": "object"},
                "token": {"type": "object"},
                "application_credential": {"type": "object"},
            },
            "required": ["methods"],
        },
        required=True,
    )
    scope = f.anything("A project, a domain, the system, a trust, or none.", {"type": ["object", "string", "null"]})
