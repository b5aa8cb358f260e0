"""How much an account, a policy's share of it, and a container may hold.

    X-Container-Meta-Quota-Bytes, X-Container-Meta-Quota-Count     set by the container's owner
    X-Account-Quota-Bytes, X-Account-Quota-Count                   set by resellers
    X-Account-Quota-Bytes-Policy-<name>, …-Count-Policy-<name>     the same for what lies under one policy

A body of unknown length is let in where there is any room, and refused in the end if it was too long.
"""

from collections.abc import Iterator

from pileus.object_store.accounts.schema import QUOTA, QUOTA_BYTES
from pileus.object_store.containers.schema import META as CONTAINER_META
from pileus.object_store.errors import QuotaExceeded
from pileus.object_store.storage.protocol import AccountRecord, ContainerRecord, Storage, Usage


async def check(
    storage: Storage, account: str, container: ContainerRecord, more: int, *, reseller: bool = False
) -> None:
    """Refuse bytes that the account or container has no room for; for resellers only the container's limits hold.

    Raises:
        QuotaExceeded: it has none.
    """
    owner = None if reseller else await storage.account(account)
    for usage, most_bytes, most_count, words in _limits(owner, container):
        over = most_bytes.isdecimal() and usage.bytes + more > int(most_bytes)
        if over or (most_count.isdecimal() and usage.objects + 1 > int(most_count)):
            raise QuotaExceeded(words)


def _limits(owner: AccountRecord | None, container: ContainerRecord) -> Iterator[tuple[Usage, str, str, str]]:
    words = "Upload exceeds quota."
    kept = container.metadata
    yield (
        container.usage,
        kept.get(f"{CONTAINER_META}quota-bytes", ""),
        kept.get(f"{CONTAINER_META}quota-count", ""),
        words,
    )
    if owner is None:
        return
    kept = owner.metadata
    whole = kept.get(QUOTA_BYTES, kept.get("x-account-meta-quota-bytes", ""))
    yield owner.usage, whole, kept.get(QUOTA, ""), words
    policy = f"-policy-{container.policy}"
    usage = owner.policies.get(container.policy, (0, Usage()))[1]
    yield usage, kept.get(QUOTA_BYTES + policy, ""), kept.get(QUOTA + policy, ""), "Upload exceeds policy quota."
