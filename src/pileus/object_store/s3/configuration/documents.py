"""Documents that tell a bucket what to be: one declaration each, and the three operations that they all have.

A document is kept as it was understood, in the bucket's metadata, and written out anew when it is asked for.
"""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from pileus.kernel.api.call import Answer
from pileus.object_store.s3.access import blocking
from pileus.object_store.s3.buckets.bucket import OWN, Bucket, kept
from pileus.object_store.s3.configuration import cors, encryption, locking, tags
from pileus.object_store.s3.errors import refuse
from pileus.object_store.s3.lifecycle import rules as lifecycle
from pileus.object_store.s3.notification import rules as notification
from pileus.object_store.s3.visit import Visit, answer, nothing
from pileus.object_store.s3.website import rules as website
from pileus.object_store.s3.wire import xml
from pileus.object_store.storage.protocol import NoContainer, Storage

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

Run = Callable[[Visit], Awaitable[Answer]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """A kind of document.

    Attributes:
        name: what it is kept as.
        root: its root element.
        kind: what it is understood as.
        missing: the error's code where a bucket has none; empty where `nothing` is shown then.
        check: refuses what does not go with the bucket.
    """

    name: str
    root: str
    kind: Any
    parse: Callable[["Element"], Any]
    shown: Callable[[Any], xml.Node]
    missing: str = ""
    check: Callable[[Bucket, Any], None] = lambda _bucket, _value: None


def _needs_lock(bucket: Bucket, _value: Any) -> None:
    if not bucket.has("lock") and bucket.record.versioning != "enabled":
        raise refuse(
            "InvalidBucketState", "Versioning must be 'Enabled' on the bucket to apply a Object Lock configuration"
        )


TAGS = Document(
    name="tags",
    root="Tagging",
    kind=dict[str, str],
    parse=lambda root: tags.of_xml(root, tags.MOST_OF_BUCKET),
    shown=tags.shown,
    missing="NoSuchTagSet",
)
CORS = Document(
    name="cors",
    root="CORSConfiguration",
    kind=list[cors.Rule],
    parse=cors.parse,
    shown=cors.shown,
    missing="NoSuchCORSConfiguration",
)
ENCRYPTION = Document(
    name="encryption",
    root="ServerSideEncryptionConfiguration",
    kind=encryption.Default,
    parse=encryption.parse,
    shown=encryption.shown,
    missing="ServerSideEncryptionConfigurationNotFoundError",
)
LOCK = Document(
    name="lock",
    root="ObjectLockConfiguration",
    kind=locking.LockSettings,
    parse=locking.parse,
    shown=locking.shown,
    missing="ObjectLockConfigurationNotFoundError",
    check=_needs_lock,
)
LIFECYCLE = Document(
    name="lifecycle",
    root="LifecycleConfiguration",
    kind=list[lifecycle.Rule],
    parse=lifecycle.parse,
    shown=lifecycle.shown,
    missing="NoSuchLifecycleConfiguration",
)
WEBSITE = Document(
    name="website",
    root="WebsiteConfiguration",
    kind=website.Site,
    parse=website.parse,
    shown=website.shown,
    missing="NoSuchWebsiteConfiguration",
)
NOTIFICATION = Document(
    name="notification",
    root="NotificationConfiguration",
    kind=list[notification.Target],
    parse=notification.parse,
    shown=notification.shown,
)
PUBLIC_ACCESS = Document(
    name="public-access-block",
    root="PublicAccessBlockConfiguration",
    kind=blocking.Block,
    parse=blocking.parse,
    shown=blocking.shown,
    missing="NoSuchPublicAccessBlockConfiguration",
)


def _ownership(root: "Element") -> str:
    xml.only(root, ("Rule",))
    rule = root.find("Rule")
    if rule is None or len(root) != 1:
        raise ValueError("one rule is expected")
    return xml.one_of(rule, "ObjectOwnership", ("BucketOwnerEnforced", "BucketOwnerPreferred", "ObjectWriter"))


class Documents:
    """The operations on documents.

    Args:
        before: what is done before a document of that name is taken.
    """

    def __init__(self, storage: Storage, before: Mapping[str, Callable[[Bucket], Awaitable[None]]]) -> None:
        self._storage = storage
        self._before = before

    async def change(self, bucket: Bucket, name: str, text: str | None, **more: Any) -> None:
        """Keep a document, or forget it.

        Raises:
            S3Error: the bucket is gone.
        """
        try:
            await self._storage.change_container(bucket.account, bucket.name, {OWN + name: text}, **more)
        except NoContainer:
            raise refuse("NoSuchBucket", BucketName=bucket.name) from None

    def get(self, document: Document) -> Run:
        """Show a document."""

        async def run(visit: Visit) -> Answer:
            found = visit.bucket.document(document.name, document.kind)
            if found is None and document.missing:
                raise refuse(document.missing, BucketName=visit.bucket.name)
            return answer(document.root, document.shown(found) if found is not None else [])

        return run

    def put(self, document: Document) -> Run:
        """Take a document."""

        async def run(visit: Visit) -> Answer:
            root = await visit.xml(document.root)
            try:
                value = document.parse(root)
            except ValueError:
                raise refuse("MalformedXML") from None
            document.check(visit.bucket, value)
            if document.name in self._before:
                await self._before[document.name](visit.bucket)
            await self.change(visit.bucket, document.name, kept(value))
            return nothing()

        return run

    def delete(self, document: Document) -> Run:
        """Forget a document."""

        async def run(visit: Visit) -> Answer:
            await self.change(visit.bucket, document.name, None)
            return nothing(204)

        return run

    async def get_ownership(self, visit: Visit) -> Answer:
        """Show who owns what others put into the bucket."""
        found = visit.bucket.text("ownership")
        if not found:
            raise refuse("OwnershipControlsNotFoundError", BucketName=visit.bucket.name)
        return answer("OwnershipControls", [("Rule", [("ObjectOwnership", found)])])

    async def put_ownership(self, visit: Visit) -> Answer:
        """Say who owns what others put into the bucket; it is always the bucket's owner, and ACLs may be off."""
        try:
            found = _ownership(await visit.xml("OwnershipControls"))
        except ValueError:
            raise refuse("MalformedXML") from None
        await self.change(visit.bucket, "ownership", found)
        return nothing()

    async def delete_ownership(self, visit: Visit) -> Answer:
        """Forget it."""
        await self.change(visit.bucket, "ownership", None)
        return nothing(204)

    async def get_versioning(self, visit: Visit) -> Answer:
        """Show whether the bucket keeps versions."""
        status = {"enabled": "Enabled", "suspended": "Suspended"}.get(visit.bucket.record.versioning)
        return answer("VersioningConfiguration", [("Status", status)])

    async def put_versioning(self, visit: Visit) -> Answer:
        """Say whether the bucket keeps versions."""
        root = await visit.xml("VersioningConfiguration")
        try:
            xml.only(root, ("Status", "MfaDelete", "MFADelete"))
            status = xml.one_of(root, "Status", ("Enabled", "Suspended"))
        except ValueError:
            raise refuse("IllegalVersioningConfigurationException") from None
        if any(xml.text(root, name) == "Enabled" for name in ("MfaDelete", "MFADelete")):
            raise refuse("NotImplemented", "There is no MFA delete.")
        if status == "Suspended" and visit.bucket.has("lock"):
            raise refuse(
                "InvalidBucketState",
                "An Object Lock configuration is present on this bucket, so the versioning state cannot be changed.",
            )
        await self.change(visit.bucket, "versioned", None, versioning=status.lower())
        return nothing()


def fixed(root: str, content: xml.Node) -> Run:
    """Shows what is the same for every bucket."""

    async def run(_visit: Visit) -> Answer:
        return answer(root, content)

    return run


def missing(code: str) -> Run:
    """Answers that a bucket has none of those."""

    async def run(visit: Visit) -> Answer:
        raise refuse(code, BucketName=visit.bucket.name)

    return run


def only_empty(root: str, allowed: Callable[["Element"], bool]) -> Run:
    """Takes a document only where it asks for what is the case anyhow."""

    async def run(visit: Visit) -> Answer:
        if not allowed(await visit.xml(root)):
            raise refuse("NotImplemented")
        return nothing()

    return run


async def not_here(_visit: Visit) -> Answer:
    """Refuses what this store has not."""
    raise refuse("NotImplemented")


async def gone(_visit: Visit) -> Answer:
    """Forgets what was never there."""
    return nothing(204)
