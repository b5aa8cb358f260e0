"""The operations on security groups and their rules, until 2.35."""

from dataclasses import replace
from typing import Any

from pileus.compute.pages.logic import window
from pileus.compute.rules import MEMBER_OR_ADMIN, READER_OR_ADMIN
from pileus.compute.security_groups.logic import in_words_of_compute, shown_group, shown_rule, wanted_rule
from pileus.compute.security_groups.schema import SecurityGroupBody, SecurityGroupQuery, SecurityGroupRuleBody
from pileus.compute.servers.access import load_server
from pileus.compute.services.api import UUID
from pileus.compute.versions import PROXIES_GONE
from pileus.kernel.api.call import Call
from pileus.kernel.api.declare import delete, get, post, put, resource
from pileus.kernel.api.errors import BadRequest, NotFound
from pileus.kernel.store import Row
from pileus.network.service import Network, Proxied


async def _known(network: Proxied, call: Call) -> dict[str, Row]:
    return {group["id"]: group for group in await network.security_groups(call.tx, call.who)}


async def _one(network: Proxied, call: Call, id: str) -> tuple[Row, dict[str, Row]]:
    """A group by its id, and all of them."""
    if not UUID.fullmatch(id):
        raise BadRequest("Security group id should be uuid")
    groups = await _known(network, call)
    if id not in groups:
        raise NotFound(f"Security group {id} not found.")
    return groups[id], groups


@resource("/os-security-groups", policy="os_compute_api:os-security-groups:%s", until=PROXIES_GONE)
class SecurityGroups:
    """Sets of rules on what may come in."""

    def __init__(self, network: Proxied) -> None:
        self._network = network

    @get(rule="get", allow=READER_OR_ADMIN, query=SecurityGroupQuery, transaction="write")
    async def index(self, call: Call) -> dict[str, Any]:
        """List security groups."""
        everybody = call.who.is_admin and call.query.get("all_tenants") in {"", "1", "true", "True"}
        listed = await self._network.security_groups(call.tx, call.who, everybody=everybody)
        groups = {group["id"]: group for group in listed}
        mine = [g for g in listed if everybody or g["project_id"] == call.who.project_id]
        mine.sort(key=lambda group: group["name"])
        limit, _ = window(call)
        first = call.query.get("offset", 0)
        return {"security_groups": [shown_group(group, groups) for group in mine[first : first + limit]]}

    @get("/{id}", rule="show", allow=READER_OR_ADMIN, transaction="write")
    async def show(self, call: Call, id: str) -> dict[str, Any]:
        """Show a security group."""
        return {"security_group": shown_group(*await _one(self._network, call, id))}

    @post(rule="create", allow=MEMBER_OR_ADMIN, status=200, body=SecurityGroupBody)
    async def create(self, call: Call, body: dict[str, Any]) -> dict[str, Any]:
        """Create a security group."""
        with in_words_of_compute():
            made = await self._network.make_security_group(call.tx, call.who, body["name"], body["description"])
        return {"security_group": shown_group(made, {made["id"]: made})}

    @put("/{id}", rule="update", allow=MEMBER_OR_ADMIN, body=SecurityGroupBody, kind="create")
    async def update(self, call: Call, id: str, body: dict[str, Any]) -> dict[str, Any]:
        """Change a security group's name and description."""
        _, groups = await _one(self._network, call, id)
        with in_words_of_compute():
            changed = await self._network.change_security_group(
                call.tx, call.who, id, body["name"], body["description"]
            )
        return {"security_group": shown_group(changed, groups)}

    @delete("/{id}", rule="delete", allow=MEMBER_OR_ADMIN, status=202)
    async def delete(self, call: Call, id: str) -> None:
        """Delete a security group."""
        await _one(self._network, call, id)
        with in_words_of_compute():
            await self._network.drop_security_group(call.tx, call.who, id)


@resource("/servers", policy="os_compute_api:os-security-groups:%s")
class ServerSecurityGroups:
    """The groups of a server's nics."""

    def __init__(self, network: Network) -> None:
        self._network = network

    async def load(self, call: Call, id: str) -> Row:
        """The server's row."""
        return await load_server(call, id)

    @get("/{id}/os-security-groups", rule="list", allow=READER_OR_ADMIN, returns=None, transaction="write")
    async def index(self, call: Call, server: Row) -> dict[str, Any]:
        """List the security groups of a server."""
        ports = (await self._network.ports(call.tx, [server["id"]])).get(server["id"], [])
        used = {group for port in ports for group in port.security_groups}
        owner = replace(call.who, project_id=server["project_id"])
        groups = {group["id"]: group for group in await self._network.proxied.security_groups(call.tx, owner)}
        mine = [group for group in groups.values() if group["id"] in used]
        return {"security_groups": [shown_group(group, groups) for group in mine]}


@resource("/os-security-group-rules", policy="os_compute_api:os-security-groups:rule:%s", until=PROXIES_GONE)
class SecurityGroupRules:
    """Rules on what may come in."""

    def __init__(self, network: Proxied) -> None:
        self._network = network

    @post(rule="create", allow=MEMBER_OR_ADMIN, status=200, body=SecurityGroupRuleBody)
    async def create(self, call: Call, body: dict[str, Any]) -> dict[str, Any]:
        """Create a rule."""
        _, groups = await _one(self._network, call, body["parent_group_id"])
        if body.get("group_id") and body["group_id"] not in groups:
            raise NotFound(f"Security group {body['group_id']} not found.")
        with in_words_of_compute():
            made = await self._network.make_security_group_rule(call.tx, call.who, wanted_rule(body))
        return {"security_group_rule": shown_rule(made, groups)}

    @delete("/{id}", rule="delete", allow=MEMBER_OR_ADMIN, status=202)
    async def delete(self, call: Call, id: str) -> None:
        """Delete a rule."""
        if not UUID.fullmatch(id):
            raise BadRequest("Security group id should be uuid")
        groups = await _known(self._network, call)
        if not any(rule["id"] == id for group in groups.values() for rule in group["rules"]):
            raise NotFound(f"Security group with rule {id} not found.")
        await self._network.drop_security_group_rule(call.tx, call.who, id)
