"""Placement's API in this process, with a stand-in for identity."""

from pathlib import Path

import pytest

from pileus.kernel.api.errors import Unauthorized
from pileus.kernel.auth.caller import Caller
from pileus.kernel.operations import Engine
from pileus.kernel.parts import Parts
from pileus.kernel.peers.memory import MemoryTransport
from pileus.kernel.reconcile.loop import Loops
from pileus.kernel.serving.server import Application
from pileus.kernel.signals import Signals
from pileus.placement.wiring import wire

ROLES = {"admin": {"admin", "member", "reader"}, "service": {"service"}, "reader": {"reader"}, "system": {"admin"}}


class Tokens:
    """`role:project` is a token; `system` is an administrator of the system."""

    async def authenticate(self, token: str) -> Caller:
        role, _, project = token.partition(":")
        if role not in ROLES:
            raise Unauthorized
        system = role == "system"
        roles = frozenset(ROLES[role])
        return Caller(user_id="u", project_id="" if system else project, system=system, roles=roles)


class Client:
    """Speaks one version; answers are checked and decoded."""

    def __init__(self, http):
        self.http = http

    async def __call__(self, method, path, body=None, *, version="1.39", status=None, token="admin:p", **headers):
        headers = {"X-Auth-Token": token, "OpenStack-API-Version": f"placement {version}", **headers}
        answer = await self.http.request(method, f"/placement{path}", json=body, headers=headers)
        if status is not None:
            assert answer.status_code == status, answer.text
        else:
            assert answer.is_success, answer.text
        return answer

    async def provider(self, name, inventories=None, *, traits=(), aggregates=(), parent=None):
        """Make a provider; its id."""
        made = (await self("POST", "/resource_providers", {"name": name, "parent_provider_uuid": parent})).json()
        path = f"/resource_providers/{made['uuid']}"
        generation = 0
        if inventories:
            said = {kind: {"total": n, "max_unit": n} if isinstance(n, int) else n for kind, n in inventories.items()}
            body = {"resource_provider_generation": generation, "inventories": said}
            generation = (await self("PUT", f"{path}/inventories", body)).json()["resource_provider_generation"]
        for trait in traits:
            if trait.startswith("CUSTOM_"):
                await self("PUT", f"/traits/{trait}")
        if traits:
            body = {"resource_provider_generation": generation, "traits": list(traits)}
            generation = (await self("PUT", f"{path}/traits", body)).json()["resource_provider_generation"]
        if aggregates:
            body = {"resource_provider_generation": generation, "aggregates": list(aggregates)}
            await self("PUT", f"{path}/aggregates", body)
        return made["uuid"]

    async def candidates(self, query, **options):
        """What each candidate takes, as {provider: resources}; and the whole answer."""
        answer = (await self("GET", f"/allocation_candidates?{query}", **options)).json()
        taken = [
            {uid: entry["resources"] for uid, entry in request["allocations"].items()}
            for request in answer["allocation_requests"]
        ]
        return taken, answer


def parts_of(store, world, folder: Path) -> Parts:
    signals = Signals()
    engine, loops = Engine(store, world, signals, node="n"), Loops(world, signals)
    return Parts(folder, "R", None, "n", store, world, signals, engine, loops, MemoryTransport())


@pytest.fixture
async def ask(quick_store, world, tmp_path, client_of):
    service = wire(parts_of(quick_store, world, tmp_path))
    async with client_of(Application([service.api], quick_store, world, Tokens())) as http:
        made = Client(http)
        made.service, made.store = service, quick_store
        yield made
