"""Objects on the wire."""

from urllib.parse import quote

import msgspec

from pileus.kernel.api import headers
from pileus.kernel.api.call import Answer, Call
from pileus.kernel.api.declare import copy, delete, get, head, post, put, resource
from pileus.kernel.api.errors import BadRequest, PreconditionFailed, Unprocessable
from pileus.object_store.bulk.extraction import Extraction
from pileus.object_store.bulk.logic import Deletions
from pileus.object_store.large import static
from pileus.object_store.objects import drafting, temporary
from pileus.object_store.objects.entering import Door, Place
from pileus.object_store.objects.logic import Objects
from pileus.object_store.objects.opening import Opened, Opener
from pileus.object_store.objects.reading import STATIC, ObjectSource, shown
from pileus.object_store.objects.schema import META, ObjectHeaders
from pileus.object_store.storage.protocol import ContainerRecord, ObjectRecord
from pileus.object_store.wire import bodies, bulk, metadata, moments, names
from pileus.object_store.wire.lists import ListQuery


@resource("/{account}/{container}/{object:path}")
class ObjectResource:
    """Bytes with a name."""

    def __init__(self, objects: Objects, door: Door, deletions: Deletions, extraction: Extraction) -> None:
        self._objects = objects
        self._door = door
        self._deletions = deletions
        self._extraction = extraction
        self._opener = Opener(objects.storage, door)

    @get(anonymous=True, transaction="none", many=False)
    @head(anonymous=True, transaction="none", status=200)
    async def read(self, call: Call, account: str, container: str, object: str) -> Answer:
        """Send an object, or only its headers."""
        place = account, container, object
        entry = await self._door.enter(call, place)
        record = await self._objects.get(call, place, content=True)
        opened = await self._opener.open(call, entry, account, record)
        shows = headers.render(ObjectHeaders, shown(record, opened.shown_etag), call)
        if opened.kind == "list":
            shows["Content-Type"] = "application/json; charset=utf-8"
        if entry.signed:
            shows |= temporary.headers(call, object)
        return bodies.answer(call, shows, opened.source, opened.etag, moments.whole(record.stamp))

    @put(anonymous=True, transaction="none", status=201, raw=True, headers=ObjectHeaders, query=ListQuery)
    async def put(self, call: Call, account: str, container: str, object: str) -> Answer:
        """Make bytes an object, or copy one, or make one of segments."""
        place = account, container, object
        if "extract-archive" in call.request.query_params:
            return bulk.answer(call, await self._extraction.extract(call, account, f"{container}/{object}"))
        entry = await self._door.enter(call, place)
        given = call.given
        if "copy_from" in given:
            if call.request.headers.get("content-length", "0") != "0":
                raise BadRequest("Copy requests require a zero byte body")
            source = names.split(given["copy_from"], "X-Copy-From")
            return await self._copy(call, (given.get("copy_from_account", account), *source), place, entry.container)
        if given.get("if_none_match", "*") != "*":
            raise BadRequest("If-None-Match only supports *")
        length = self._objects.expected(call)
        if call.request.query_params.get("multipart-manifest") == "put":
            return await self._put_list(call, place, entry.container)
        draft = drafting.new(call, object)
        await self._objects.check_quota(account, entry.container, length or 0)
        record = await self._objects.put(
            place,
            call.chunks(),
            draft,
            length=length,
            etag=given.get("etag", ""),
            absent="if_none_match" in given,
        )
        return Answer(201, _made(record))

    async def _put_list(self, call: Call, place: Place, container: ContainerRecord) -> Answer:
        """Make an object of a list of segments."""
        body = b"".join([chunk async for chunk in call.chunks(static.MOST_LIST)])
        wanted = static.entries(body)
        for segment in {static.place(entry.path)[0] for entry in wanted}:
            await self._door.also(call, "GET", (place[0], segment, ""))
        listed, etag, size = await static.checked(self._objects.storage, place[0], wanted)
        asked = call.given.get("etag", "").strip('"').lower()
        if asked and asked != etag:
            raise Unprocessable
        stored = msgspec.json.encode(listed)
        draft = drafting.new(call, place[2], {STATIC: f"{etag}:{size}"})
        await self._objects.check_quota(place[0], container, len(stored))
        absent = "if_none_match" in call.given
        record = await self._objects.put(place, bodies.once(stored), draft, absent=absent)
        return Answer(201, {**_made(record), "ETag": f'"{etag}"'})

    @post(anonymous=True, transaction="none", status=202, raw=True, headers=ObjectHeaders)
    async def change(self, call: Call, account: str, container: str, object: str) -> None:
        """Replace an object's metadata."""
        place = account, container, object
        await self._door.enter(call, place)
        old = await self._objects.get(call, place)
        await self._objects.post(call, place, drafting.replaced(call, old))

    @delete(anonymous=True, transaction="none", status=204, query=ListQuery)
    async def delete(self, call: Call, account: str, container: str, object: str) -> Answer:
        """Forget an object, with its segments if the request says so."""
        place = account, container, object
        await self._door.enter(call, place)
        if call.request.query_params.get("multipart-manifest") == "delete":
            return await self._delete_all(call, place)
        await self._objects.delete(call, place)
        return Answer(204)

    async def _delete_all(self, call: Call, place: Place) -> Answer:
        """Forget an object and the segments that it lists."""
        storage = self._objects.storage
        record = await self._objects.get(call, place, content=True)
        outcome = bulk.Outcome({"Number Deleted": 0, "Number Not Found": 0})
        targets = [place]
        if STATIC in record.metadata:
            segments = await static.segments(storage, place[0], await static.manifest(storage, record))
            targets[:0] = list(dict.fromkeys((s.account, s.container, s.name) for s in segments))
        for target in targets:
            await self._deletions.delete_one(call, target, outcome)
        return bulk.answer(call, outcome)

    @copy(anonymous=True, transaction="none", raw=True, headers=ObjectHeaders)
    async def copy(self, call: Call, account: str, container: str, object: str) -> Answer:
        """Copy an object to where `Destination` says."""
        if "destination" not in call.given:
            raise PreconditionFailed("Destination header required")
        where = names.split(call.given["destination"], "Destination")
        to = (call.given.get("destination_account", account), *where)
        target = await self._door.also(call, "PUT", to)
        return await self._copy(call, (account, container, object), to, target)

    async def _copy(self, call: Call, source: Place, to: Place, target: ContainerRecord) -> Answer:
        await self._door.also(call, "GET", source)
        old = await self._objects.get(call, source, content=True)
        as_list = call.request.query_params.get("multipart-manifest") == "get"
        opened = Opened(old, ObjectSource(self._objects.storage, old), old.etag) if as_list else None
        opened = opened or await self._opener.open(call, None, source[0], old)
        await self._objects.check_quota(to[0], target, opened.source.size)
        record = await self._objects.put(
            to,
            opened.source.read(0, opened.source.size),
            drafting.copied(call, old, to[2], as_list=as_list),
            length=opened.source.size,
            etag=opened.etag if opened.kind == "plain" else "",
            absent=call.given.get("if_none_match") == "*",
        )
        meta = {"meta": metadata.below(record.metadata, META)}
        made = (
            headers.render(ObjectHeaders, meta, call)
            | _made(record)
            | {
                "X-Copied-From": quote(f"{source[1]}/{source[2]}"),
                "X-Copied-From-Last-Modified": moments.modified(old.stamp),
                "X-Copied-From-Account": quote(source[0]),
            }
        )
        return Answer(201, made)


def _made(record: ObjectRecord) -> dict[str, str]:
    return {"ETag": record.etag, "Last-Modified": moments.modified(record.stamp)}
