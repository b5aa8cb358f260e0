"""Buckets by name, whoever they belong to."""

from pileus.kernel.auth.caller import Caller
from pileus.object_store.s3.buckets.bucket import Bucket
from pileus.object_store.s3.errors import refuse
from pileus.object_store.s3.wire import names
from pileus.object_store.storage.protocol import Storage
from pileus.object_store.wire.names import RESELLER


def account_of(who: Caller) -> str:
    """The account that a caller's buckets lie in."""
    return RESELLER + who.project_id


class Registry:
    """Finds buckets.

    A bucket's name is claimed for its account when it is made.  A container that was made through Swift claims its name
    when somebody of its own project first asks for it as a bucket.
    """

    def __init__(self, storage: Storage) -> None:
        self._storage = storage

    async def find(self, name: str, who: Caller) -> Bucket | None:
        """A bucket, if there is one."""
        if not names.is_bucket(name):
            return None
        account = await self._storage.claimed(name)
        if account is None and who.project_id:
            account = account_of(who)
            if await self._storage.container(account, name) is None:
                return None
            account = await self._storage.claim(name, account)
        if account is None:
            return None
        record = await self._storage.container(account, name)
        return Bucket(name, account, record) if record is not None else None

    async def get(self, name: str, who: Caller) -> Bucket:
        """A bucket.

        Raises:
            S3Error: there is none.
        """
        found = await self.find(name, who)
        if found is None:
            raise refuse("NoSuchBucket", BucketName=name)
        return found
