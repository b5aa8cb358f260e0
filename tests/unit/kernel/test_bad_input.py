"""What clients send that no declaration foresees, at the kernel's edge."""

import pytest

from tests.unit.kernel.test_api import URL, api, at, made

__all__ = ["api", "made"]


async def test_a_query_string_that_is_no_text(client_of, api):
    scope = {
        "type": "http", "method": "GET", "scheme": "http", "path": URL, "raw_path": URL.encode(), "query_string": b"a=\xff",
        "headers": [(b"x-auth-token", b"user:p1")],
    }  # fmt: skip
    got = []

    async def send(message):
        got.append(message)

    async def receive():
        return {"type": "http.request", "body": b"", "more_body": False}

    await api._transport.app(scope, receive, send)
    assert got[0]["status"] == 200


