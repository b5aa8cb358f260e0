"""What crosses from a request into its durable operation: on whose behalf, as JSON."""

from typing import Any

from pileus.kernel.auth.caller import Caller


def packed(who: Caller) -> dict[str, Any]:
    """A caller as JSON; without token, which an operation outlives."""
    return {
        "user_id": who.user_id,
        "project_id": who.project_id,
        "domain_id": who.domain_id,
        "roles": sorted(who.roles),
        "is_admin": who.is_admin,
    }


def unpacked(kept: dict[str, Any]) -> Caller:
    """The caller again."""
    return Caller(
        user_id=kept["user_id"],
        project_id=kept["project_id"],
        domain_id=kept["domain_id"],
        roles=frozenset(kept["roles"]),
        is_admin=kept["is_admin"],
    )
