"""Objects on the wire."""

from pileus.kernel.api import headers
from pileus.kernel.api.call import Answer, Call
from pileus.kernel.api.declare import copy, delete, get, head, post, put, resource
from pileus.kernel.api.errors import BadRequest, NotFound, PreconditionFailed
from pileus.object_store.access import temporary
from pileus.object_store.access.entering import Door, Entry, Place
from pileus.object_store.bulk.extraction import Extraction
from pileus.object_store.large.making import Making
from pileus.object_store.objects import drafting, links, marks, versioning
from pileus.object_store.objects.copying import Copying, made
from pileus.object_store.objects.links import Links
from pileus.object_store.objects.logic import Objects
from pileus.object_store.objects.opening import Opened, Opener
from pileus.object_store.objects.reading import ObjectSource, shown
from pileus.object_store.objects.schema import ObjectHeaders
from pileus.object_store.storage.protocol import Draft
from pileus.object_store.wire import bodies, bulk, moments, names
from pileus.object_store.wire.lists import ListQuery


@resource("/{account}/{container}/{object:path}")
class ObjectResource:
    """Bytes with a name."""

    def __init__(self, objects: Objects, door: Door, making: Making, linked: Links, extraction: Extraction) -> None:
        self._objects = objects
        self._door = door
        self._making = making
        self._links = linked
        self._extraction = extraction
        self._opener = Opener(objects.storage, door, linked)
        self._copying = Copying(objects, door, linked, self._opener)

    @get(anonymous=True, transaction="none", many=False)
    @head(anonymous=True, transaction="none", status=200)
    async def read(self, call: Call, account: str, container: str, object: str) -> Answer:
        """Send an object, or only its headers."""
        place = account, container, object
        entry = await self._door.enter(call, place)
        version = versioning.asked(call, entry.container, signed=entry.signed)
        record = await self._objects.get(call, place, content=True, version=version)
        versioning.refuse_marker(record)
        more: dict[str, str | None] = {}
        if entry.container.versioning:
            more["version"] = versioning.name_of(record)
        if marks.LINK in record.metadata and call.request.query_params.get("symlink") == "get":
            opened = Opened(record, ObjectSource(self._objects.storage, record), record.etag)
            more |= links.shown(record, account)
        else:
            found = await self._links.follow(call, entry, place, record)
            record = found.record
            opened = await self._opener.open(call, entry, found.place[0], record)
            more["location"] = found.location or None
        return self._sent(call, entry, object, opened, more)

    def _sent(self, call: Call, entry: Entry, object: str, opened: Opened, more: dict[str, str | None]) -> Answer:
        record = opened.record
        if opened.kind == "static":
            more["manifest_etag"] = record.etag
        if opened.part is not None:
            more["parts"] = str(opened.parts)
        shows = headers.render(ObjectHeaders, shown(record, opened.shown_etag) | more, call)
        if opened.kind == "list":
            shows["Content-Type"] = "application/json; charset=utf-8"
        if entry.signed:
            shows = temporary.headers(call, object, shows)
        return bodies.answer(call, shows, opened.source, opened.etag, moments.whole(record.stamp), part=opened.part)

    @put(anonymous=True, transaction="none", status=201, raw=True, headers=ObjectHeaders, query=ListQuery)
    async def put(self, call: Call, account: str, container: str, object: str) -> Answer:
        """Make bytes an object, or copy one, or make one of segments or one that stands for another."""
        place = account, container, object
        if "extract-archive" in call.request.query_params:
            return bulk.answer(call, await self._extraction.extract(call, account, f"{container}/{object}"))
        entry = await self._door.enter(call, place)
        given = call.given
        if given.get("if_none_match", "*") != "*":
            raise BadRequest("If-None-Match only supports *")
        if call.request.query_params.get("multipart-manifest") == "put":
            record, answer = await self._making.put(call, entry, place)
            if record is not None and record.version:
                answer.headers["X-Object-Version-Id"] = record.version
            return answer
        if given.get("copy_from"):
            if call.request.headers.get("content-length", "0") != "0":
                raise BadRequest("Copy requests require a zero byte body")
            source = names.split(given["copy_from"], "X-Copy-From")
            owner = names.account(given.get("copy_from_account", "")) or account
            return await self._copying.copy(call, (owner, *source), place, entry.container)
        drafting.refuse_reserved(call)
        length = self._objects.expected(call)
        version = versioning.asked(call, entry.container, signed=entry.signed)
        if version is not None:
            return await self._restore(call, entry, version, length)
        return await self._put(call, entry, length)

    async def _put(self, call: Call, entry: Entry, length: int | None) -> Answer:
        given = call.given
        own, kind = {}, ""
        if given.get("link"):
            if length or (length is None and any([chunk async for chunk in call.chunks()])):
                raise BadRequest("Symlink requests require a zero byte body")
            target, kind = await self._links.asked(call, entry.place)
            own = target.metadata(entry.place[0])
        draft = drafting.new(call, entry.place[2], own, kind=kind, stamp=entry.stamp)
        record = await self._objects.put(
            entry.place,
            entry.container,
            call.chunks() if not own else bodies.once(b""),
            draft,
            length=length,
            etag=given.get("etag", ""),
            absent="if_none_match" in given,
            reseller=self._door.reseller(call),
        )
        return Answer(201, made(record))

    async def _restore(self, call: Call, entry: Entry, version: str, length: int | None) -> Answer:
        """Make an older version the newest again."""
        if not version:
            raise BadRequest("Invalid version parameter")
        if length or (length is None and any([chunk async for chunk in call.chunks()])):
            raise BadRequest("PUT version-id requests require a zero byte body")
        old = await self._objects.get(call, entry.place, content=True, version=version)
        if old.marker:
            raise NotFound("The specified version does not exist")
        draft = Draft(old.content_type, old.metadata, old.delete_at)
        record = await self._objects.copy(old, entry.place, entry.container, draft)
        return Answer(201, made(record))

    @post(anonymous=True, transaction="none", status=202, also=(307,), raw=True, headers=ObjectHeaders)
    async def change(self, call: Call, account: str, container: str, object: str) -> None:
        """Replace an object's metadata."""
        place = account, container, object
        entry = await self._door.enter(call, place)
        if call.request.query_params.get("version-id"):
            raise BadRequest("POST to a specific version is not allowed")
        if "link" in call.given:
            raise BadRequest("A PUT request is required to set a symlink target")
        old = await self._objects.get(call, place)
        await self._objects.post(call, place, entry.container, drafting.replaced(call, old))
        if marks.LINK in old.metadata:
            raise self._links.redirected(place, old)

    @delete(anonymous=True, transaction="none", status=204, also=(200,), query=ListQuery)
    async def delete(self, call: Call, account: str, container: str, object: str) -> Answer:
        """Forget an object, with its segments if the request says so."""
        place = account, container, object
        entry = await self._door.enter(call, place)
        version = versioning.asked(call, entry.container, signed=entry.signed)
        if call.request.query_params.get("multipart-manifest") == "delete":
            record = await self._objects.get(call, place, content=True, version=version)
            return await self._making.delete(call, entry, place, record)
        done = await self._objects.delete(call, place, entry.container, version=version, before=entry.stamp)
        current = await self._objects.storage.object(*place) if version is not None else None
        return Answer(204, versioning.deleted(done, version, current))

    @copy(anonymous=True, transaction="none", raw=True, headers=ObjectHeaders)
    async def copy(self, call: Call, account: str, container: str, object: str) -> Answer:
        """Copy an object to where `Destination` says."""
        names.check(call, account, container, object)
        if not call.given.get("destination"):
            raise PreconditionFailed("Destination header required")
        to = names.split(call.given["destination"], "Destination")
        owner = names.account(call.given.get("destination_account", "")) or account
        place: Place = (owner, *to)
        target = await self._door.also(call, "PUT", place)
        return await self._copying.copy(call, (account, container, object), place, target)
