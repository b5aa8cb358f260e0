"""Resources in headers, operations for strangers, ids of a service's own."""

import pytest

from pileus.kernel.api import fields as f
from pileus.kernel.api import headers
from pileus.kernel.api.call import NOBODY
from pileus.kernel.api.declare import Service, copy, head, post, resource
from pileus.kernel.api.errors import InvalidInput, Unauthorized
from pileus.kernel.api.openapi import document
from pileus.kernel.api.schema import Schema
from pileus.kernel.api.versions import History
from pileus.kernel.auth.caller import Caller
from pileus.kernel.serving.server import Application

BOXES = History("boxes")


class Box(Schema, extra="ignore"):
    """A box."""

    meta = headers.family("X-Box-Meta-", "Free metadata.")
    size = f.integer("Its size.", wire="X-Box-Size", least=1)
    weight = f.integer("Its weight.", wire="X-Box-Weight", read_only=True)
    secret = f.text("Only taken.", wire="X-Box-Secret", write_only=True)


@resource("/{name:path}")
class Boxes:
    """Boxes."""

    @post(raw=True, headers=Box, shows=Box, anonymous=True, transaction="none", status=200)
    @copy(raw=True, headers=Box, shows=Box, transaction="none")
    async def change(self, call, name):
        """Change a box."""
        if call.who is NOBODY and name == "closed":
            raise Unauthorized
        return {**call.given, "weight": 7, "meta": {**call.given.get("meta", {}), "by": call.who.user_id or "nobody"}}

    @head(shows=Box, public=True, transaction="none", status=204)
    async def show(self, call, name):
        """Show a box."""
        return {"meta": {"name": name}, "weight": None}


class Tokens:
    async def authenticate(self, token):
        if token != "good":
            raise Unauthorized
        return Caller(user_id="u")


@pytest.fixture
def service():
    made = Service(
        type="boxes",
        name="boxes",
        prefix="/boxes",
        root="/v1",
        history=BOXES,
        fault=lambda error, _call: ({}, error.text.encode()),
        request_id=lambda _world: "tx1",
        request_headers=("X-Trans-Id",),
        complete=lambda _call, answer: answer.headers.setdefault("X-Complete", "yes"),
        at_root=("v1",),
    )
    made.add(Boxes())
    return made


@pytest.fixture
async def api(service, quick_store, world, client_of):
    async with client_of(Application([service], quick_store, world, Tokens())) as client:
        yield client


async def test_headers_are_taken_and_shown(api):
    sent = {"X-Box-Meta-A-B": "é".encode(), "x-box-size": "3", "X-Box-Weight": "9", "X-Box-Secret": "s", "X-Else": "1"}
    answer = await api.post("/boxes/v1/some/box", headers=sent)
    assert answer.status_code == 200
    assert answer.headers["X-Box-Meta-A-B"].encode("latin-1") in {"é".encode(), "é".encode("latin-1")}
    assert (answer.headers["X-Box-Size"], answer.headers["X-Box-Weight"]) == ("3", "7")
    assert "X-Box-Secret" not in answer.headers
    assert "X-Else" not in answer.headers
    for bad in ({"X-Box-Size": "big"}, {"X-Box-Size": "0"}, {"X-Box-Meta-A": b"\xff"}):
        assert (await api.post("/boxes/v1/b", headers=bad)).status_code == 400


async def test_strangers_are_let_in_where_the_declaration_says_so(api):
    for token, who in (("good", "u"), ("bad", "nobody"), ("", "nobody")):
        answer = await api.post("/boxes/v1/b", headers={"X-Auth-Token": token})
        assert answer.headers["X-Box-Meta-By"] == who
    answer = await api.post("/boxes/v1/closed")
    assert (answer.status_code, "identity" in answer.headers["WWW-Authenticate"]) == (401, True)
    assert (await api.request("COPY", "/boxes/v1/b")).status_code == 401
    assert (await api.request("COPY", "/boxes/v1/b", headers={"X-Auth-Token": "good"})).status_code == 201


async def test_every_answer_is_completed_and_has_the_services_id(api):
    for method, path in (("HEAD", "/boxes/v1/x"), ("GET", "/boxes/v1/x"), ("GET", "/boxes/none"), ("HEAD", "/v1/x")):
        answer = await api.request(method, path)
        assert (answer.headers["X-Trans-Id"], answer.headers["X-Complete"]) == ("tx1", "yes")
    assert (await api.head("/v1/a/b")).headers["X-Box-Meta-Name"] == "a/b"


def test_headers_stand_in_the_document(service):
    described = document(service, service.history.maximum)["paths"]["/v1/{name}"]["post"]
    assert [p["name"] for p in described["parameters"] if p["in"] == "header"] == [
        "X-Box-Meta-*",
        "X-Box-Size",
        "X-Box-Secret",
    ]
    assert set(described["responses"]["200"]["headers"]) == {"X-Box-Meta-*", "X-Box-Size", "X-Box-Weight"}


def test_what_is_not_text_is_refused():
    with pytest.raises(InvalidInput):
        headers.parse(Box, [(b"x-box-meta-\xff", b"a")], 0)
