"""Accounts on the wire."""

from typing import Any

from pileus.kernel.api import headers
from pileus.kernel.api.call import Answer, Call
from pileus.kernel.api.declare import delete, get, head, post, put, resource
from pileus.kernel.api.errors import BadRequest, Forbidden, MethodNotAllowed, NotFound
from pileus.object_store.access.decision import Access
from pileus.object_store.accounts.logic import Accounts, shown
from pileus.object_store.accounts.schema import AccountHeaders
from pileus.object_store.bulk.extraction import Extraction
from pileus.object_store.bulk.logic import Deletions
from pileus.object_store.storage.protocol import AccountRecord
from pileus.object_store.wire import bulk, lists, names


@resource("/{account}")
class AccountResource:
    """What a project has in the object store."""

    def __init__(self, accounts: Accounts, access: Access, deletions: Deletions, extraction: Extraction) -> None:
        self._accounts = accounts
        self._extraction = extraction
        self._deletions = deletions
        self._access = access

    async def _enter(self, call: Call, account: str) -> tuple[AccountRecord, bool]:
        names.check(call, account)
        record = await self._accounts.get(call, account)
        return record, self._accounts.owner(call, record)

    @get(anonymous=True, transaction="none", query=lists.ListQuery, many=False)
    async def index(self, call: Call, account: str) -> Answer:
        """List containers."""
        record, owner = await self._enter(call, account)
        form = lists.form_of(call)
        entries = await self._accounts.containers(call, account)
        head = headers.render(AccountHeaders, shown(record, owner=owner), call)
        return lists.answer(call, form, head, ("account", account), "container", entries)

    @head(anonymous=True, transaction="none", status=204, query=lists.ListQuery, shows=AccountHeaders)
    async def show(self, call: Call, account: str) -> dict[str, Any]:
        """Show an account."""
        record, owner = await self._enter(call, account)
        lists.describe(call)
        return shown(record, owner=owner)

    @post(anonymous=True, transaction="none", status=204, raw=True, headers=AccountHeaders, query=lists.ListQuery)
    async def change(self, call: Call, account: str) -> Answer:
        """Change an account's metadata; with `?bulk-delete`, delete what the body names."""
        if "bulk-delete" in call.request.query_params:
            return await self._bulk_delete(call, account)
        _record, owner = await self._enter(call, account)
        if not owner:
            raise Forbidden
        await self._accounts.change(call, account)
        return Answer(204)

    async def _bulk_delete(self, call: Call, account: str) -> Answer:
        names.check(call, account)
        wanted = await self._deletions.read(call)
        return bulk.answer(call, await self._deletions.delete(call, account, wanted))

    @put(
        anonymous=True,
        transaction="none",
        status=201,
        also=(202,),
        raw=True,
        headers=AccountHeaders,
        query=lists.ListQuery,
    )
    async def put(self, call: Call, account: str) -> Answer:
        """Make an account; for resellers, since others are made by their first use.  With `?extract-archive`, files."""
        if "extract-archive" in call.request.query_params:
            return bulk.answer(call, await self._extraction.extract(call, account, ""))
        await self._enter(call, account)
        if not self._access.reseller(call.who):
            raise _not_managed()
        return Answer(201 if await self._accounts.change(call, account) else 202)

    @delete(anonymous=True, transaction="none", status=204, query=lists.ListQuery)
    async def delete(self, call: Call, account: str) -> Answer:
        """Forget an account with all that is in it; for resellers.  With `?bulk-delete` as POST."""
        if "bulk-delete" in call.request.query_params:
            return await self._bulk_delete(call, account)
        await self._enter(call, account)
        if call.params:  # meant for something else, and too much would go
            raise BadRequest
        if not self._access.reseller(call.who):
            raise Forbidden
        if not await self._accounts.delete(account):
            raise NotFound
        return Answer(204)


def _not_managed() -> MethodNotAllowed:
    error = MethodNotAllowed()
    error.headers["Allow"] = "GET, HEAD, POST, OPTIONS"
    return error
