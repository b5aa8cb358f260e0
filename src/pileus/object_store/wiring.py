"""The object store, put together."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pileus.kernel.api.declare import Service
from pileus.kernel.parts import Parts
from pileus.kernel.serving.layers import Layer
from pileus.object_store import errors
from pileus.object_store.access.decision import Access
from pileus.object_store.access.entering import Door
from pileus.object_store.accounts.api import AccountResource
from pileus.object_store.accounts.logic import Accounts
from pileus.object_store.bulk.extraction import Extraction
from pileus.object_store.bulk.logic import Deletions
from pileus.object_store.containers.api import ContainerResource
from pileus.object_store.containers.logic import Containers
from pileus.object_store.containers.policies import Policies
from pileus.object_store.discovery.api import Discovery
from pileus.object_store.discovery.capabilities import capabilities
from pileus.object_store.features.hosts import resolving
from pileus.object_store.features.hosts.domain_remap import DomainRemap, Lookup
from pileus.object_store.features.joined import joined
from pileus.object_store.large.making import Making
from pileus.object_store.objects import quotas
from pileus.object_store.objects.api import ObjectResource
from pileus.object_store.objects.archive import Archive
from pileus.object_store.objects.links import Links
from pileus.object_store.objects.logic import Objects
from pileus.object_store.reconcilers.auditor import Auditor
from pileus.object_store.reconcilers.expirer import Expirer
from pileus.object_store.reconcilers.sweeper import Sweeper
from pileus.object_store.reconcilers.syncer import Syncer
from pileus.object_store.s3.asked import is_s3
from pileus.object_store.s3.buckets.bucket import Bucket
from pileus.object_store.s3.errors import refuse
from pileus.object_store.s3.objects.writing import Quota
from pileus.object_store.s3.signatures.verification import FindSigner
from pileus.object_store.s3.wiring import wire_s3
from pileus.object_store.settings import ObjectStoreSettings
from pileus.object_store.storage.audit import Audit
from pileus.object_store.storage.files import FileStorage
from pileus.object_store.storage.protocol import Storage
from pileus.object_store.sync.journal import Journal
from pileus.object_store.sync.realms import Realms
from pileus.object_store.sync.receiving import Receiving
from pileus.object_store.sync.sending import HttpClient
from pileus.object_store.tempauth.api import TempAuthResource
from pileus.object_store.tempauth.logic import TemporaryUsers
from pileus.object_store.versions import OBJECT_STORE
from pileus.object_store.wire import answers


async def _nobody(_access_key: str) -> None:
    """Nobody signs."""


def _quota(storage: Storage) -> Quota:
    """Refuses bytes that a bucket or its account has no room for, in S3's words."""

    async def check(bucket: Bucket, more: int) -> None:
        try:
            await quotas.check(storage, bucket.account, bucket.record, more)
        except errors.QuotaExceeded:
            raise refuse("QuotaExceeded") from None

    return check


class ObjectStoreService:
    """The object store of one node.

    Args:
        durable: whether what is accepted is on disk; off only where the cloud is a simulation.
        signer: tells who signs S3 requests with an access key.
        storage: in place of the files of this machine.
        lookup: asks the DNS for aliases of hosts, in place of the machine's name servers.
    """

    def __init__(
        self,
        parts: Parts,
        settings: ObjectStoreSettings,
        *,
        durable: bool = True,
        storage: Storage | None = None,
        signer: FindSigner = _nobody,
        lookup: Lookup | None = None,
    ) -> None:
        folder = parts.state / "object_store"
        files = FileStorage(folder, parts.world, durable=durable)
        self.storage: Storage = storage or files
        policies = Policies(settings.policies)
        realms = self._realms = Realms(Path(settings.features.sync_realms or folder / "container-sync-realms.conf"))
        journal = Journal(self.storage)
        access = Access(settings)
        containers = Containers(self.storage, access, policies, realms, journal)
        archive = Archive(self.storage, parts.world)
        objects = Objects(self.storage, policies, archive, journal, most=settings.most_bytes)
        door = Door(self.storage, containers, Receiving(realms), settings.features.digests)
        links = Links(objects, door)
        deletions = Deletions(objects, containers, door)
        extraction = Extraction(objects, containers, door, folder)
        self.s3 = wire_s3(parts, settings, self.storage, access, signer, _quota(self.storage), lambda: policies.default)
        users = TemporaryUsers(settings, parts.world)
        features = joined(objects, users, settings, parts.world)
        hosts = (
            DomainRemap(settings, parts.world, lookup or resolving.lookup)
            if settings.features.storage_domains
            else None
        )
        self.api = _service(parts, tuple(features), hosts, ("swiftoperator", settings.reseller_role))

        def told() -> dict[str, Any]:
            return capabilities(settings, policies, features, realms, hosts.info() if hosts is not None else {})

        self.api.add(
            Discovery(told, access, settings.features.info_key, folder),
            TempAuthResource(users),
            AccountResource(Accounts(self.storage, access, policies), access, deletions, extraction),
            ContainerResource(self.storage, containers, extraction),
            ObjectResource(objects, door, Making(objects, door, links, deletions), links, extraction),
        )
        self._client = HttpClient()
        parts.loops.add(
            Expirer(self.storage, parts.world),
            Syncer(self.storage, journal, realms, parts.world, self._client),
        )
        if storage is None:
            parts.loops.add(Sweeper(files), Auditor(Audit(files.disk, parts.world)))

    @property
    def services(self) -> list[Service]:
        """Every API of it."""
        return [self.api, self.s3]

    def at_root(self, scope: Mapping[str, Any]) -> Service:
        """Whose a request is that came to the root of a listener of its own."""
        return self.s3 if is_s3(scope) else self.api

    async def start(self, url: str = "") -> None:
        """Open the storage, and put right what an earlier process left.

        Args:
            url: the cloud's own address, which containers may be copied to by its full name.
        """
        self._realms.own(url)
        await self.storage.start()

    async def audit(self) -> list[str]:
        """Objects whose bytes are not those that were put."""
        if not isinstance(self.storage, FileStorage):
            return []
        return [f"object {what}: its bytes are not those that were put" for what in await self.storage.damaged()]

    async def stop(self) -> None:
        """Close the storage."""
        await self._client.close()
        await self.storage.stop()


def _service(parts: Parts, features: tuple[Layer, ...], hosts: DomainRemap | None, roles: tuple[str, ...]) -> Service:
    return Service(
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
        at_root=("v1", "info", "healthcheck", "crossdomain.xml", "endpoints", "recon", "auth"),
        layers=features,
        claim=hosts,
        fault_types=("text/html", "text/plain"),
        roles=roles,
        policy_file=parts.policy_file("object-store"),
    )


def wire(
    parts: Parts,
    settings: ObjectStoreSettings,
    *,
    durable: bool = True,
    storage: Storage | None = None,
    signer: FindSigner = _nobody,
    lookup: Lookup | None = None,
) -> ObjectStoreService:
    """Build the object store from the kernel's parts."""
    return ObjectStoreService(parts, settings, durable=durable, storage=storage, signer=signer, lookup=lookup)
