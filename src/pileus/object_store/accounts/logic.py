"""What accounts show and take."""

from typing import Any

from pileus.kernel.api.call import Call
from pileus.kernel.api.errors import BadRequest, Forbidden
from pileus.kernel.api.formats import is_whole
from pileus.object_store.access.decision import Access
from pileus.object_store.accounts.schema import META, QUOTA
from pileus.object_store.storage.protocol import AccountRecord, ContainerRecord, Storage, Subdir
from pileus.object_store.wire import answers, metadata, moments
from pileus.object_store.wire.lists import query_of

SECRET = frozenset({"temp-url-key", "temp-url-key-2"})
"""Metadata that guests do not see."""
RESELLERS = frozenset({"quota-bytes", QUOTA})
"""Metadata that only resellers set."""


class Accounts:
    """The accounts of a storage.  An account is made by its first use; before that it looks empty."""

    def __init__(self, storage: Storage, access: Access) -> None:
        self._storage = storage
        self._access = access

    async def get(self, call: Call, name: str) -> AccountRecord:
        """An account, or what it looks like before its first use."""
        return await self._storage.account(name) or AccountRecord(name=name, created=answers.now(call.world))

    async def change(self, call: Call, name: str) -> None:
        """Change metadata.

        Raises:
            Forbidden: a quota is for resellers to set.
            BadRequest: a quota is no number, or the metadata are too much.
        """
        change = metadata.changes("account", call.given)
        quota = change.get(META + "quota-bytes")
        if quota is not None and not is_whole(quota):
            raise BadRequest("Invalid quota.")
        if "quota" in call.given or "remove_quota" in call.given:
            change[QUOTA] = call.given.get("quota") or None
        count = change.get(QUOTA)
        if count is not None and not is_whole(count):
            raise BadRequest("Invalid quota.")
        if any(key.removeprefix(META) in RESELLERS for key in change) and not self._access.reseller(call.who):
            raise Forbidden
        old = await self._storage.account(name)
        metadata.check_change("account", old.metadata if old else {}, change)
        await self._storage.change_account(name, change)

    async def containers(self, call: Call, name: str) -> list[dict[str, Any]]:
        """The page of containers that a request asks for, as lists show them."""
        found = await self._storage.containers(name, query_of(call))
        return [{"subdir": entry.name} if isinstance(entry, Subdir) else _entry(entry) for entry in found]

    async def delete(self, name: str) -> bool:
        """Forget an account with all that is in it."""
        return await self._storage.delete_account(name)


def _entry(container: ContainerRecord) -> dict[str, Any]:
    return {
        "name": container.name,
        "count": container.usage.objects,
        "bytes": container.usage.bytes,
        "last_modified": moments.iso(container.changed),
    }


def shown(account: AccountRecord, *, owner: bool) -> dict[str, Any]:
    """An account as its headers show it."""
    policies: dict[str, str] = {}
    for policy, (count, usage) in account.policies.items():
        policies[f"{policy}-container-count"] = str(count)
        policies[f"{policy}-object-count"] = str(usage.objects)
        policies[f"{policy}-bytes-used"] = str(usage.bytes)
    meta = metadata.below(account.metadata, META)
    return {
        "meta": meta if owner else {name: value for name, value in meta.items() if name not in SECRET},
        "quota": account.metadata.get(QUOTA),
        "containers": account.containers,
        "objects": account.usage.objects,
        "bytes": account.usage.bytes,
        "policies": policies,
        "stamp": moments.stamp(account.created),
        "ranges": "bytes",
    }
