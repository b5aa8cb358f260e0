"""Pages of other origins are let in where the operator named them, and nowhere else."""

import pytest

from pileus.kernel.serving.cors import CrossOrigin

PAGE = "https://page.example"


def application(status=200, headers=(), body=b"{}"):
    async def answer(scope, receive, send):
        own = [(b"content-type", b"application/json"), (b"x-openstack-request-id", b"req-1"), *headers]
        await send({"type": "http.response.start", "status": status, "headers": own})
        await send({"type": "http.response.body", "body": body})

    return answer


async def ask(app, method="GET", **headers):
    got = []

    async def send(message):
        got.append(message)

    named = [(name.replace("_", "-").encode(), value.encode()) for name, value in headers.items()]
    await app({"type": "http", "method": method, "headers": named}, None, send)
    return got[0]["status"], {name.decode(): value.decode() for name, value in got[0]["headers"]}, got[1]["body"]


async def test_an_answer_names_the_page_that_may_read_it():
    status, headers, body = await ask(CrossOrigin(application(), [PAGE + "/"]), origin=PAGE)
    assert (status, body) == (200, b"{}")
    assert headers["access-control-allow-origin"] == PAGE
    assert headers["access-control-allow-credentials"] == "true"
    assert "X-Subject-Token" in headers["access-control-expose-headers"]
    assert headers["vary"] == "Origin"


@pytest.mark.parametrize("origin", ["https://page.example.org", "http://page.example", "null", "https://PAGE.example"])
@pytest.mark.parametrize("method", ["GET", "OPTIONS"])
async def test_other_pages_are_not_named(origin, method):
    app = CrossOrigin(application(), [PAGE])
    _, headers, _ = await ask(app, method, origin=origin, access_control_request_method="GET")
    assert not [name for name in headers if name.startswith("access-control")]


async def test_every_page_may_be_let_in_but_not_with_credentials():
    _, headers, _ = await ask(CrossOrigin(application(), ["*"]), origin="https://any.example")
    assert headers["access-control-allow-origin"] == "*"
    assert "access-control-allow-credentials" not in headers


async def test_a_browser_asks_ahead_of_a_service_that_does_not_know_the_method():
    asked = {"access_control_request_method": "PATCH", "access_control_request_headers": "x-auth-token, content-type"}
    app = CrossOrigin(application(405, body=b'{"error": 1}'), [PAGE])
    status, headers, body = await ask(app, "OPTIONS", origin=PAGE, **asked)
    assert (status, body, headers["content-length"]) == (200, b"", "0")
    assert headers["access-control-allow-origin"] == PAGE
    assert headers["access-control-allow-methods"] == "PATCH"
    assert headers["access-control-allow-headers"] == "x-auth-token, content-type"
    assert headers["x-openstack-request-id"] == "req-1"
    _, headers, _ = await ask(app, "OPTIONS", origin=PAGE, access_control_request_method="TRACE")
    assert "access-control-allow-origin" not in headers


async def test_a_service_that_answers_for_itself_is_left_to_it():
    own = [(b"access-control-allow-origin", b"https://own.example")]
    _, headers, _ = await ask(CrossOrigin(application(headers=own), [PAGE]), origin=PAGE)
    assert headers["access-control-allow-origin"] == "https://own.example"
    assert "access-control-expose-headers" not in headers
