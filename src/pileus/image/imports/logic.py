"""Accepting imports: what may be imported into what, and how."""

import uuid
from collections.abc import Mapping
from typing import Any

from pileus.image.data.logic import Parts as DataParts
from pileus.image.imports import marks
from pileus.image.imports.operations.image_import import ImageImport
from pileus.image.imports.operations.location_import import LocationImport
from pileus.image.imports.sources import Sources
from pileus.image.outside.client import Outside
from pileus.image.quotas.logic import SIZE, STAGE, UPLOADING
from pileus.image.stores.registry import UnknownStore
from pileus.image.tasks.logic import Tasks
from pileus.kernel.api.errors import BadRequest, Conflict
from pileus.kernel.auth.caller import Caller
from pileus.kernel.operations import Engine
from pileus.kernel.store import Row, Tx

COPY, DIRECT, WEB, GLANCE = "copy-image", "glance-direct", "web-download", "glance-download"
METHODS = (DIRECT, WEB, COPY, GLANCE)


class Imports:
    """The imports of the cloud."""

    def __init__(
        self,
        parts: DataParts,
        engine: Engine,
        tasks: Tasks,
        sources: Sources,
        outside: Outside,
        methods: tuple[str, ...],
    ) -> None:
        self._parts = parts
        self._engine = engine
        self._tasks = tasks
        self._sources = sources
        self._outside = outside
        self.methods = methods

    def checked(self, body: Mapping[str, Any]) -> dict[str, Any]:
        """The method of a request's body.

        Raises:
            BadRequest: the body cannot be used.
        """
        method = body.get("method")
        if not isinstance(method, dict):
            raise BadRequest("Import request requires a 'method' field.")
        if "name" not in method:
            raise BadRequest("Import request requires a 'name' field.")
        if method["name"] not in self.methods:
            raise BadRequest(f"Unknown import method name '{method['name']}'.")
        for name in ("all_stores_must_succeed", "all_stores"):
            if not isinstance(body.get(name, True), bool):
                raise BadRequest(f"'{name}' must be boolean value only")
        stores = body.get("stores", [])
        if not isinstance(stores, list) or not all(isinstance(store, str) for store in stores):
            raise BadRequest("'stores' must be a list of names of stores")
        if method["name"] == WEB:
            self._web(method)
        if method["name"] == GLANCE:
            method = _glance(method)
        return method

    def _web(self, method: Mapping[str, Any]) -> None:
        uri = method.get("uri")
        why = self._outside.refusal(uri) if isinstance(uri, str) and uri else "there is none"
        if why:
            raise BadRequest(f"URI for web-download does not pass filtering: {uri}")

    def stores(self, image: Row, body: Mapping[str, Any], method: str, header: str | None) -> list[str]:
        """The stores that an import is to reach.

        Raises:
            BadRequest: they are named in two ways, or have the image already.
            Conflict: there is no such store.
        """
        everywhere = body.get("all_stores", False)
        if everywhere and ("stores" in body or header is not None):
            raise BadRequest("All_stores parameter can't be used with x-image-meta-store header or stores parameter")
        if "stores" in body and header is not None:
            raise BadRequest("Stores parameter and x-image-meta-store header can't be both specified")
        if everywhere:
            wanted = self._parts.stores.writable
        else:
            wanted = list(dict.fromkeys(body.get("stores") or [header or self._parts.stores.default]))
        for store in wanted:
            try:
                self._parts.stores.store(store)
            except UnknownStore as error:
                raise Conflict(error.text) from None
        if method != COPY:
            return wanted
        have = {place["store"] for place in image["locations"]}
        if not everywhere and have & set(wanted):
            raise BadRequest(f"Image is already present at store '{min(have & set(wanted))}'")
        return [store for store in wanted if store not in have]

    async def check(self, tx: Tx, image: Row, method: str) -> None:
        """Whether an image can be imported into by a method as it stands.

        Raises:
            Conflict: it cannot.
        """
        status = image["status"]
        if status == "active" and method != COPY:
            raise Conflict("Image with status active cannot be target for import")
        if status != "active" and method == COPY:
            raise Conflict("Only images with status active can be targeted for copying")
        if status != "queued" and method in {WEB, GLANCE}:
            raise Conflict(f"Image needs to be in 'queued' state to use '{method}' method")
        if method == DIRECT and (status != "uploading" or await self._parts.locations.staged(tx, image["id"]) is None):
            raise Conflict("Image needs to be staged before 'glance-direct' method can be used")
        for name in ("container_format", "disk_format"):
            if not image[name]:
                raise Conflict(f"'{name}' needs to be set before import")
        if image["extra"].get(marks.TASK):
            raise Conflict("Image has active task")

    async def begin(
        self, tx: Tx, who: Caller, image: Row, body: Mapping[str, Any], method: dict[str, Any], stores: list[str]
    ) -> str:
        """Accept an import; its task's id."""
        shown = {**body, "method": method}
        told = {"image_id": image["id"], "import_req": shown, "backend": stores}
        task = await self._tasks.create(tx, who, "api_image_import", told, image_id=image["id"])
        changes: Row = {"extra": marks.begun(image["extra"], task["id"], stores)}
        if method["name"] != COPY:
            await self._parts.locations.clear(tx, image["id"])
            changes["status"] = "importing"
        await self._parts.images.save(tx, image, changes)
        await self._parts.images.quotas.hold(tx, image["owner"], SIZE, UPLOADING, STAGE)
        await self._engine.begin(
            tx,
            ImageImport.kind,
            resource_type="image",
            resource_id=image["id"],
            input={
                "task_id": task["id"],
                "method": method,
                "stores": stores,
                "all_stores_must_succeed": body.get("all_stores_must_succeed", True),
                "roles": sorted(who.roles),
            },
            project_id=who.project_id,
            user_id=who.user_id,
        )
        if method["name"] == GLANCE:
            self._sources.tokens[task["id"]] = who.token
        return str(task["id"])

    async def locate(
        self, tx: Tx, who: Caller, image: Row, url: str, owner: tuple[str, str], validation: Mapping[str, Any]
    ) -> None:
        """Accept a location that an image's data lie at.

        Args:
            owner: the store that the address is of, and the data's name there.
            validation: what they are said to be; nothing if nothing is said.

        Raises:
            BadRequest: the address must not be read.
        """
        store, name = owner
        why = self._outside.refusal(url) if url.startswith(("http://", "https://")) else ""
        if why:
            raise BadRequest(f"Invalid location: {why}")
        told = {"image_id": image["id"], "loc_url": url, "validation_data": dict(validation)}
        task = await self._tasks.create(tx, who, "location_import", told, image_id=image["id"])
        await self._parts.locations.clear(tx, image["id"])
        await self._parts.locations.add(tx, image["id"], store, name)
        changes: Row = {"status": "importing", "extra": {**image["extra"], marks.TASK: task["id"]}}
        await self._parts.images.save(tx, image, changes)
        await self._engine.begin(
            tx,
            LocationImport.kind,
            resource_type="image",
            resource_id=image["id"],
            input={"task_id": task["id"], "store": store, "name": name, "validation": dict(validation)},
            project_id=who.project_id,
            user_id=who.user_id,
        )


def _glance(method: Mapping[str, Any]) -> dict[str, Any]:
    for name in ("glance_region", "glance_image_id"):
        if name not in method:
            raise BadRequest(f"'{name}' needs to be set for glance-download import method")
    found = {"glance_service_interface": "public", **method}
    for name in ("glance_region", "glance_service_interface"):
        if not isinstance(found[name], str):
            raise BadRequest(f"'{name}' must be a string")
    try:
        uuid.UUID(str(found["glance_image_id"]))
    except ValueError:
        raise BadRequest(f"Remote image id does not look like a UUID: {found['glance_image_id']}") from None
    return found
