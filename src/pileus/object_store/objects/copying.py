"""Objects copied: `COPY` with `Destination`, or `PUT` with `X-Copy-From`; also between accounts, also some bytes."""

from urllib.parse import quote

from pileus.kernel.api import headers
from pileus.kernel.api.call import Answer, Call
from pileus.object_store.access.entering import Door, Place
from pileus.object_store.objects import drafting, marks, versioning
from pileus.object_store.objects.links import Links
from pileus.object_store.objects.logic import Objects
from pileus.object_store.objects.opening import Opened, Opener
from pileus.object_store.objects.reading import ObjectSource
from pileus.object_store.objects.schema import META, ObjectHeaders
from pileus.object_store.storage.protocol import ContainerRecord, Draft, ObjectRecord
from pileus.object_store.wire import conditions, metadata, moments, ranges


class Copying:
    """Copies objects."""

    def __init__(self, objects: Objects, door: Door, links: Links, opener: Opener) -> None:
        self._objects = objects
        self._door = door
        self._links = links
        self._opener = opener

    async def copy(self, call: Call, source: Place, to: Place, target: ContainerRecord) -> Answer:
        """Copy an object; a list of segments or a link as what it stands for, unless the request says otherwise.

        Args:
            target: the container that the copy goes to, which the caller may write to.

        Raises:
            Unauthorized, Forbidden, NotFound, …: as for reading the one and writing the other.
        """
        container = await self._door.also(call, "GET", source)
        version = versioning.asked(call, container)
        old = await self._objects.get(call, source, content=True, version=version)
        versioning.refuse_marker(old)
        origin = old
        params = call.request.query_params
        whole = params.get("multipart-manifest") == "get" or params.get("symlink") == "get"
        if marks.LINK in old.metadata and params.get("symlink") != "get":
            found = await self._links.follow(call, None, source, old)
            source_account, old = found.place[0], found.record
        else:
            source_account = source[0]
        if whole or (marks.LINK in old.metadata):
            opened = Opened(old, ObjectSource(self._objects.storage, old), old.etag)
        else:
            opened = await self._opener.open(call, None, source_account, old)
        if conditions.unchanged(call.request.headers, opened.etag, moments.whole(old.stamp), copied=True):
            return Answer(304, {"ETag": opened.shown_etag, "Last-Modified": moments.modified(old.stamp)})
        draft = drafting.copied(call, old, to[2], whole=whole)
        record = await self._put(call, opened, to, target, draft)
        return Answer(201, self._said(call, source, origin, container, record))

    async def _put(self, call: Call, opened: Opened, to: Place, target: ContainerRecord, draft: Draft) -> ObjectRecord:
        absent = call.given.get("if_none_match") == "*"
        size = opened.source.size
        span = (0, size)
        if "range" in call.request.headers:
            spans = ranges.spans(call.request.headers["range"], size)
            span = spans[0] if spans else span
        if opened.kind == "plain" and span == (0, size):
            return await self._objects.copy(opened.record, to, target, draft, absent=absent)
        body = opened.source.read(span[0], span[1] - span[0])
        return await self._objects.put(to, target, body, draft, length=span[1] - span[0], absent=absent)

    def _said(
        self,
        call: Call,
        source: Place,
        origin: ObjectRecord,
        container: ContainerRecord,
        record: ObjectRecord,
    ) -> dict[str, str]:
        shows = {"meta": metadata.below(record.metadata, META), "delete_at": record.delete_at or None}
        said = headers.render(ObjectHeaders, shows, call) | made(record)
        said["X-Copied-From"] = quote(f"{source[1]}/{source[2]}")
        said["X-Copied-From-Last-Modified"] = moments.modified(origin.stamp)
        said["X-Copied-From-Account"] = quote(source[0])
        if container.versioning:
            said["X-Copied-From-Version-Id"] = versioning.name_of(origin)
        return said


def made(record: ObjectRecord) -> dict[str, str]:
    """What the answer says of an object that was made."""
    said = {"ETag": record.etag, "Last-Modified": moments.modified(record.stamp)}
    return said | ({"X-Object-Version-Id": record.version} if record.version else {})
