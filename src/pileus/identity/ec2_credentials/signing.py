"""Who signs with an access key, and the secret that the signature is made with: for EC2 and S3 requests.

The key itself is looked up each time, so a deleted one is dead at once; what its user may is kept by `Accesses`.
"""

from dataclasses import dataclass

from sqlalchemy import select

from pileus.identity.credentials.logic import Blobs, identifier_of, parsed
from pileus.identity.credentials.table import CREDENTIALS
from pileus.identity.errors import Malformed
from pileus.identity.revisions.logic import Revisions
from pileus.identity.tokens.access import Access, Accesses, Key
from pileus.identity.tokens.logic import caller_of
from pileus.identity.tokens.payload import PROJECT, Payload
from pileus.identity.trusts.table import TRUSTS
from pileus.kernel.api.errors import Unauthorized
from pileus.kernel.auth.caller import Caller
from pileus.kernel.store import Row, Store, Tx
from pileus.kernel.world import World

LONGEST = 256
"""Characters of an access key at the most."""


@dataclass(frozen=True, slots=True)
class Signer:
    """An access key.

    Attributes:
        access: what its user may; None where that is nothing any more.
    """

    secret: str
    access: Access | None


class Signers:
    """The EC2 credentials as keys of signatures."""

    def __init__(self, store: Store, world: World, revisions: Revisions, accesses: Accesses, blobs: Blobs) -> None:
        self._store = store
        self._world = world
        self._revisions = revisions
        self._accesses = accesses
        self._blobs = blobs

    async def find(self, access_key: str) -> tuple[str, Caller] | None:
        """The secret of an access key and whom it speaks for; None where it is not, or no longer, good for anything."""
        signer = await self.signer(access_key)
        if signer is None or signer.access is None:
            return None
        return signer.secret, self._caller(signer.access)

    async def signer(self, access_key: str) -> Signer | None:
        """The signer; None where there is no such access key."""
        if not access_key or len(access_key) > LONGEST:
            return None
        await self._revisions.fresh()
        async with self._store.read() as tx:
            where = CREDENTIALS.c.id == identifier_of(access_key), CREDENTIALS.c.type == "ec2"
            row = await tx.first(select(CREDENTIALS).where(*where))
            if row is None:
                return None
            try:
                blob = parsed(self._blobs.open(row)["blob"])
            except Malformed:
                return None
            secret = blob.get("secret")
            if blob.get("access") != access_key or not isinstance(secret, str) or not secret:
                return None
            try:
                access = await self._accesses.find(tx, await self._key(tx, row, blob))
            except Unauthorized:
                return Signer(secret, None)
        return Signer(secret, access if self._in_time(access) else None)

    async def _key(self, tx: Tx, row: Row, blob: Row) -> Key:
        """Whose access it is; that of a trust is its trustee's, whom it speaks for or not.

        Raises:
            Unauthorized: it cannot be told.
        """
        if not row["project_id"] or blob.get("access_token_id"):
            raise Unauthorized
        user_id, trust_id = row["user_id"], blob.get("trust_id") or ""
        if trust_id:
            trust = await tx.first(select(TRUSTS).where(TRUSTS.c.id == trust_id))
            if trust is not None and trust["impersonation"] and trust["trustor_user_id"] == user_id:
                user_id = trust["trustee_user_id"]
        return Key(user_id, PROJECT, row["project_id"], trust_id, blob.get("app_cred_id") or "")

    def _in_time(self, access: Access) -> bool:
        """Whether the delegation that the key was made under still holds."""
        return access.ends is None or self._world.clock.now() < access.ends

    def _caller(self, access: Access) -> Caller:
        now = self._world.clock.now()
        payload = Payload(
            user_id=access.key.user_id,
            methods=("ec2credential",),
            scope=PROJECT,
            scope_id=access.key.scope_id,
            trust_id=access.key.trust_id,
            application_credential_id=access.key.application_credential_id,
            issued_at=now,
            expires_at=access.ends or now,
            audit_ids=("",),
        )
        return caller_of("", payload, access)
