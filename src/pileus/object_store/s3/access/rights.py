"""The decision: may the caller do this to that.

1. A policy that denies ends it; only the policy itself stays in the hands of the bucket's operators, so that nobody
   locks a bucket for good.
2. Who is at home in the bucket's account may, as the roles say: operators everything, readers what reads.
3. A policy may allow.
4. Grants on the bucket or the object may allow.
"""

from pileus.kernel.api.errors import Unauthorized
from pileus.kernel.auth.access import within_access_rules
from pileus.kernel.auth.caller import Caller
from pileus.object_store.access.decision import Access
from pileus.object_store.s3.access import acl, facts, policy
from pileus.object_store.s3.access.blocking import block_of
from pileus.object_store.s3.buckets.bucket import Bucket
from pileus.object_store.s3.configuration.tags import tags_of
from pileus.object_store.s3.errors import refuse
from pileus.object_store.s3.visit import Visit
from pileus.object_store.storage.protocol import ObjectRecord, Storage

_ON_BUCKET = {
    "s3:ListBucket": "READ",
    "s3:ListBucketVersions": "READ",
    "s3:ListBucketMultipartUploads": "READ",
    "s3:PutObject": "WRITE",
    "s3:DeleteObject": "WRITE",
    "s3:AbortMultipartUpload": "WRITE",
    "s3:ListMultipartUploadParts": "WRITE",
    "s3:GetBucketAcl": "READ_ACP",
    "s3:PutBucketAcl": "WRITE_ACP",
}
"""What a grant on a bucket lets do."""
_ON_OBJECT = {
    "s3:GetObject": "READ",
    "s3:GetObjectVersion": "READ",
    "s3:GetObjectAttributes": "READ",
    "s3:GetObjectVersionAttributes": "READ",
    "s3:GetObjectAcl": "READ_ACP",
    "s3:GetObjectVersionAcl": "READ_ACP",
    "s3:PutObjectAcl": "WRITE_ACP",
    "s3:PutObjectVersionAcl": "WRITE_ACP",
}
"""What a grant on an object lets do."""
_NEVER_LOST = frozenset({"s3:GetBucketPolicy", "s3:PutBucketPolicy", "s3:DeleteBucketPolicy"})
ENFORCED = "BucketOwnerEnforced"


class Rights:
    """Decides."""

    def __init__(self, storage: Storage, access: Access) -> None:
        self._storage = storage
        self._access = access

    def at_home(self, who: Caller, bucket: Bucket, action: str) -> bool:
        """Whether the caller's roles let it."""
        if self._access.owner(who, bucket.account):
            return True
        verb = action.removeprefix("s3:")
        return verb.startswith(("Get", "List")) and self._access.reader(who, bucket.account)

    async def require(
        self, visit: Visit, action: str, bucket: Bucket, key: str = "", version: str | None = None
    ) -> None:
        """Raise unless the caller may.

        Raises:
            S3Error: it may not.
        """
        if not await self.may(visit, action, bucket, key, version):
            raise refuse("AccessDenied")

    async def may(self, visit: Visit, action: str, bucket: Bucket, key: str = "", version: str | None = None) -> bool:
        """Whether the caller may."""
        who = visit.who
        self._within_rules(visit)
        home = self.at_home(who, bucket, action)
        verdict = await self._verdict(visit, action, bucket, key, version)
        if verdict == "Deny" and not (home and action in _NEVER_LOST):
            return False
        if home:
            return True
        block = block_of(bucket)
        if verdict == "Allow":
            if not block.restrict_public_buckets or not policy.read(bucket.text("policy")).public:
                return True
            if who.project_id == bucket.owner:
                return True
        if bucket.text("ownership") == ENFORCED:
            return False
        public = not block.ignore_public_acls
        if not key or action in _ON_BUCKET:
            wanted = _ON_BUCKET.get(action)
            kept = acl.kept(bucket.record.metadata, bucket.owner)
            return wanted is not None and kept.allows(who, wanted, public=public)
        wanted = _ON_OBJECT.get(action)
        record = await self._record(bucket, key, version) if wanted else None
        if wanted is None or record is None:
            return False
        return acl.kept(record.metadata, bucket.owner).allows(who, wanted, public=public)

    async def _record(self, bucket: Bucket, key: str, version: str | None) -> ObjectRecord | None:
        return await self._storage.object(bucket.account, bucket.name, key, version=version)

    async def _verdict(self, visit: Visit, action: str, bucket: Bucket, key: str, version: str | None) -> str:
        text = bucket.text("policy")
        if not text:
            return ""
        tags = None
        if key and "existingobjecttag" in text.lower():
            record = await self._record(bucket, key, version)
            tags = tags_of(record.metadata) if record is not None else {}
        return policy.read(text).verdict(visit.who, action, policy.arn(bucket.name, key), facts.of(visit, tags))

    def _within_rules(self, visit: Visit) -> None:
        if visit.who.access_rules is None:
            return
        call = visit.call
        try:
            within_access_rules(visit.who, call.service.type, call.request.method, call.request.scope["path"])
        except Unauthorized:
            raise refuse("AccessDenied") from None
