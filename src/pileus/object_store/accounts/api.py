"""Accounts on the wire."""

from typing import Any

from pileus.kernel.api import headers
from pileus.kernel.api.call import Answer, Call
from pileus.kernel.api.declare import delete, get, head, post, put, resource
from pileus.kernel.api.errors import Forbidden, MethodNotAllowed, NotFound
from pileus.object_store.access.decision import Access
from pileus.object_store.accounts.logic import Accounts, shown
from pileus.object_store.accounts.schema import AccountHeaders
from pileus.object_store.bulk.extraction import Extraction
from pileus.object_store.bulk.logic import Deletions
from pileus.object_store.wire import bulk, lists, names


@resource("/{account}")
class AccountResource:
    """What a project has in the object store."""

    def __init__(self, accounts: Accounts, access: Access, deletions: Deletions, extraction: Extraction) -> None:
        self._accounts = accounts
        self._extraction = extraction
        self._deletions = deletions
        self._access = access

    def _enter(self, call: Call, account: str) -> bool:
        names.check(call, account)
        return self._access.require(call.who, call.request.method, account)

    @get(anonymous=True, transaction="none", query=lists.ListQuery, many=False)
    async def index(self, call: Call, account: str) -> Answer:
        """List containers."""
        owner = self._enter(call, account)
        form = lists.form_of(call)
        record = await self._accounts.get(call, account)
        entries = await self._accounts.containers(call, account)
        head = headers.render(AccountHeaders, shown(record, owner=owner), call)
        return lists.answer(form, head, ("account", account), "container", entries)

    @head(anonymous=True, transaction="none", status=204, shows=AccountHeaders)
    async def show(self, call: Call, account: str) -> dict[str, Any]:
        """Show an account."""
        owner = self._enter(call, account)
        return shown(await self._accounts.get(call, account), owner=owner)

    @post(anonymous=True, transaction="none", status=204, raw=True, headers=AccountHeaders, query=lists.ListQuery)
    async def change(self, call: Call, account: str) -> Answer:
        """Change an account's metadata; with `?bulk-delete`, delete what the body names."""
        if "bulk-delete" in call.request.query_params:
            return await self._bulk_delete(call, account)
        if not self._enter(call, account):
            raise Forbidden
        await self._accounts.change(call, account)
        return Answer(204)

    async def _bulk_delete(self, call: Call, account: str) -> Answer:
        names.check(call, account)
        wanted = await self._deletions.read(call)
        return bulk.answer(call, await self._deletions.delete(call, account, wanted))

    @put(anonymous=True, transaction="none", status=201, raw=True, query=lists.ListQuery)
    async def put(self, call: Call, account: str) -> Answer:
        """Take an archive apart (`?extract-archive=tar.gz`); accounts themselves are made by their first use."""
        if "extract-archive" not in call.request.query_params:
            self._enter(call, account)
            raise MethodNotAllowed
        return bulk.answer(call, await self._extraction.extract(call, account, ""))

    @delete(anonymous=True, transaction="none", status=204, query=lists.ListQuery)
    async def delete(self, call: Call, account: str) -> Answer:
        """Forget an account with all that is in it; for resellers.  With `?bulk-delete` as POST."""
        if "bulk-delete" in call.request.query_params:
            return await self._bulk_delete(call, account)
        self._enter(call, account)
        if not self._access.reseller(call.who):
            raise Forbidden
        if not await self._accounts.delete(account):
            raise NotFound
        return Answer(204)
