"""Usages on the wire: of a provider, and of a project."""

from typing import Any

from pileus.kernel.api.call import Call
from pileus.kernel.api.declare import get, resource
from pileus.kernel.api.errors import BadRequest
from pileus.kernel.store import Row
from pileus.placement.errors import must_take_json
from pileus.placement.inventories.logic import Inventories
from pileus.placement.providers.logic import Providers
from pileus.placement.rules import ADMIN_OR_PROJECT_READER_OR_SERVICE, ADMIN_OR_SERVICE
from pileus.placement.usages.logic import by_type, in_all
from pileus.placement.usages.schema import UsageQuery
from pileus.placement.versions import CONSUMER_TYPES, TOTAL_USAGES, not_cached

Json = dict[str, Any]


@resource("/resource_providers/{id}/usages", policy="placement:resource_providers:%s")
class ProviderUsages:
    """What is used of a provider's inventories."""

    def __init__(self, providers: Providers, inventories: Inventories) -> None:
        self._providers = providers
        self._inventories = inventories

    async def load(self, call: Call, id: str) -> Row:
        """The provider."""
        return await self._providers.get(call.tx, id)

    @get(rule="usages", allow=ADMIN_OR_SERVICE, many=False)
    async def show(self, call: Call, provider: Row) -> Json:
        """Show what is used of each inventory."""
        must_take_json(call)
        not_cached(call)
        usages = await self._inventories.usages(call.tx, provider["uuid"])
        return {"resource_provider_generation": provider["generation"], "usages": usages}


@resource("/usages", policy="placement:%s", since=TOTAL_USAGES)
class ProjectUsages:
    """What a project uses."""

    def target(self, call: Call, _loaded: None) -> dict[str, Any]:
        """The project that is asked about, since its readers may ask."""
        return {"project_id": call.query.get("project_id", "")}

    @get(rule="usages", allow=ADMIN_OR_PROJECT_READER_OR_SERVICE, query=UsageQuery, many=False)
    async def show(self, call: Call) -> Json:
        """Show what a project's consumers have, in sum."""
        must_take_json(call)
        query = call.query
        if "project_id" not in query:
            raise BadRequest("Invalid query string parameters: 'project_id' is a required property")
        not_cached(call)
        project, user = query["project_id"], query.get("user_id")
        if call.applies(CONSUMER_TYPES):
            return {"usages": await by_type(call.tx, project, user, query.get("consumer_type"))}
        return {"usages": in_all(await by_type(call.tx, project, user, "all"))}
