"""Lets go by itself what a bucket's rules say, once for each day and each change of the rules.

Which buckets have rules stands in notes, so that nobody searches all accounts; a note tells how far the work has come.
"""

import hashlib

from pileus.kernel import log
from pileus.kernel.auth.caller import Caller
from pileus.kernel.world import World
from pileus.object_store.s3.buckets.bucket import Bucket
from pileus.object_store.s3.buckets.registry import Registry
from pileus.object_store.s3.lifecycle import rules as lifecycle
from pileus.object_store.s3.notification.events import Events
from pileus.object_store.s3.notification.outbox import Notes
from pileus.object_store.storage.protocol import (
    Locked,
    NoContainer,
    NoUpload,
    ObjectRecord,
    OtherObject,
    Query,
    Storage,
    UploadRecord,
)

LOG = log.get("s3")
TOPIC = "object_store.s3.lifecycle"
PAGE = 1000


class Lifecycle:
    """The reconciler."""

    name = "object-store-s3-lifecycle"
    interval = 300.0
    topics = (TOPIC,)

    def __init__(self, storage: Storage, registry: Registry, notes: Notes, events: Events, world: World) -> None:
        self._storage = storage
        self._registry = registry
        self._notes = notes
        self._events = events
        self._world = world

    async def converge(self) -> int:
        """Look at every bucket with rules whose day is not done; how much went."""
        second, count, after = int(self._world.clock.now().timestamp()), 0, ""
        while names := await self._notes.names(after):
            for name in names:
                count += await self._bucket(name, second)
            after = names[-1]
        return count

    async def _bucket(self, name: str, second: int) -> int:
        bucket = await self._registry.find(name, Caller())
        rules = bucket.document("lifecycle", list[lifecycle.Rule]) if bucket else None
        if bucket is None or not rules:
            await self._notes.remove(name)
            return 0
        text = bucket.text("lifecycle")
        done = f"{second // lifecycle.DAY}-{hashlib.sha256(text.encode()).hexdigest()[:16]}"
        if await self._notes.get(name) == f'"{done}"'.encode():
            return 0
        try:
            count = await self._objects(bucket, rules, second) + await self._uploads(bucket, rules, second)
        except NoContainer:
            return 0
        await self._notes.put(name, done)
        return count

    async def _objects(self, bucket: Bucket, rules: list[lifecycle.Rule], second: int) -> int:
        count, waiting = 0, list[ObjectRecord]()
        marker, version = "", None
        while True:
            query = Query(marker=marker, versions=True, version_marker=version, limit=PAGE)
            found = await self._storage.objects(bucket.account, bucket.name, query)
            page = [item for item in found if isinstance(item, ObjectRecord)]
            for record in page:
                if waiting and waiting[0].name != record.name:
                    count += await self._name(bucket, rules, waiting, second)
                    waiting = []
                waiting.append(record)
            if len(page) < PAGE:
                break
            marker, version = page[-1].name, page[-1].version
        return count + (await self._name(bucket, rules, waiting, second) if waiting else 0)

    async def _name(
        self, bucket: Bucket, rules: list[lifecycle.Rule], versions: list[ObjectRecord], second: int
    ) -> int:
        count = 0
        for removal in list(lifecycle.due(rules, versions, second, versioned=bucket.versioned)):
            record = removal.record
            place = bucket.account, bucket.name, record.name
            try:
                if removal.version is None or (removal.version == "" and not bucket.versioned):
                    done = await self._storage.delete_object(*place, record.stamp)
                else:
                    done = await self._storage.delete_object(*place, version=removal.version)
            except (OtherObject, Locked):
                continue
            if done.marker is not None:
                await self._events.tell(None, bucket, "s3:LifecycleExpiration:DeleteMarkerCreated", done.marker)
            elif done.gone is not None:
                await self._events.tell(None, bucket, "s3:LifecycleExpiration:Delete", record)
            count += done.marker is not None or done.gone is not None
        return count

    async def _uploads(self, bucket: Bucket, rules: list[lifecycle.Rule], second: int) -> int:
        if not any(rule.enabled and rule.abort_days is not None for rule in rules):
            return 0
        count, marker, version = 0, "", None
        while True:
            query = Query(marker=marker, version_marker=version, limit=PAGE)
            found = await self._storage.uploads(bucket.account, bucket.name, query)
            page = [item for item in found if isinstance(item, UploadRecord)]
            for upload in page:
                if lifecycle.abandoned(rules, upload, second):
                    try:
                        await self._storage.abandon_parts(bucket.account, bucket.name, upload.id)
                        count += 1
                    except NoUpload:
                        continue
            if len(page) < PAGE:
                return count
            marker, version = page[-1].name, page[-1].id
