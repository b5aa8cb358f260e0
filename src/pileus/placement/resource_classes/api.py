"""Resource classes on the wire."""

from typing import Any

from pileus.kernel.api.call import Answer, Call
from pileus.kernel.api.declare import delete, get, post, put, resource
from pileus.kernel.store import Row
from pileus.placement.errors import must_take_json
from pileus.placement.resource_classes.logic import ResourceClasses
from pileus.placement.resource_classes.schema import CustomClass
from pileus.placement.rules import ADMIN_OR_SERVICE
from pileus.placement.versions import ENSURED_CLASS, RESOURCE_CLASSES, not_cached

Json = dict[str, Any]


@resource("/resource_classes", policy="placement:resource_classes:%s", since=RESOURCE_CLASSES)
class ResourceClassResource:
    """The kinds of things that there are amounts of."""

    def __init__(self, classes: ResourceClasses) -> None:
        self._classes = classes

    async def load(self, call: Call, name: str) -> Row:
        """The class."""
        return await self._classes.get(call.tx, name)

    @get(rule="list", allow=ADMIN_OR_SERVICE, many=False)
    async def index(self, call: Call) -> Json:
        """List all resource classes."""
        must_take_json(call)
        not_cached(call)
        return {"resource_classes": [_shown(call, row["name"]) for row in await self._classes.all(call.tx)]}

    @post(rule="create", allow=ADMIN_OR_SERVICE, body=CustomClass)
    async def create(self, call: Call, body: Json) -> None:
        """Make a custom resource class."""
        await self._classes.create(call.tx, body["name"])
        call.headers["Location"] = call.url("resource_classes", body["name"])

    @get("/{name}", rule="show", allow=ADMIN_OR_SERVICE)
    async def show(self, call: Call, found: Row) -> Json:
        """Show a resource class."""
        must_take_json(call)
        not_cached(call, found["updated_at"])
        return _shown(call, found["name"])

    @put("/{name}", rule="update", allow=ADMIN_OR_SERVICE, body=CustomClass, until=ENSURED_CLASS, loads=False)
    async def rename(self, call: Call, name: str, body: Json) -> Json:
        """Rename a custom resource class."""
        await self._classes.rename(call.tx, await self._classes.get(call.tx, name), body["name"])
        return _shown(call, body["name"])

    @put("/{name}", rule="update", allow=ADMIN_OR_SERVICE, status=201, body=None, since=ENSURED_CLASS, loads=False)
    async def ensure(self, call: Call, name: str) -> Answer:
        """Make a custom resource class: 201, or 204 where there is one."""
        CustomClass.form("create", call.version).check({"name": name})
        made = await self._classes.find(call.tx, name) is None
        if made:
            await self._classes.create(call.tx, name)
        call.headers["Location"] = call.url("resource_classes", name)
        return Answer(201 if made else 204)

    @delete("/{name}", rule="delete", allow=ADMIN_OR_SERVICE)
    async def remove(self, call: Call, found: Row) -> None:
        """Remove a custom resource class that nobody has an inventory of."""
        await self._classes.delete(call.tx, found)


def _shown(call: Call, name: str) -> Json:
    return {"name": name, "links": [{"rel": "self", "href": f"{call.service.prefix}/resource_classes/{name}"}]}
