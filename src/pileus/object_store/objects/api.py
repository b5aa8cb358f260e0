"""Objects on the wire."""

from urllib.parse import quote

from pileus.kernel.api import headers
from pileus.kernel.api.call import Answer, Call
from pileus.kernel.api.declare import copy, delete, get, head, post, put, resource
from pileus.kernel.api.errors import BadRequest, NotFound, PreconditionFailed
from pileus.object_store.containers.logic import Containers
from pileus.object_store.objects import drafting
from pileus.object_store.objects.logic import Objects, Place
from pileus.object_store.objects.reading import ObjectSource, shown
from pileus.object_store.objects.schema import ObjectHeaders
from pileus.object_store.storage.protocol import ContainerRecord, ObjectRecord
from pileus.object_store.wire import bodies, moments, names


@resource("/{account}/{container}/{object:path}")
class ObjectResource:
    """Bytes with a name."""

    def __init__(self, objects: Objects, containers: Containers) -> None:
        self._objects = objects
        self._containers = containers

    async def _enter(self, call: Call, place: Place) -> ContainerRecord:
        names.check(call, *place)
        container, _owner = await self._containers.enter(call, *place[:2], object=True)
        if container is None:
            raise NotFound
        return container

    @get(anonymous=True, transaction="none", many=False)
    @head(anonymous=True, transaction="none", status=200)
    async def read(self, call: Call, account: str, container: str, object: str) -> Answer:
        """Send an object, or only its headers."""
        place = account, container, object
        await self._enter(call, place)
        record = await self._objects.get(call, place, content=True)
        head = headers.render(ObjectHeaders, shown(record), call)
        source = ObjectSource(self._objects.storage, record)
        return bodies.answer(call, head, source, record.etag, moments.whole(record.stamp))

    @put(anonymous=True, transaction="none", status=201, raw=True, headers=ObjectHeaders)
    async def put(self, call: Call, account: str, container: str, object: str) -> Answer:
        """Make bytes an object, or copy one."""
        place = account, container, object
        target = await self._enter(call, place)
        given = call.given
        if "copy_from" in given:
            if call.request.headers.get("content-length", "0") != "0":
                raise BadRequest("Copy requests require a zero byte body")
            source = names.split(given["copy_from"], "X-Copy-From")
            return await self._copy(call, (given.get("copy_from_account", account), *source), place, target)
        if given.get("if_none_match", "*") != "*":
            raise BadRequest("If-None-Match only supports *")
        length = self._objects.expected(call)
        draft = drafting.new(call, object)
        await self._objects.check_quota(account, target, length or 0)
        record = await self._objects.put(
            place,
            call.chunks(),
            draft,
            length=length,
            etag=given.get("etag", ""),
            absent="if_none_match" in given,
        )
        return Answer(201, _made(record))

    @post(anonymous=True, transaction="none", status=202, raw=True, headers=ObjectHeaders)
    async def change(self, call: Call, account: str, container: str, object: str) -> None:
        """Replace an object's metadata."""
        place = account, container, object
        await self._enter(call, place)
        old = await self._objects.get(call, place)
        await self._objects.post(call, place, drafting.replaced(call, old))

    @delete(anonymous=True, transaction="none", status=204)
    async def delete(self, call: Call, account: str, container: str, object: str) -> None:
        """Forget an object."""
        place = account, container, object
        await self._enter(call, place)
        await self._objects.delete(call, place)

    @copy(anonymous=True, transaction="none", raw=True, headers=ObjectHeaders)
    async def copy(self, call: Call, account: str, container: str, object: str) -> Answer:
        """Copy an object to where `Destination` says."""
        place = account, container, object
        names.check(call, *place)
        if "destination" not in call.given:
            raise PreconditionFailed("Destination header required")
        where = names.split(call.given["destination"], "Destination")
        to = (call.given.get("destination_account", account), *where)
        target = await self._containers.may(call, "PUT", to)
        if target is None:
            raise NotFound
        return await self._copy(call, place, to, target)

    async def _copy(self, call: Call, source: Place, to: Place, target: ContainerRecord) -> Answer:
        names.check_names(*source)
        names.check_names(*to)
        if await self._containers.may(call, "GET", source) is None:
            raise NotFound
        old = await self._objects.get(call, source, content=True)
        await self._objects.check_quota(to[0], target, old.size)
        body = ObjectSource(self._objects.storage, old)
        record = await self._objects.put(
            to,
            body.read(0, old.size),
            drafting.copied(call, old, to[2], {}),
            length=old.size,
            etag=old.etag,
            absent=call.given.get("if_none_match") == "*",
        )
        head = _made(record) | {
            "X-Copied-From": quote(f"{source[1]}/{source[2]}"),
            "X-Copied-From-Last-Modified": moments.modified(old.stamp),
            "X-Copied-From-Account": quote(source[0]),
        }
        return Answer(201, head)


def _made(record: ObjectRecord) -> dict[str, str]:
    return {"ETag": record.etag, "Last-Modified": moments.modified(record.stamp)}
