"""`/security-groups` and `/security-group-rules`."""

from typing import Any

from pileus.kernel.api.call import Call, Page
from pileus.kernel.api.declare import delete, get, post, put, resource
from pileus.kernel.store import Row
from pileus.network.errors import (
    OverQuota,
    SecurityGroupInUse,
    SecurityGroupNotFound,
    SecurityGroupRuleExists,
    SecurityGroupRuleNotFound,
)
from pileus.network.rules import ADMIN_OR_MEMBER, ADMIN_OR_READER, ADMIN_OR_SG_MEMBER, ADMIN_OR_SG_READER
from pileus.network.security_groups.logic import SecurityGroups, visible, visible_rules, with_rules
from pileus.network.security_groups.schema import Rule, SecurityGroup
from pileus.network.security_groups.table import GROUPS, RULES
from pileus.network.standard.logic import Listing, check_revision, owner

_LISTING = Listing(GROUPS, SecurityGroup, lambda call: visible(call.who))
_RULE_LISTING = Listing(RULES, Rule, lambda call: visible_rules(call.who))
_READER = f"{ADMIN_OR_READER} or rule:shared_security_group"


@resource("/security-groups", schema=SecurityGroup)
class SecurityGroupApi:
    """Named sets of rules."""

    def __init__(self, logic: SecurityGroups) -> None:
        self._logic = logic

    async def load(self, call: Call, id: str) -> Row:
        """The row, where the caller may know of it."""
        row = await _LISTING.find(call, id)
        if row is None:
            raise SecurityGroupNotFound(id=id)
        return row

    async def subject(self, call: Call, row: Row | None, body: Any) -> Any:
        """What rules look at."""
        return row if row is not None else {"project_id": owner(call, body or {})}

    @get(rule="get_security_group", allow=_READER, transaction="write")
    async def list(self, call: Call) -> Page:
        """List security groups; a project's default one is made by its first look."""
        if call.who.project_id:
            await self._logic.default(call.tx, call.who.project_id)
        found = await _LISTING.page(call)
        await with_rules(call.tx, [*found.rows])
        return found

    @get("/{id}", rule="get_security_group", allow=_READER)
    async def show(self, call: Call, row: Row) -> Row:
        """Show a security group."""
        return (await with_rules(call.tx, [row]))[0]

    @post(rule="create_security_group", allow=ADMIN_OR_MEMBER, raises=(OverQuota,))
    async def create(self, call: Call, body: dict[str, Any]) -> Row:
        """Make a security group."""
        row = await self._logic.create(call.tx, owner(call, body), body)
        return (await with_rules(call.tx, [row]))[0]

    @put("/{id}", rule="update_security_group", allow=ADMIN_OR_MEMBER)
    async def update(self, call: Call, row: Row, body: dict[str, Any]) -> Row:
        """Change a security group."""
        check_revision(call, row)
        return (await with_rules(call.tx, [await self._logic.update(call.tx, row, body)]))[0]

    @delete("/{id}", rule="delete_security_group", allow=ADMIN_OR_MEMBER, raises=(SecurityGroupInUse,))
    async def delete(self, call: Call, row: Row) -> None:
        """Remove a security group."""
        check_revision(call, row)
        await self._logic.delete(call.tx, call.who, row)


@resource("/security-group-rules", schema=Rule)
class RuleApi:
    """What may pass."""

    def __init__(self, logic: SecurityGroups) -> None:
        self._logic = logic

    async def load(self, call: Call, id: str) -> Row:
        """The row, where the caller may know of it."""
        row = await _RULE_LISTING.find(call, id)
        if row is None:
            raise SecurityGroupRuleNotFound(id=id)
        return row

    async def subject(self, call: Call, row: Row | None, body: Any) -> Any:
        """What rules look at."""
        if row is not None:
            return row
        if not isinstance(body, dict):
            return {"project_id": call.who.project_id, "security_group:project_id": call.who.project_id}
        group = await self._group(call, body["security_group_id"])
        return {"project_id": owner(call, body), "security_group:project_id": group["project_id"]}

    async def _group(self, call: Call, id: str) -> Row:
        group = await _LISTING.find(call, id)
        if group is None:
            raise SecurityGroupNotFound(id=id)
        return group

    @get(rule="get_security_group_rule", allow=ADMIN_OR_SG_READER)
    async def list(self, call: Call) -> Page:
        """List rules."""
        return await _RULE_LISTING.page(call)

    @get("/{id}", rule="get_security_group_rule", allow=ADMIN_OR_SG_READER)
    async def show(self, call: Call, row: Row) -> Row:
        """Show a rule."""
        return row

    @post(rule="create_security_group_rule", allow=ADMIN_OR_SG_MEMBER, raises=(OverQuota, SecurityGroupRuleExists))
    async def create(self, call: Call, body: dict[str, Any]) -> Row:
        """Add a rule to a group."""
        group = await self._group(call, body["security_group_id"])
        return await self._logic.add_rule(call.tx, call.who, group, body)

    @delete("/{id}", rule="delete_security_group_rule", allow=ADMIN_OR_SG_MEMBER)
    async def delete(self, call: Call, row: Row) -> None:
        """Remove a rule."""
        await self._logic.remove_rule(call.tx, row)
