"""Accounts on the wire."""

from typing import Any

from pileus.kernel.api import headers
from pileus.kernel.api.call import Answer, Call
from pileus.kernel.api.declare import delete, get, head, post, resource
from pileus.kernel.api.errors import Forbidden, NotFound
from pileus.object_store.access.decision import Access
from pileus.object_store.accounts.logic import Accounts, shown
from pileus.object_store.accounts.schema import AccountHeaders
from pileus.object_store.wire import lists, names


@resource("/{account}")
class AccountResource:
    """What a project has in the object store."""

    def __init__(self, accounts: Accounts, access: Access) -> None:
        self._accounts = accounts
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

    @post(anonymous=True, transaction="none", status=204, raw=True, headers=AccountHeaders)
    async def change(self, call: Call, account: str) -> None:
        """Change an account's metadata."""
        if not self._enter(call, account):
            raise Forbidden
        await self._accounts.change(call, account)

    @delete(anonymous=True, transaction="none", status=204)
    async def delete(self, call: Call, account: str) -> None:
        """Forget an account with all that is in it; for resellers."""
        self._enter(call, account)
        if not self._access.reseller(call.who):
            raise Forbidden
        if not await self._accounts.delete(account):
            raise NotFound
