"""What accounts show and take."""

from typing import Any

from pileus.kernel.api.call import Call
from pileus.kernel.api.errors import BadRequest, Forbidden
from pileus.kernel.api.formats import is_whole
from pileus.object_store.access import grants
from pileus.object_store.access.decision import Access
from pileus.object_store.accounts.schema import META, QUOTA_BYTES
from pileus.object_store.containers.policies import Policies
from pileus.object_store.storage.protocol import AccountRecord, ContainerRecord, Locked, Storage, Subdir
from pileus.object_store.wire import answers, metadata, moments
from pileus.object_store.wire.lists import query_of
from pileus.object_store.wire.metadata import QUOTED_ETAGS, READ_ONLY, WRITE_RATE

LIMIT = "x-account-quota-"


class Accounts:
    """The accounts of a storage.  An account is made by its first use; before that it looks empty."""

    def __init__(self, storage: Storage, access: Access, policies: Policies) -> None:
        self._storage = storage
        self._access = access
        self._policies = policies

    def owner(self, call: Call, record: AccountRecord) -> bool:
        """Whether the caller may do everything in an account.

        Raises:
            Unauthorized, Forbidden: it may not do what it asks for.
        """
        granted = record.metadata.get(grants.STORED, "")
        return self._access.require(call.who, call.request.method, record.name, grants=granted)

    async def get(self, call: Call, name: str) -> AccountRecord:
        """An account, or what it looks like before its first use."""
        return await self._storage.account(name) or AccountRecord(name=name, created=answers.now(call.world))

    async def change(self, call: Call, name: str) -> bool:
        """Change metadata; whether the account was made by it.

        Raises:
            Forbidden: a quota is for resellers to set.
            BadRequest: a quota is no number, or the metadata are too much.
        """
        change = metadata.changes("account", call.given)
        if META + "quota-bytes" in change:  # as quotas were called once
            change[QUOTA_BYTES] = change[META + "quota-bytes"]
        limits = {**self._limits(call), **_reserved(call)}
        change |= limits
        for_resellers = {**limits, **{key: 1 for key in change if key in (QUOTA_BYTES, META + "quota-bytes")}}
        if for_resellers and not self._access.reseller(call.who):
            raise Forbidden
        if any(value is not None and not is_whole(value) for key, value in change.items() if key.startswith(LIMIT)):
            raise BadRequest("Invalid quota.")
        if "access" in call.given:
            change[grants.STORED] = grants.clean(call.given["access"]) or None
        change |= metadata.choice(call.given, "quoted", QUOTED_ETAGS)
        old = await self._storage.account(name)
        metadata.check_change("account", old.metadata if old else {}, change)
        return await self._storage.change_account(name, change)

    def _limits(self, call: Call) -> dict[str, str | None]:
        """The quotas that a request sets or takes away; a policy's stands under the policy's own name."""
        given: dict[str, str | None] = {name: value or None for name, value in call.given.get("quota", {}).items()}
        given |= dict.fromkeys((name for name, value in call.given.get("remove_quota", {}).items() if value), None)
        out = {}
        for name, value in given.items():
            kind, marked, policy = name.partition("-policy-")
            found = self._policies.find(policy) if marked else None
            if kind in {"bytes", "count"} and (found is not None or not marked):
                out[LIMIT + kind + (f"-policy-{found.name}" if found is not None else "")] = value
        return out

    async def containers(self, call: Call, name: str) -> list[dict[str, Any]]:
        """The page of containers that a request asks for, as lists show them."""
        found = await self._storage.containers(name, query_of(call))
        return [{"subdir": entry.name} if isinstance(entry, Subdir) else _entry(entry) for entry in found]

    async def delete(self, name: str) -> bool:
        """Forget an account with all that is in it.

        Raises:
            Forbidden: a lock keeps something in it.
        """
        try:
            return await self._storage.delete_account(name)
        except Locked:
            raise Forbidden from None


def _reserved(call: Call) -> dict[str, str | None]:
    """What else only resellers set."""
    out: dict[str, str | None] = {}
    if "read_only" in call.given:
        out[READ_ONLY] = call.given["read_only"] or None
    if "write_rate" in call.given:
        rate = call.given["write_rate"]
        if rate and rate not in {"WHITELIST", "BLACKLIST"} and not (_number(rate) > 0):
            raise BadRequest("Invalid rate.")
        out[WRITE_RATE] = rate or None
    return out


def _number(text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        return 0
    return value if value < 1e9 else 0


def _entry(container: ContainerRecord) -> dict[str, Any]:
    return {
        "name": container.name,
        "count": container.usage.objects,
        "bytes": container.usage.bytes,
        "last_modified": moments.iso(container.changed),
        "storage_policy": container.policy,
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
        "meta": meta if owner else {name: value for name, value in meta.items() if name not in metadata.KEYS},
        "quota": metadata.below(account.metadata, LIMIT),
        "access": account.metadata.get(grants.STORED) if owner else None,
        "quoted": account.metadata.get(QUOTED_ETAGS),
        "read_only": account.metadata.get(READ_ONLY),
        "write_rate": account.metadata.get(WRITE_RATE),
        "containers": account.containers,
        "objects": account.usage.objects,
        "bytes": account.usage.bytes,
        "policies": policies,
        "stamp": moments.stamp(account.created),
        "ranges": "bytes",
    }
