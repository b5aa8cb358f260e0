"""The object store, put together."""

from pileus.kernel.api.declare import Service
from pileus.kernel.parts import Parts
from pileus.object_store import errors
from pileus.object_store.access.decision import Access
from pileus.object_store.accounts.api import AccountResource
from pileus.object_store.accounts.logic import Accounts
from pileus.object_store.bulk.extraction import Extraction
from pileus.object_store.bulk.logic import Deletions
from pileus.object_store.containers.api import ContainerResource
from pileus.object_store.containers.logic import POLICY, Containers
from pileus.object_store.discovery.api import Discovery
from pileus.object_store.objects.api import ObjectResource
from pileus.object_store.objects.entering import Door
from pileus.object_store.objects.logic import Objects
from pileus.object_store.reconcilers.expirer import Expirer
from pileus.object_store.reconcilers.sweeper import Sweeper
from pileus.object_store.s3.buckets.bucket import Bucket
from pileus.object_store.s3.errors import refuse
from pileus.object_store.s3.signatures.verification import FindSigner
from pileus.object_store.s3.wiring import wire_s3
from pileus.object_store.settings import ObjectStoreSettings
from pileus.object_store.storage.files import FileStorage
from pileus.object_store.storage.protocol import Storage
from pileus.object_store.versions import OBJECT_STORE
from pileus.object_store.wire import answers


async def _nobody(_access_key: str) -> None:
    """Nobody signs."""


class ObjectStoreService:
    """The object store of one node.

    Args:
        durable: whether what is accepted is on disk; off only where the cloud is a simulation.
        signer: tells who signs S3 requests with an access key.
        storage: in place of the files of this machine.
    """

    def __init__(
        self,
        parts: Parts,
        settings: ObjectStoreSettings,
        *,
        durable: bool = True,
        storage: Storage | None = None,
        signer: FindSigner = _nobody,
    ) -> None:
        folder = parts.state / "object_store"
        files = FileStorage(folder, parts.world, durable=durable)
        self.storage: Storage = storage or files
        access = Access(settings)
        containers = Containers(self.storage, access)
        objects = Objects(self.storage, most=settings.most_bytes)
        door = Door(self.storage, containers)
        deletions = Deletions(objects, containers, door)
        extraction = Extraction(objects, containers, door, folder)

        async def quota(bucket: Bucket, more: int) -> None:
            try:
                await objects.check_quota(bucket.account, bucket.record, more)
            except errors.QuotaExceeded:
                raise refuse("QuotaExceeded") from None

        self.s3 = wire_s3(parts, settings, self.storage, access, signer, quota, lambda: POLICY)
        self.api = Service(
            type="object-store",
            name="swift",
            prefix="/object-store",
            root="/v1",
            history=OBJECT_STORE,
            fault=errors.fault,
            invalid=errors.invalid,
            request_id=answers.transaction_id,
            request_headers=("X-Trans-Id", "X-Openstack-Request-Id"),
            complete=answers.complete,
            at_root=("info", "healthcheck"),
            policy_file=parts.policy_file("object-store"),
        )
        self.api.add(
            Discovery(settings),
            AccountResource(Accounts(self.storage, access), access, deletions, extraction),
            ContainerResource(containers, extraction),
            ObjectResource(objects, door, deletions, extraction),
        )
        parts.loops.add(Expirer(self.storage, parts.world))
        if storage is None:
            parts.loops.add(Sweeper(files))

    async def start(self) -> None:
        """Open the storage, and put right what an earlier process left."""
        await self.storage.start()

    async def stop(self) -> None:
        """Close the storage."""
        await self.storage.stop()


def wire(
    parts: Parts,
    settings: ObjectStoreSettings,
    *,
    durable: bool = True,
    storage: Storage | None = None,
    signer: FindSigner = _nobody,
) -> ObjectStoreService:
    """Build the object store from the kernel's parts."""
    return ObjectStoreService(parts, settings, durable=durable, storage=storage, signer=signer)
