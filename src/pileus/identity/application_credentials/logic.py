"""What happens to application credentials."""

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import delete, select

from pileus.identity.application_credentials.table import ACCESS_RULES, APPLICATION_CREDENTIALS
from pileus.identity.errors import Malformed, Missing, duplicate
from pileus.identity.revisions.logic import Revisions
from pileus.identity.roles.table import ROLES
from pileus.kernel.auth.caller import Caller
from pileus.kernel.store import DuplicateRow, Row, Tx
from pileus.kernel.world import World


class ApplicationCredentialLogic:
    """Writes application credentials.  Secrets come hashed."""

    def __init__(self, world: World, revisions: Revisions) -> None:
        self._world = world
        self._revisions = revisions

    async def create(self, tx: Tx, who: Caller, body: dict[str, Any], hashed: str) -> Row:
        """Make one in the caller's project.

        Raises:
            Malformed: a role is not the caller's, or the end lies in the past.
            Missing: a role or an access rule does not exist.
            Taken: the user has one of that name.
        """
        rules = body.get("access_rules")
        row = {
            "id": self._world.ids.hex(),
            "name": body["name"],
            "user_id": who.user_id,
            "project_id": who.project_id,
            "description": body.get("description"),
            "secret_hash": hashed,
            "roles": await self._roles(tx, who, body.get("roles")),
            "unrestricted": bool(body.get("unrestricted")),
            "expires_at": self._end(body.get("expires_at")),
            "access_rules": None if rules is None else [await self._rule(tx, who.user_id, rule) for rule in rules],
        }
        try:
            await tx.insert(APPLICATION_CREDENTIALS, row)
        except DuplicateRow as error:
            raise duplicate("application_credential", row["name"]) from error
        return row

    def _end(self, text: str | None) -> datetime | None:
        end = moment(text)
        if end is not None and end <= self._world.clock.now():
            raise Malformed("Invalid input for field 'expires_at': it lies in the past")
        return end

    async def _roles(self, tx: Tx, who: Caller, asked: list[dict[str, str]] | None) -> list[str]:
        rows = await tx.all(select(ROLES).where(ROLES.c.domain_id == ""))
        held = {row["id"]: row["name"] for row in rows if row["name"] in who.roles}
        if not asked:
            return sorted(held)
        by_name = {name: identifier for identifier, name in held.items()}
        chosen = []
        for role in asked:
            identifier = role.get("id") or by_name.get(role.get("name", ""), "")
            if identifier not in held:
                raise Malformed(
                    "Invalid application credential: Could not find role assignment with role: "
                    f"{role.get('id') or role.get('name')}, user or group: {who.user_id}, "
                    f"project, domain, or system: {who.project_id}."
                )
            chosen.append(identifier)
        return list(dict.fromkeys(chosen))

    async def _rule(self, tx: Tx, user_id: str, rule: dict[str, str]) -> str:
        r = ACCESS_RULES.c
        if "id" in rule:
            if not await tx.first(select(r.id).where(r.id == rule["id"], r.user_id == user_id)):
                raise Missing(kind="Access Rule", id=rule["id"])
            return rule["id"]
        where = [r.user_id == user_id, *(r[name] == rule[name] for name in ("service", "method", "path"))]
        found = await tx.first(select(r.id).where(*where))
        if found is not None:
            return str(found["id"])
        identifier = self._world.ids.hex()
        await tx.insert(ACCESS_RULES, {"id": identifier, "user_id": user_id, **rule})
        return identifier

    async def delete(self, tx: Tx, id: str) -> None:
        """Remove one; its tokens end."""
        await tx.run(delete(APPLICATION_CREDENTIALS).where(APPLICATION_CREDENTIALS.c.id == id))
        await self._revisions.changed(tx)


async def shown(tx: Tx, rows: list[Row]) -> list[Row]:
    """The rows as they are shown: roles and access rules in full."""
    roles = {row["id"]: row for row in await tx.all(select(ROLES))}
    out = []
    for row in rows:
        full = dict(row)
        full["roles"] = [
            {"id": identifier, "name": roles[identifier]["name"], "domain_id": roles[identifier]["domain_id"] or None}
            for identifier in row["roles"]
            if identifier in roles
        ]
        if row["access_rules"] is None:
            full.pop("access_rules")
        else:
            rules = await tx.all(select(ACCESS_RULES).where(ACCESS_RULES.c.id.in_(row["access_rules"])))
            full["access_rules"] = [{name: r[name] for name in ("id", "service", "method", "path")} for r in rules]
        end = row["expires_at"]
        full["expires_at"] = end and end.strftime("%Y-%m-%dT%H:%M:%S.%f")
        out.append(full)
    return out


def moment(text: str | None) -> datetime | None:
    """A moment as clients write it: ISO 8601, in UTC where no zone is given.

    Raises:
        Malformed: it is none.
    """
    if text is None:
        return None
    try:
        value = datetime.fromisoformat(text)
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)
    except (ValueError, OverflowError) as error:
        raise Malformed(f"Invalid input for field 'expires_at': {text!r} is not a time") from error
