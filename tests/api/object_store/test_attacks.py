"""Names and headers that are not meant well."""

from urllib.parse import unquote_to_bytes

import pytest
from tests.api.object_store.conftest import Tokens

from pileus.kernel.serving.server import Application

ACCOUNT = b"/object-store/v1/AUTH_p1"


@pytest.fixture
async def raw(service, parts, container):
    """Sends a path byte by byte, as no well-behaved client would."""
    application = Application([service.api], parts.store, parts.world, Tokens())

    async def send(method, path, *headers, body=b""):
        out = []
        scope = {
            "type": "http",
            "method": method,
            "path": unquote_to_bytes(path.partition(b"?")[0]).decode("utf-8", "replace"),
            "raw_path": path,
            "query_string": path.partition(b"?")[2],
            "headers": [(b"host", b"cloud"), (b"x-auth-token", b"member:p1"), *headers],
            "scheme": "http",
            "client": ("127.0.0.1", 1),
            "extensions": {},
        }

        async def receive():
            return {"type": "http.request", "body": body, "more_body": False}

        async def collect(message):
            out.append(message)

        await application(scope, receive, collect)
        return out[0]["status"], dict(out[0]["headers"]), b"".join(m.get("body", b"") for m in out[1:])

    return send


LENGTH = (b"content-length", b"1")


@pytest.mark.parametrize(
    "name",
    [
        b"..",
        b"../../../etc/passwd",
        b"./x",
        b"a//b",
        b"/x",
        b"a%2F..%2Fb",
        b"%2e%2e/x",
        b"con",
        b"a\\b",
        b" ",
        b"%0d%0a",
    ],
)
async def test_strange_names_are_only_names(raw, container, parts, name):
    before = {p for p in parts.state.rglob("*") if "object_store" not in p.parts}
    status, _headers, _body = await raw("PUT", ACCOUNT + b"/c/" + name, LENGTH, body=b"x")
    assert status == 201
    assert (await raw("GET", ACCOUNT + b"/c/" + name))[2] == b"x"
    assert (await container.get("/c", params={"format": "json"})).json()[0]["bytes"] == 1
    assert {p for p in parts.state.rglob("*") if "object_store" not in p.parts} == before
    assert (await raw("DELETE", ACCOUNT + b"/c/" + name))[0] == 204


@pytest.mark.parametrize("name", [b"%00", b"a%00b", b"%ff", b"%c0%ae%c0%ae", b"%ed%a0%80", b"%f8%88%80%80%80"])
async def test_what_is_not_text_is_refused(raw, name):
    for method in ("PUT", "GET", "DELETE"):
        assert (await raw(method, ACCOUNT + b"/c/" + name, LENGTH, body=b"x"))[0] == 412
    assert (await raw("PUT", ACCOUNT + b"/" + name))[0] == 412


async def test_overlong_names(container):
    assert (await container.put("/c/" + "n" * 1024, content=b"")).status_code == 201
    assert (await container.put("/c/" + "n" * 1025, content=b"")).status_code == 400
    assert (await container.put("/c/" + "é" * 513, content=b"")).status_code == 400
    assert (await container.put("/" + "n" * 257)).status_code == 400
    assert (await container.put("/" + "n" * 256)).status_code == 201
    headers = {"Destination": "c/" + "n" * 1025}
    await container.put("/c/o", content=b"")
    assert (await container.request("COPY", "/c/o", headers=headers)).status_code == 400


async def test_headers_cannot_be_smuggled_into_answers(raw, container):
    await raw("PUT", ACCOUNT + b"/c/a%0d%0aSet-Cookie:x", LENGTH, body=b"x")
    destination = (b"destination", b"c/copy"), LENGTH
    status, headers, _body = await raw("COPY", ACCOUNT + b"/c/a%0d%0aSet-Cookie:x", *destination)
    assert status == 201
    assert not [v for v in headers.values() if b"\r" in v or b"\n" in v]
    evil = (b"x-object-manifest", b"c/a%0d%0aSet-Cookie:x")
    assert (await raw("PUT", ACCOUNT + b"/c/m", LENGTH, evil, body=b"x"))[0] == 400
    status, headers, _body = await raw("GET", ACCOUNT + b"/c/o?format=%0d%0aX:1")
    assert status == 404
    assert b"set-cookie" not in headers


@pytest.mark.parametrize("length", [b"-1", b"1e3", b"0x10", b"+5", b"\xb2", b""])
async def test_lengths_that_are_none(raw, length):
    assert (await raw("PUT", ACCOUNT + b"/c/o", (b"content-length", length), body=b"x"))[0] == 400
    assert (await raw("GET", ACCOUNT + b"/c/o"))[0] == 404


async def test_transfer_codings_that_are_none(raw):
    assert (await raw("PUT", ACCOUNT + b"/c/o", (b"transfer-encoding", b"gzip"), body=b"x"))[0] == 400
    assert (await raw("PUT", ACCOUNT + b"/c/o", body=b"x"))[0] == 411


async def test_forged_identity_headers_mean_nothing(raw):
    headers = [(b"x-user-id", b"a"), (b"x-roles", b"ResellerAdmin"), (b"x-project-id", b"p2"), (b"x-timestamp", b"1.0")]
    assert (await raw("GET", b"/object-store/v1/AUTH_p2", *headers))[0] == 403
    status, _headers, _body = await raw("PUT", ACCOUNT + b"/c/o", LENGTH, *headers, body=b"x")
    assert status == 201
    assert (await raw("HEAD", ACCOUNT + b"/c/o"))[1][b"x-timestamp"] > b"1795"


async def test_metadata_that_are_not_text(raw):
    assert (await raw("PUT", ACCOUNT + b"/c/o", LENGTH, (b"x-object-meta-a", b"\xff"), body=b"x"))[0] == 400
    assert (await raw("POST", ACCOUNT + b"/c", (b"x-container-meta-\xff", b"a")))[0] == 400
    own = (b"x-object-sysmeta-static", b"a:9"), (b"sysmeta-static", b"a:9"), (b"x-static-large-object", b"True")
    await raw("PUT", ACCOUNT + b"/c/o", LENGTH, *own, body=b"x")
    assert b"x-static-large-object" not in (await raw("HEAD", ACCOUNT + b"/c/o"))[1]


async def test_paths_without_account_or_container(raw):
    for path in (
        b"/object-store/v1//c/o",
        b"/object-store/v1/AUTH_p1//o",
        b"/object-store/v1",
        b"/object-store/v2/AUTH_p1",
    ):
        assert (await raw("GET", path))[0] in {404, 412}, path
    assert (await raw("GET", b"/object-store/v1/p1"))[0] == 403
    assert (await raw("GET", b"/object-store/v1/AUTH_"))[0] == 403
