"""What a user is on the wire."""

from pileus.identity.listing import links
from pileus.identity.tokens.access import stamp
from pileus.identity.users.passwords import MOST
from pileus.identity.versions import HISTORY
from pileus.kernel.api import fields as f
from pileus.kernel.api.schema import Schema

_OPTION = {"type": ["boolean", "null"]}
OPTIONS = {
    "type": "object",
    "properties": {
        "ignore_change_password_upon_first_use": _OPTION,
        "ignore_password_expiry": _OPTION,
        "ignore_lockout_failure_attempts": _OPTION,
        "ignore_user_inactivity": _OPTION,
        "lock_password": _OPTION,
        "multi_factor_auth_enabled": _OPTION,
        "multi_factor_auth_rules": {
            "type": ["array", "null"],
            "items": {"type": "array", "items": {"type": "string"}, "minItems": 1, "uniqueItems": True},
        },
    },
    "additionalProperties": False,
}


class User(Schema, key="user", history=HISTORY, extra="keep"):
    """Somebody, or something, that can log in.  Unknown attributes (email and the like) are kept as they come."""

    id = f.text("Identifier.", read_only=True)
    name = f.text("Unique within the domain.", least=1, required=True, pattern=r"\S")
    domain_id = f.text("The domain that the user lies in.", most=64)
    enabled = f.boolean("Whether the user can log in.", default=True)
    default_project_id = f.text(
        "Where a login without scope leads.",
        nullable=True,
        most=64,
        show=lambda row, _call: row["default_project_id"] or f.UNSET,
    )
    password = f.text("The password.", nullable=True, most=MOST, write_only=True)
    options = f.anything("Exceptions from the rules for passwords.", OPTIONS, default={})
    password_expires_at = f.text(
        "When the password must be changed.",
        nullable=True,
        read_only=True,
        show=lambda row, _call: stamp(row["password_expires_at"]),
    )
    links = links("users")


class PasswordChange(Schema, key="user", history=HISTORY, extra="ignore"):
    """A user's own change of password."""

    original_password = f.text("The password so far.", most=MOST, required=True)
    password = f.text("The new one.", least=1, most=MOST, required=True)
