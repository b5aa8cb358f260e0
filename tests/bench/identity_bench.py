"""How many tokens a second identity validates and issues, in this process, without a network: JSON on standard output.

PYTHONPATH=src python tests/bench/identity_bench.py [seconds]
"""

import asyncio
import json
import sys
import tempfile
import time
from pathlib import Path

import pileus.identity.wiring as identity
from pileus.identity.settings import IdentitySettings
from pileus.kernel.api.declare import Service
from pileus.kernel.parts import Parts
from pileus.kernel.reconcile.loop import Loops
from pileus.kernel.serving.server import Application
from pileus.kernel.signals import Signals
from pileus.kernel.store import METADATA
from pileus.kernel.store.sqlite import SqliteStore
from pileus.kernel.world import World

TYPES = ("compute", "image", "network", "placement", "volumev3", "object-store", "orchestration", "dns")


class Client:
    """Calls an ASGI application as a server would, without parsing HTTP."""

    def __init__(self, application):
        self._application = application

    async def __call__(self, method, path, headers=(), body=b""):
        sent = []
        raw = [(b"host", b"cloud"), *((k.encode(), v.encode()) for k, v in headers)]
        scope = {
            "type": "http",
            "method": method,
            "path": path,
            "raw_path": path.encode(),
            "query_string": b"",
            "headers": raw,
            "scheme": "http",
            "server": ("cloud", 80),
            "client": ("c", 1),
            "http_version": "1.1",
            "root_path": "",
            "extensions": {},
        }
        messages = iter([{"type": "http.request", "body": body, "more_body": False}])

        async def receive():
            return next(messages)

        async def send(message):
            sent.append(message)

        await self._application(scope, receive, send)
        found = {k.decode(): v.decode() for k, v in sent[0]["headers"]}
        return sent[0]["status"], found, b"".join(m.get("body", b"") for m in sent[1:])


async def rate(seconds, call, status):
    """Calls a second, one after the other."""
    count, start = 0, time.perf_counter()
    while time.perf_counter() - start < seconds:
        for _ in range(10):
            found, _, body = await call()
            assert found == status, (found, body)
        count += 10
    return round(count / (time.perf_counter() - start), 1)


async def prepared(folder):
    """A service and a client of it, over an SQLite file."""
    store = SqliteStore(folder / "bench.db", durable=False, prepare=METADATA.create_all)
    await store.start()
    world = World()
    parts = Parts(
        state=folder,
        region="RegionOne",
        policy=None,
        node="n",
        store=store,
        world=world,
        signals=None,
        engine=None,
        loops=Loops(world, Signals()),
        transport=None,
    )
    service = identity.wire(parts, IdentitySettings())
    api = service.api
    shown = [Service(type=t, name=t, prefix=f"/{t}", root="", history=api.history, fault=api.fault) for t in TYPES]
    async with store.write() as tx:
        await service.prepare(tx, admin_password="secret", url="http://cloud:5000", services=shown)
    return service, Client(Application([api], store, world, service))


async def measure(seconds, folder):
    """The figures."""
    service, client = await prepared(folder)
    kind = ("content-type", "application/json")
    scope = {"project": {"name": "admin", "domain": {"id": "default"}}}
    user = {"name": "admin", "domain": {"id": "default"}, "password": "secret"}
    by_password = {"identity": {"methods": ["password"], "password": {"user": user}}, "scope": scope}
    password = json.dumps({"auth": by_password}).encode()
    status, headers, body = await client("POST", "/v3/auth/tokens", [kind], password)
    assert status == 201, body
    token = headers["x-subject-token"]
    by_token = json.dumps(
        {"auth": {"identity": {"methods": ["token"], "token": {"id": token}}, "scope": scope}}
    ).encode()
    own = [("x-auth-token", token), ("x-subject-token", token)]

    async def miss():
        service.tokens._entries.clear()
        service.tokens.accesses._known.clear()
        return await hit()

    async def hit():
        await service.authenticate(token)
        return 200, None, None

    fresh = json.dumps({"user": {"name": "n%d"}})
    for number in range(1000):
        await client("POST", "/v3/users", [kind, own[0]], (fresh % number).encode())
    roles = json.loads((await client("GET", "/v3/roles", own[:1]))[2])["roles"]
    users = json.loads((await client("GET", "/v3/users", own[:1]))[2])["users"]
    member = next(role["id"] for role in roles if role["name"] == "member")
    for row in users[:200]:
        await client("PUT", f"/v3/domains/default/users/{row['id']}/roles/{member}", own[:1])

    async def listed(path, seconds=seconds):
        return await rate(seconds, lambda: client("GET", path, own[:1]), 200)

    return {
        "user_list_of_1000_per_s": await listed("/v3/users"),
        "role_assignments_of_200_per_s": await listed("/v3/role_assignments"),
        "user_show_per_s": await listed(f"/v3/users/{users[0]['id']}"),
        "body_bytes": len(body),
        "token_bytes": len(token),
        "authenticate_hit_per_s": await rate(seconds, hit, 200),
        "authenticate_miss_per_s": await rate(seconds, miss, 200),
        "validate_per_s": await rate(seconds, lambda: client("GET", "/v3/auth/tokens", own), 200),
        "issue_by_token_per_s": await rate(seconds, lambda: client("POST", "/v3/auth/tokens", [kind], by_token), 201),
        "issue_by_password_per_s": await rate(
            seconds, lambda: client("POST", "/v3/auth/tokens", [kind], password), 201
        ),
        "projects_list_per_s": await rate(seconds, lambda: client("GET", "/v3/projects", own[:1]), 200),
    }


def main():
    """Measure and print."""
    seconds = float(sys.argv[1]) if len(sys.argv) > 1 else 2.0
    with tempfile.TemporaryDirectory() as folder:
        print(json.dumps(asyncio.run(measure(seconds, Path(folder))), indent=2))


if __name__ == "__main__":
    main()
