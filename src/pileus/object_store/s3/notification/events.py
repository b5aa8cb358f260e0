"""What happened, written down for those who are to be told.

An event is kept for each target before the request that caused it is answered, so whatever was answered is told, at
least once.  The form is AWS's event message, version 2.3.
"""

from typing import TYPE_CHECKING, Any
from urllib.parse import quote_plus

import msgspec

from pileus.kernel.signals import Signals
from pileus.kernel.world import World
from pileus.object_store.s3.buckets.bucket import Bucket
from pileus.object_store.s3.notification.outbox import Notes
from pileus.object_store.s3.notification.rules import Target
from pileus.object_store.s3.objects.naming import etag
from pileus.object_store.s3.wire import moments
from pileus.object_store.storage.protocol import ObjectRecord

if TYPE_CHECKING:
    from pileus.object_store.s3.visit import Visit

TOPIC = "object_store.s3.events"


class Event(msgspec.Struct, frozen=True):
    """An event for one target."""

    url: str
    message: dict[str, Any]
    tries: int = 0
    first: int = 0


def name_of(second: int, world: World) -> str:
    """The name of a note that is due at a second."""
    return f"{second:012}-{world.ids.hex()}"


class Events:
    """Writes events down."""

    def __init__(self, notes: Notes, world: World, signals: Signals, region: str) -> None:
        self._notes = notes
        self._world = world
        self._signals = signals
        self._region = region

    async def tell(self, visit: "Visit | None", bucket: Bucket, event: str, record: ObjectRecord) -> None:
        """Write an event down for all that want to know.

        Args:
            visit: the request that caused it; None for what happened by itself.
        """
        targets = bucket.document("notification", list[Target]) or []
        wanted = [target for target in targets if target.wants(event, record.name)]
        second = int(self._world.clock.now().timestamp())
        for target in wanted:
            message = {"Records": [self._record(visit, bucket, event, record, target)]}
            await self._notes.put(name_of(second, self._world), Event(target.url, message, first=second))
        if wanted:
            self._signals.wake(TOPIC)

    def _record(
        self, visit: "Visit | None", bucket: Bucket, event: str, record: ObjectRecord, target: Target
    ) -> dict[str, Any]:
        now = self._world.clock.now()
        request: dict[str, Any] = {"x-amz-request-id": "", "x-amz-id-2": ""}
        address, who = "127.0.0.1", "pileus"
        if visit is not None:
            request["x-amz-request-id"] = visit.call.request_id
            client = visit.call.request.scope.get("client")
            address, who = (client[0] if client else ""), visit.who.user_id or "Anonymous"
        shown: dict[str, Any] = {"key": quote_plus(record.name, safe="/"), "sequencer": f"{record.stamp:016X}"}
        if "ObjectRemoved" not in event and "Expiration" not in event:
            shown |= {"size": record.size, "eTag": etag(record)}
        if bucket.versioned:
            shown["versionId"] = record.version or "null"
        return {
            "eventVersion": "2.3",
            "eventSource": "aws:s3",
            "awsRegion": self._region,
            "eventTime": moments.stamp(now),
            "eventName": event.removeprefix("s3:"),
            "userIdentity": {"principalId": who},
            "requestParameters": {"sourceIPAddress": address},
            "responseElements": request,
            "s3": {
                "s3SchemaVersion": "1.0",
                "configurationId": target.id,
                "bucket": {
                    "name": bucket.name,
                    "ownerIdentity": {"principalId": bucket.owner},
                    "arn": f"arn:aws:s3:::{bucket.name}",
                },
                "object": shown,
            },
        }


__all__ = ["TOPIC", "Event", "Events", "name_of"]
