"""S3, put together."""

from collections.abc import Callable
from typing import Any

from pileus.kernel.api.declare import Service
from pileus.kernel.parts import Parts
from pileus.object_store.access.decision import Access
from pileus.object_store.s3 import errors, operations
from pileus.object_store.s3.access.documents import AccessDocuments
from pileus.object_store.s3.access.rights import Rights
from pileus.object_store.s3.api import BucketResource, ObjectResource, ServiceResource
from pileus.object_store.s3.asked import WEBSITE
from pileus.object_store.s3.buckets.bucket import Bucket
from pileus.object_store.s3.buckets.listing import Listing
from pileus.object_store.s3.buckets.logic import Buckets
from pileus.object_store.s3.buckets.registry import Registry
from pileus.object_store.s3.configuration.documents import Documents
from pileus.object_store.s3.door import Door
from pileus.object_store.s3.lifecycle.reconciler import TOPIC, Lifecycle
from pileus.object_store.s3.multipart.joining import Joining
from pileus.object_store.s3.multipart.logic import Multipart
from pileus.object_store.s3.notification.delivery import Delivery, Webhook
from pileus.object_store.s3.notification.events import Events
from pileus.object_store.s3.notification.outbox import Notes
from pileus.object_store.s3.objects.copying import Copying
from pileus.object_store.s3.objects.deleting import Deleting
from pileus.object_store.s3.objects.describing import Describing
from pileus.object_store.s3.objects.drafting import Drafting
from pileus.object_store.s3.objects.finding import Finder
from pileus.object_store.s3.objects.reading import Reading
from pileus.object_store.s3.objects.writing import Quota, Writing
from pileus.object_store.s3.posting.logic import Posting
from pileus.object_store.s3.signatures.verification import FindSigner, Verification
from pileus.object_store.s3.website.serving import Website
from pileus.object_store.settings import ObjectStoreSettings
from pileus.object_store.storage.protocol import Storage
from pileus.object_store.versions import S3
from pileus.object_store.wire import answers, moments

DEFAULT_REGION = "us-east-1"
"""What clients say that were told no region."""


def complete(call: Any, answer: Any) -> None:
    """What every answer of S3 carries."""
    answer.headers.setdefault("Date", moments.http(int(call.world.clock.now().timestamp())))
    answer.headers.setdefault("x-amz-id-2", answer.headers.get("x-amz-request-id", ""))
    answer.headers.setdefault("Server", "Pileus")


def wire_s3(
    parts: Parts,
    settings: ObjectStoreSettings,
    storage: Storage,
    access: Access,
    signer: FindSigner,
    quota: Quota,
    policy: Callable[[], str],
) -> Service:
    """Build S3 on a storage.

    Args:
        signer: tells who signs with an access key.
        quota: refuses bytes that a bucket or its account has no room for.
        policy: tells the storage policy of new buckets.
    """
    regions = tuple(dict.fromkeys((parts.region, DEFAULT_REGION)))
    registry, rights = Registry(storage), Rights(storage, access)
    verification = Verification(signer, parts.world.clock)
    outbox, planned = Notes(storage, "events"), Notes(storage, "lifecycle")
    events = Events(outbox, parts.world, parts.signals, parts.region)

    async def plan(bucket: Bucket) -> None:
        await planned.put(bucket.name, "")
        parts.signals.wake(TOPIC)

    docs = Documents(storage, {"lifecycle": plan})
    finder, drafting = Finder(storage, rights), Drafting(rights)
    reading = Reading(storage, finder)
    writing = Writing(storage, drafting, events, quota, settings.most_bytes)
    copying = Copying(storage, registry, rights, finder, drafting, reading, writing, events, quota)
    multipart = Multipart(storage, drafting, reading, writing, copying)
    deleting, describing = Deleting(storage, rights, finder, events), Describing(storage, rights, finder, events)
    website = Website(rights, finder, reading)
    door = Door(verification, registry, rights, website, regions=regions)
    door.table = operations.Table(
        [
            *operations.of_buckets(
                Buckets(storage, registry, access, regions, policy),
                Listing(storage),
                AccessDocuments(docs),
                docs,
                multipart,
                deleting,
                Posting(rights, verification, drafting, writing, regions),
            ),
            *operations.of_objects(
                reading, writing, copying, deleting, describing, multipart, Joining(storage, finder, events)
            ),
        ]
    )
    parts.loops.add(
        Lifecycle(storage, registry, planned, events, parts.world),
        Delivery(outbox, parts.world, Webhook()),
    )
    return _service(parts, door)


def _service(parts: Parts, door: Door) -> Service:
    service = Service(
        type="s3",
        name="s3",
        prefix="/s3",
        root="",
        aliases=(WEBSITE,),
        history=S3,
        fault=errors.fault,
        request_id=answers.transaction_id,
        request_headers=("x-amz-request-id", "X-Openstack-Request-Id"),
        complete=complete,
        policy_file=parts.policy_file("s3"),
        fault_types=("application/xml",),
    )
    service.add(ServiceResource(door), BucketResource(door), ObjectResource(door))
    return service
