"""Containers on the wire."""

from typing import Any

from pileus.kernel.api import headers
from pileus.kernel.api.call import Answer, Call
from pileus.kernel.api.declare import delete, get, head, post, put, resource
from pileus.kernel.api.errors import NotFound
from pileus.object_store.bulk.extraction import Extraction
from pileus.object_store.containers import listing
from pileus.object_store.containers.logic import Containers, at_home, shown
from pileus.object_store.containers.schema import ContainerHeaders
from pileus.object_store.storage.protocol import ContainerRecord, Storage
from pileus.object_store.wire import bulk, lists, names


@resource("/{account}/{container}")
class ContainerResource:
    """What objects lie in."""

    def __init__(self, storage: Storage, containers: Containers, extraction: Extraction) -> None:
        self._storage = storage
        self._containers = containers
        self._extraction = extraction

    async def _enter(self, call: Call, account: str, container: str) -> tuple[ContainerRecord | None, bool]:
        names.check(call, account, container)
        return await self._containers.enter(call, account, container)

    @get(anonymous=True, transaction="none", query=lists.ListQuery, many=False)
    async def index(self, call: Call, account: str, container: str) -> Answer:
        """List objects."""
        record, owner = await self._enter(call, account, container)
        if record is None:
            raise NotFound
        form = "json" if "versions" in call.query else lists.form_of(call)
        entries = await listing.page(self._storage, call, account, container)
        head = headers.render(ContainerHeaders, shown(record, owner=owner), call)
        return lists.answer(call, form, head, ("container", container), "object", entries)

    @head(anonymous=True, transaction="none", status=204, query=lists.ListQuery, shows=ContainerHeaders)
    async def show(self, call: Call, account: str, container: str) -> dict[str, Any]:
        """Show a container."""
        record, owner = await self._enter(call, account, container)
        if record is None:
            raise NotFound
        lists.describe(call)
        return shown(record, owner=owner)

    @put(
        anonymous=True,
        transaction="none",
        status=202,
        also=(201,),
        raw=True,
        headers=ContainerHeaders,
        query=lists.ListQuery,
    )
    async def put(self, call: Call, account: str, container: str) -> Answer:
        """Make a container, or change its metadata; with `?extract-archive`, make objects in it."""
        if "extract-archive" in call.request.query_params:
            return bulk.answer(call, await self._extraction.extract(call, account, container))
        _record, owner = await self._enter(call, account, container)
        at_home(owner)
        return Answer(201 if await self._containers.put(call, account, container) else 202)

    @post(anonymous=True, transaction="none", status=204, raw=True, headers=ContainerHeaders)
    async def change(self, call: Call, account: str, container: str) -> None:
        """Change a container's metadata."""
        _record, owner = await self._enter(call, account, container)
        at_home(owner)
        await self._containers.change(call, account, container)

    @delete(anonymous=True, transaction="none", status=204)
    async def delete(self, call: Call, account: str, container: str) -> None:
        """Forget an empty container."""
        _record, owner = await self._enter(call, account, container)
        at_home(owner)
        await self._containers.delete(account, container)
