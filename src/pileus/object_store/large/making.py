"""Static large objects put and deleted: the list is checked, kept, and taken apart again."""

from collections.abc import Sequence

import msgspec

from pileus.kernel.api.call import Answer, Call
from pileus.kernel.api.errors import BadRequest, MethodNotAllowed, TooLarge, Unprocessable
from pileus.object_store.access.entering import Door, Entry, Place
from pileus.object_store.bulk.logic import Deletions
from pileus.object_store.large import manifest, static
from pileus.object_store.objects import drafting
from pileus.object_store.objects.links import Links
from pileus.object_store.objects.logic import Objects
from pileus.object_store.objects.marks import STATIC
from pileus.object_store.storage.protocol import ObjectRecord
from pileus.object_store.wire import bodies, bulk, metadata, moments


class Making:
    """Puts and deletes lists of segments."""

    def __init__(self, objects: Objects, door: Door, links: Links, deletions: Deletions) -> None:
        self._objects = objects
        self._door = door
        self._links = links
        self._deletions = deletions

    async def put(self, call: Call, entry: Entry, place: Place) -> tuple[ObjectRecord | None, Answer]:
        """Make an object of a list of segments; None, and the refusal, if segments are not what the list says.

        Raises:
            MethodNotAllowed, TooLarge, BadRequest: the request is none for that.
            Unprocessable: the ETag is another one.
        """
        if "copy_from" in call.given:
            raise MethodNotAllowed("Multipart Manifest PUTs cannot be COPY requests")
        length = self._objects.expected(call)
        if length is not None and length > manifest.MOST_LIST:
            raise TooLarge(f"Manifest File > {manifest.MOST_LIST} bytes")
        body = b"".join([chunk async for chunk in call.chunks(manifest.MOST_LIST)])
        wanted = manifest.entries(body, "/" + "/".join(place[1:]))

        async def look(at: Place) -> ObjectRecord:
            await self._door.also(call, "GET", at)
            found = await self._objects.get(call, at, content=True)
            return (await self._links.follow(call, None, at, found)).record

        checked = await static.checked(place[0], wanted, look)
        heartbeat = metadata.truth(call.request.query_params.get("heartbeat", ""))
        if checked.problems:
            outcome = bulk.Outcome({}, checked.problems, "400 Bad Request", BadRequest.message)
            return None, bulk.answer(call, outcome, status=202 if heartbeat else 400, bare=not heartbeat)
        asked = call.given.get("etag", "").strip('"').lower()
        if asked and asked != checked.etag:
            raise Unprocessable
        stored = msgspec.json.encode(checked.listed)
        draft = drafting.new(call, place[2], {STATIC: f"{checked.etag}:{checked.size}"}, stamp=entry.stamp)
        absent = "if_none_match" in call.given
        record = await self._objects.put(
            place, entry.container, bodies.once(stored), draft, length=len(stored), absent=absent
        )
        made = {"ETag": f'"{checked.etag}"', "Last-Modified": moments.modified(record.stamp)}
        if not heartbeat:
            return record, Answer(201, made)
        outcome = bulk.Outcome({"Etag": made["ETag"], "Last Modified": made["Last-Modified"]}, status="201 Created")
        return record, bulk.answer(call, outcome, status=202)

    async def delete(self, call: Call, entry: Entry, place: Place, record: ObjectRecord) -> Answer:
        """Forget an object and the segments that it lists; with `async`, as one deletion.

        Raises:
            BadRequest: with `async`, the segments are not all in one container.
        """
        listed = await static.manifest(self._objects.storage, record) if STATIC in record.metadata else []
        together = metadata.truth(call.request.query_params.get("async", ""))
        if together and listed:
            containers = {item.place[0] for item in listed if item.data is None}
            if len(containers) > 1:
                found = ", ".join(f'"{name}"' for name in sorted(containers))
                raise BadRequest(f"All segments must be in one container. Found segments in {found}")
            if any(item.sub_slo for item in listed):
                raise BadRequest("No segments may be large objects.")
            for container in containers:
                await self._door.also(call, "DELETE", (place[0], container, ""))
        outcome = bulk.Outcome({"Number Deleted": 0, "Number Not Found": 0})
        for target in [*await self._all(place[0], listed), place]:
            await self._deletions.delete_one(call, target, outcome)
        return Answer(204) if together else bulk.answer(call, outcome)

    async def _all(self, account: str, listed: Sequence[static.Listed], depth: int = 0) -> list[Place]:
        """Every segment, those of lists within the list before these lists."""
        found: dict[Place, None] = {}
        for item in listed:
            if item.data is not None:
                continue
            place = (account, *item.place)
            if item.sub_slo and depth < static.DEEPEST:
                record = await self._objects.storage.object(*place, content=True)
                if record is not None and STATIC in record.metadata:
                    below = await static.manifest(self._objects.storage, record)
                    found |= dict.fromkeys(await self._all(account, below, depth + 1))
            found[place] = None
        return list(found)
