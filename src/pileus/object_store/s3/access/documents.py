"""The operations on a bucket's grants and its policy."""

from pileus.kernel.api.call import Answer
from pileus.object_store.s3.access import acl, policy
from pileus.object_store.s3.access.blocking import block_of
from pileus.object_store.s3.buckets.bucket import kept
from pileus.object_store.s3.configuration.documents import Documents
from pileus.object_store.s3.errors import refuse
from pileus.object_store.s3.objects.describing import wanted_acl
from pileus.object_store.s3.visit import Visit, answer, nothing


class AccessDocuments:
    """Grants and policy of a bucket."""

    def __init__(self, documents: Documents) -> None:
        self._documents = documents

    async def get_acl(self, visit: Visit) -> Answer:
        """Show a bucket's grants."""
        bucket = visit.bucket
        return answer("AccessControlPolicy", acl.shown(acl.kept(bucket.record.metadata, bucket.owner)))

    async def put_acl(self, visit: Visit) -> Answer:
        """Replace a bucket's grants."""
        found = await wanted_acl(visit)
        private = found == acl.private(visit.bucket.owner)
        await self._documents.change(visit.bucket, "acl", None if private else kept(found))
        return nothing()

    async def get_policy(self, visit: Visit) -> Answer:
        """Show a bucket's policy."""
        text = visit.bucket.text("policy")
        if not text:
            raise refuse("NoSuchBucketPolicy", BucketName=visit.bucket.name)
        return Answer(200, {"Content-Type": "application/json"}, text.encode())

    async def put_policy(self, visit: Visit) -> Answer:
        """Replace a bucket's policy."""
        data = await visit.document(policy.MOST)
        found = policy.parse(data, visit.bucket.name)
        if found.public and block_of(visit.bucket).block_public_policy:
            raise refuse("AccessDenied")
        await self._documents.change(visit.bucket, "policy", data.decode())
        return nothing(204)

    async def delete_policy(self, visit: Visit) -> Answer:
        """Take a bucket's policy away."""
        await self._documents.change(visit.bucket, "policy", None)
        return nothing(204)

    async def status(self, visit: Visit) -> Answer:
        """Tell whether a bucket's policy lets everybody in."""
        text = visit.bucket.text("policy")
        if not text:
            raise refuse("NoSuchBucketPolicy", BucketName=visit.bucket.name)
        return answer("PolicyStatus", [("IsPublic", policy.read(text).public)])
