"""A container that is copied to another one: what is there, what comes, what goes; and who may not."""

import hashlib

import pytest

from pileus.object_store.reconcilers.syncer import Syncer
from pileus.object_store.sync.journal import Journal
from pileus.object_store.sync.realms import signature
from pileus.object_store.wire import moments

REALMS = "[realm1]\nkey = realm-key\ncluster_here = http://cloud/object-store/v1/\n"


class InProcess:
    """Sends requests to the application under test."""

    def __init__(self, api):
        self._api = api

    async def send(self, method, url, headers, body):
        content = b"" if body is None else b"".join([chunk async for chunk in body])
        answer = await self._api.request(method, url, headers={**headers, "X-Auth-Token": ""}, content=content)
        return answer.status_code, {name.lower(): value for name, value in answer.headers.items()}


@pytest.fixture
async def pair(api, parts, service):
    folder = parts.state / "object_store"
    (folder / "container-sync-realms.conf").write_text(REALMS)
    await api.put("/from")
    await api.put("/from/early", content=b"early")
    await api.put("/to", headers={"X-Container-Sync-Key": "secret"})
    to = {"X-Container-Sync-To": "//realm1/here/AUTH_p1/to", "X-Container-Sync-Key": "secret"}
    assert (await api.post("/from", headers=to)).status_code == 204
    return api


@pytest.fixture
async def turn(pair, parts, service, clock):
    syncer = Syncer(service.storage, Journal(service.storage), service._realms, parts.world, InProcess(pair))

    async def go():
        await clock.advance(10)
        return await syncer.converge()

    return go


async def test_what_is_there_and_what_changes_is_copied(pair, turn):
    await turn()
    await turn()
    assert (await pair.get("/to/early")).content == b"early"
    big = bytes(range(256)) * 1000
    await pair.put("/from/a b", content=big, headers={"X-Object-Meta-A": "1", "Content-Type": "text/x"})
    await turn()
    copied = await pair.get("/to/a b")
    assert (copied.content, copied.headers["X-Object-Meta-A"]) == (big, "1")
    assert copied.headers["Content-Type"] == "text/x"
    assert copied.headers["X-Timestamp"] == (await pair.head("/from/a b")).headers["X-Timestamp"]
    await pair.delete("/from/early")
    await turn()
    assert (await pair.get("/to/early")).status_code == 404
    assert await turn() == 0


async def test_what_is_newer_there_stays(pair, turn, clock):
    await pair.put("/from/o", content=b"old")
    await clock.advance(5)
    await pair.put("/to/o", content=b"new")
    await turn()
    await turn()
    assert (await pair.get("/to/o")).content == b"new"


def signed(method, path, stamp, realm_key="realm-key", user_key="secret"):
    made = signature(method, path, stamp, "nonce", realm_key, user_key)
    return {"X-Container-Sync-Auth": f"realm1 nonce {made}", "X-Timestamp": stamp, "X-Auth-Token": ""}


async def test_forged_requests_of_container_sync(pair, clock):
    path, stamp = "/object-store/v1/AUTH_p1/to/o", moments.stamp(int(clock.now().timestamp()) * 100_000)
    for bad in (
        signed("PUT", path, stamp, realm_key="other"),
        signed("PUT", path, stamp, user_key="other"),
        signed("DELETE", path, stamp),
        signed("PUT", path + "x", stamp),
        {**signed("PUT", path, stamp), "X-Timestamp": "9999999999.00000"},
        signed("PUT", path, "9999999999.00000"),
        {"X-Container-Sync-Key": "other", "X-Timestamp": stamp, "X-Auth-Token": ""},
        {"X-Container-Sync-Auth": "realm1 x", "X-Auth-Token": ""},
    ):
        assert (await pair.put("/to/o", content=b"x", headers=bad)).status_code == 401, bad
    etag = hashlib.md5(b"x").hexdigest()
    answer = await pair.put("/to/o", content=b"x", headers=signed("PUT", path, stamp))
    assert (answer.status_code, answer.headers["ETag"]) == (201, etag)
    assert (await pair.put("/to/o", content=b"y", headers=signed("PUT", path, stamp))).status_code == 202
    assert (await pair.get("/to/o")).content == b"x"


async def test_an_ordinary_client_does_not_set_the_moment(container):
    await container.put("/c/o", content=b"", headers={"X-Timestamp": "1.00000", "X-Backend-Timestamp": "1"})
    assert float((await container.head("/c/o")).headers["X-Timestamp"]) > 1_000_000_000


@pytest.mark.parametrize(
    "to", ["//realm1/here/a", "//none/here/a/c", "//realm1/none/a/c", "ftp://x/y", "http://127.0.0.1:22/x", "x"]
)
async def test_where_nothing_can_be_copied_to(pair, to):
    assert (await pair.post("/from", headers={"X-Container-Sync-To": to})).status_code == 400
