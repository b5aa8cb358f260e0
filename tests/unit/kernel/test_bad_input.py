"""What clients send that no declaration foresees, at the kernel's edge."""

import pytest
from sqlalchemy import select
from tests.unit.kernel.test_api import URL, api, at, made

from pileus.compute.aggregates.table import AGGREGATES
from pileus.kernel.store import UnfitValue

__all__ = ["api", "made"]


async def test_a_query_string_that_is_no_text(client_of, api):
    scope = {
        "type": "http",
        "method": "GET",
        "scheme": "http",
        "path": URL,
        "raw_path": URL.encode(),
        "query_string": b"a=\xff",
        "headers": [(b"x-auth-token", b"user:p1")],
    }
    got = []

    async def send(message):
        got.append(message)

    async def receive():
        return {"type": "http.request", "body": b"", "more_body": False}

    await api._transport.app(scope, receive, send)
    assert got[0]["status"] == 200


@pytest.mark.parametrize("depth", [90, 150, 300, 900, 5000])
@pytest.mark.parametrize("pair", [(b"[", b"]"), (b'{"a":', b"}")])
async def test_deep_nesting(api, depth, pair):
    value = pair[0] * depth + b"1" + pair[1] * depth
    body = b'{"server_group": {"name": ' + value + b', "policy": "affinity"}}'
    answer = await api.post(URL, content=body, headers={"Content-Type": "application/json", **at("2.64")})
    assert answer.status_code == 400, answer.text


async def test_brackets_in_strings_are_no_nesting(api):
    assert (await made(api, name="[{" * 100 + '"\\'))["name"].startswith("[{")


async def test_what_the_database_cannot_hold(store):
    table = AGGREGATES
    for value in (1 << 63, -(1 << 70)):
        with pytest.raises(UnfitValue):
            async with store.read() as tx:
                await tx.all(select(table).where(table.c.id == value))
    with pytest.raises(UnfitValue):
        async with store.read() as tx:
            await tx.all(select(table).where(table.c.name == "\ud800"))


async def test_what_the_database_cannot_hold_is_400(api):
    answer = await api.post(
        URL, json={"server_group": {"name": "huge", "policy": "affinity", "size": 1 << 70}}, headers=at("2.64")
    )
    assert answer.status_code == 400
