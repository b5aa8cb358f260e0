"""Buckets: made, listed, found and deleted."""

import base64
import binascii
from collections.abc import Callable

from pileus.kernel.api.call import Answer
from pileus.object_store.access.decision import Access
from pileus.object_store.s3.access import acl
from pileus.object_store.s3.buckets.bucket import OWN, kept
from pileus.object_store.s3.buckets.registry import Registry, account_of
from pileus.object_store.s3.configuration import tags
from pileus.object_store.s3.configuration.locking import LockSettings
from pileus.object_store.s3.errors import argument, refuse
from pileus.object_store.s3.visit import Visit, answer, nothing
from pileus.object_store.s3.wire import moments, names, xml
from pileus.object_store.storage.protocol import ContainerRecord, NoContainer, NotEmpty, Query, Storage

MOST = 10_000
"""Buckets in one list at the most."""
OWNERSHIPS = ("BucketOwnerEnforced", "BucketOwnerPreferred", "ObjectWriter")


def token(name: str) -> str:
    """Where a list goes on, as clients carry it."""
    return base64.urlsafe_b64encode(name.encode()).decode()


def of_token(text: str) -> str:
    """The name in a token.

    Raises:
        S3Error: it is none of ours.
    """
    try:
        return base64.b64decode(text.encode(), altchars=b"-_", validate=True).decode()
    except (binascii.Error, UnicodeError):
        raise argument("continuation-token", text, "The continuation token provided is incorrect") from None


class Buckets:
    """What may be done with buckets as a whole.

    Args:
        regions: the cloud's own first, then others that mean it.
        policy: tells the storage policy of new buckets.
    """

    def __init__(
        self,
        storage: Storage,
        registry: Registry,
        access: Access,
        regions: tuple[str, ...],
        policy: Callable[[], str],
    ) -> None:
        self._storage = storage
        self._registry = registry
        self._access = access
        self._regions = regions
        self._policy = policy

    async def index(self, visit: Visit) -> Answer:
        """List the caller's buckets."""
        who = visit.who
        if not who.project_id or not self._access.reader(who, account_of(who)):
            raise refuse("AccessDenied")
        query = visit.asked.query
        limit = visit.number("max-buckets", MOST, MOST, 1)
        prefix = query.get("prefix", "")
        marker = of_token(query["continuation-token"]) if query.get("continuation-token") else ""
        shown: list[ContainerRecord] = []
        while len(shown) <= limit:
            page = await self._storage.containers(account_of(who), Query(marker=marker, prefix=prefix, limit=MOST))
            shown += [item for item in page if isinstance(item, ContainerRecord) and await self._ours(item, visit)]
            if len(page) < MOST:
                break
            marker = page[-1].name
        entries: list[tuple[str, xml.Node]] = [("Bucket", self._entry(record)) for record in shown[:limit]]
        content: list[tuple[str, xml.Node]] = [("Owner", [("ID", who.project_id)]), ("Buckets", entries)]
        if len(shown) > limit:
            content.append(("ContinuationToken", token(shown[limit - 1].name)))
        return answer("ListAllMyBucketsResult", [*content, ("Prefix", prefix or None)])

    def _entry(self, record: ContainerRecord) -> xml.Node:
        return [
            ("Name", record.name),
            ("CreationDate", moments.iso(record.created)),
            ("BucketRegion", self._regions[0]),
        ]

    async def _ours(self, record: ContainerRecord, visit: Visit) -> bool:
        """Whether a container is a bucket: of those made through Swift not all are."""
        if OWN + "made" in record.metadata:
            return True
        if not names.is_bucket(record.name):
            return False
        return await self._storage.claimed(record.name) in {None, account_of(visit.who)}

    async def create(self, visit: Visit) -> Answer:
        """Make a bucket."""
        name, who, account = visit.asked.bucket, visit.who, account_of(visit.who)
        if not who.project_id or not self._access.owner(who, account):
            raise refuse("AccessDenied")
        if not names.is_bucket(name):
            raise refuse("InvalidBucketName", BucketName=name)
        change: dict[str, str | None] = {OWN + "made": who.user_id}
        change |= await self._wishes(visit)
        held = await self._storage.claim(name, account)
        if held != account:
            raise refuse("BucketAlreadyExists", BucketName=name)
        if await self._storage.container(account, name) is not None:
            raise refuse("BucketAlreadyOwnedByYou", BucketName=name)
        locked = OWN + "lock" in change
        made = await self._storage.put_container(
            account, name, self._policy(), change, versioning="enabled" if locked else None
        )
        if not made:
            raise refuse("BucketAlreadyOwnedByYou", BucketName=name)
        return nothing(200, {"Location": f"/{name}"})

    async def _wishes(self, visit: Visit) -> dict[str, str]:
        """What the request wants the bucket to be."""
        change: dict[str, str] = {}
        data = await visit.document()
        if data.strip():
            try:
                root = xml.parse(data, "CreateBucketConfiguration")
                xml.only(root, ("LocationConstraint", "Location", "Bucket", "Tags"))
                place = xml.text(root, "LocationConstraint")
                found = root.find("Tags")
                given = [(tags.raw(tag, "Key"), tags.raw(tag, "Value")) for tag in found] if found is not None else []
            except ValueError:
                raise refuse("MalformedXML") from None
            if place and place not in self._regions:
                raise refuse("InvalidLocationConstraint", LocationConstraint=place)
            if given:
                change[tags.KEPT] = tags.kept(tags.checked(given, tags.MOST_OF_BUCKET)) or ""
        ownership = visit.header("x-amz-object-ownership")
        if ownership and ownership not in OWNERSHIPS:
            raise argument("x-amz-object-ownership", ownership, "Invalid x-amz-object-ownership header")
        if ownership:
            change[OWN + "ownership"] = ownership
        grants = acl.of_headers(visit.headers, visit.who.project_id, visit.who.project_id)
        if grants is not None and ownership == "BucketOwnerEnforced" and grants.public:
            raise refuse("InvalidBucketAclWithObjectOwnership")
        if grants is not None:
            change[acl.KEPT] = kept(grants)
        if visit.flag("x-amz-bucket-object-lock-enabled"):
            change[OWN + "lock"] = kept(LockSettings())
        return change

    async def head(self, visit: Visit) -> Answer:
        """Tell that there is a bucket."""
        return nothing(200, {"x-amz-bucket-region": self._regions[0], "Content-Type": "application/xml"})

    async def location(self, visit: Visit) -> Answer:
        """Tell where a bucket is: in the cloud's only region."""
        region = self._regions[0]
        return answer("LocationConstraint", "" if region == "us-east-1" else region)

    async def delete(self, visit: Visit) -> Answer:
        """Delete an empty bucket."""
        bucket = visit.bucket
        try:
            await self._storage.delete_container(bucket.account, bucket.name)
        except NotEmpty:
            code, more = "BucketNotEmpty", ""
            if bucket.versioned:
                more = "The bucket you tried to delete is not empty. You must delete all versions in the bucket."
            raise refuse(code, more, BucketName=bucket.name) from None
        except NoContainer:
            raise refuse("NoSuchBucket", BucketName=bucket.name) from None
        await self._storage.release(bucket.name, bucket.account)
        return nothing(204)
