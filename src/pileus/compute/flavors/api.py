"""The operations on flavors."""

from typing import Any

from pileus.compute.flavors import logic
from pileus.compute.flavors.schema import COLUMNS, SORT_KEYS, Flavor, FlavorChange, FlavorName, FlavorQuery
from pileus.compute.flavors.table import FLAVORS
from pileus.compute.pages.logic import window
from pileus.compute.rules import ADMIN
from pileus.compute.versions import FLAVOR_DESCRIPTION
from pileus.kernel.api.call import Call, Page
from pileus.kernel.api.declare import delete, get, post, put, resource
from pileus.kernel.api.errors import BadRequest
from pileus.kernel.api.fields import truth
from pileus.kernel.api.paging import UnknownMarker, page
from pileus.kernel.store import Row


def _public(text: str | None) -> bool | None:
    """What the filter `is_public` asks for; None for all."""
    if text is None:
        return True
    if text.lower() == "none":
        return None
    try:
        return truth(text)
    except ValueError as error:
        raise BadRequest(f"Invalid is_public filter [{text}]") from error


def _number(call: Call, name: str) -> int:
    """A filter that is a number, though its schema says text."""
    text = call.query.get(name, "0")
    try:
        return int(text)
    except ValueError as error:
        raise BadRequest(f"Invalid {name} filter [{text}]") from error


@resource("/flavors", schema=Flavor, policy="os_compute_api:os-flavor-manage:%s")
class Flavors:
    """The sizes that servers come in."""

    async def load(self, call: Call, id: str) -> Row:
        """The flavor, if the caller may use it."""
        return await logic.find(call.tx, call.who, id)

    async def _page(self, call: Call) -> Page:
        statement = logic.visible(call.who, is_public=_public(call.query.get("is_public")))
        statement = statement.where(
            FLAVORS.c.memory_mb >= _number(call, "minRam"), FLAVORS.c.root_gb >= _number(call, "minDisk")
        )
        if "name" in call.query:
            statement = statement.where(FLAVORS.c.name == call.query["name"])
        sort = [(SORT_KEYS[call.query.get("sort_key", "flavorid")], call.query.get("sort_dir", "asc"))]
        limit, marker = window(call)
        try:
            return await page(call.tx, statement, FLAVORS, sort=sort, limit=limit, marker=marker, id="flavorid")
        except UnknownMarker as error:
            raise BadRequest(f"marker [{marker}] not found") from error

    @get(query=FlavorQuery, returns=FlavorName)
    async def index(self, call: Call) -> Page:
        """List flavors."""
        return await self._page(call)

    @get("/detail", query=FlavorQuery, many=True)
    async def detail(self, call: Call) -> Page:
        """List flavors with details."""
        return await self._page(call)

    @get("/{id}")
    async def show(self, call: Call, flavor: Row) -> Row:
        """Show a flavor."""
        return flavor

    @post(rule="create", allow=ADMIN, status=200, raises=(logic.FlavorExists,))
    async def create(self, call: Call, body: dict[str, Any]) -> Row:
        """Create a flavor."""
        return await logic.create(call.tx, call.world, {COLUMNS[wire]: value for wire, value in body.items()})

    @put("/{id}", rule="update", allow=ADMIN, body=FlavorChange, kind="create", since=FLAVOR_DESCRIPTION)
    async def update(self, call: Call, flavor: Row, body: dict[str, Any]) -> Row:
        """Change the description of a flavor."""
        return await logic.describe(call.tx, call.world, flavor, body["description"])

    @delete("/{id}", rule="delete", allow=ADMIN, status=202)
    async def delete(self, call: Call, flavor: Row) -> None:
        """Delete a flavor."""
        await logic.remove(call.tx, flavor)
