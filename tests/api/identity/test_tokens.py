"""Tokens over HTTP."""

import pytest


async def test_a_token_by_password_reads_back_the_same(cloud, admin):
    answer = await cloud.auth()
    token = answer.json()["token"]
    assert token["methods"] == ["password"]
    assert token["user"]["name"] == "admin"
    assert token["user"]["domain"] == {"id": "default", "name": "Default"}
    assert token["project"]["name"] == "admin"
    assert {r["name"] for r in token["roles"]} == {"admin", "manager", "member", "reader"}
    assert token["expires_at"].endswith("Z")
    assert len(token["audit_ids"]) == 1
    service = token["catalog"][0]
    assert service["type"] == "identity"
    assert {e["interface"] for e in service["endpoints"]} == {"public", "internal", "admin"}
    assert service["endpoints"][0]["url"] == "http://cloud/identity"
    subject = {"X-Subject-Token": answer.headers["X-Subject-Token"]}
    read = await admin.get("/v3/auth/tokens", headers=subject)
    assert read.status_code == 200
    assert read.json() == answer.json()
    assert read.headers["X-Subject-Token"] == subject["X-Subject-Token"]
    head = await admin.head("/identity/v3/auth/tokens", headers=subject)
    assert (head.status_code, head.content) == (200, b"")
    assert "catalog" not in (await admin.get("/v3/auth/tokens?nocatalog", headers=subject)).json()["token"]


async def test_logout(cloud, admin):
    answer = await cloud.auth("demo", "demo-secret", "demo")
    subject = {"X-Subject-Token": answer.headers["X-Subject-Token"]}
    demo = cloud.bearer(subject["X-Subject-Token"])
    assert (await demo.get("/v3/auth/projects")).json()["projects"][0]["name"] == "demo"
    assert (await demo.delete("/v3/auth/tokens", headers=subject)).status_code == 204
    assert (await demo.get("/v3/auth/projects")).status_code == 401
    assert (await admin.get("/v3/auth/tokens", headers=subject)).status_code == 404


@pytest.mark.parametrize(
    ("scope", "key"),
    [
        (None, None),
        ("unscoped", None),
        ({"system": {"all": True}}, "system"),
        ({"domain": {"id": "default"}}, "domain"),
        ({"domain": {"name": "Default"}}, "domain"),
        ("admin", "project"),
    ],
)
async def test_scopes(cloud, scope, key):
    token = (await cloud.auth(scope=scope)).json()["token"]
    assert {"system", "domain", "project"} & set(token) == ({key} if key else set())
    assert ("catalog" in token) == bool(key)


async def test_a_token_by_token(cloud):
    first = await cloud.auth(scope="unscoped")
    body = {
        "auth": {
            "identity": {"methods": ["token"], "token": {"id": first.headers["X-Subject-Token"]}},
            "scope": {"project": {"name": "admin", "domain": {"name": "Default"}}},
        }
    }
    second = await cloud.http.post("/v3/auth/tokens", json=body)
    assert second.status_code == 201, second.text
    one, two = first.json()["token"], second.json()["token"]
    assert set(two["methods"]) == {"password", "token"}
    assert two["expires_at"] == one["expires_at"]
    assert two["audit_ids"][1] == one["audit_ids"][0]


@pytest.mark.parametrize("method", ["token", "mapped"])
async def test_a_dead_token_proves_nothing_and_is_a_404(cloud, method):
    dead = (await cloud.auth("demo", "demo-secret", "demo")).headers["X-Subject-Token"]
    demo = cloud.bearer(dead)
    assert (await demo.delete("/v3/auth/tokens", headers={"X-Subject-Token": dead})).status_code == 204
    for token in (dead, dead[:-4], "rubbish", ""):
        body = {"auth": {"identity": {"methods": [method], method: {"id": token}}}}
        answer = await cloud.http.post("/v3/auth/tokens", json=body)
        error = answer.json()["error"]
        assert (answer.status_code, error["code"], error["title"]) == (404, 404, "Not Found")
        assert error["message"] == "Could not find token: it is unknown, expired or revoked."
        assert "X-Subject-Token" not in answer.headers
