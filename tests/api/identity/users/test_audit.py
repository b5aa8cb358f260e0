"""Events of changes and logins: what they say, and what they never do."""

import json

import pytest

from pileus.identity.settings import AuditSettings, IdentitySettings


@pytest.fixture
def settings():
    return IdentitySettings(password_rounds=4, audit=AuditSettings(to="file", password_key="pepper"))


@pytest.fixture
def events(tmp_path):
    def read(kind=""):
        lines = (tmp_path / "identity" / "audit.jsonl").read_text().splitlines()
        found = [json.loads(line) for line in lines]
        return [event["payload"] for event in found if event["event_type"] == kind] if kind else found

    return read


async def test_changes(admin, make, events):
    user = await make("users", name="u", password="secret-1")
    await admin.patch(f"/v3/users/{user['id']}", json={"user": {"description": "secret-2"}})
    await admin.delete(f"/v3/users/{user['id']}")
    await admin.get("/v3/users")
    assert [event["event_type"] for event in events()[-3:]] == [
        "identity.user.created",
        "identity.user.updated",
        "identity.user.deleted",
    ]
    made = events("identity.user.created")[0]
    assert made["typeURI"] == "http://schemas.dmtf.org/cloud/audit/1.0/event"
    assert (made["eventType"], made["action"], made["outcome"]) == ("activity", "created.user", "success")
    assert made["target"] == {"typeURI": "data/security/account/user", "id": user["id"]}
    assert made["resource_info"] == user["id"]
    assert made["initiator"]["typeURI"] == "service/security/account/user"
    assert made["initiator"]["name"] == "admin"
    assert made["initiator"]["host"]["address"] == "127.0.0.1"
    assert made["initiator"]["request_id"].startswith("req-")
    assert made["observer"]["typeURI"] == "service/security"
    assert made["eventTime"].endswith("+00:00")


async def test_assignments(admin, make, events):
    user, project = await make("users", name="u"), await make("projects", name="p")
    roles = (await admin.get("/v3/roles?name=member")).json()["roles"]
    url = f"/v3/projects/{project['id']}/users/{user['id']}/roles/{roles[0]['id']}"
    await admin.put(url)
    await admin.delete(url)
    given = events("identity.role_assignment.created")[-1]
    assert given["action"] == "created.role_assignment"
    told = {name: given[name] for name in ("user", "project", "role", "inherited_to_projects")}
    assert told == {
        "user": user["id"],
        "project": project["id"],
        "role": roles[0]["id"],
        "inherited_to_projects": False,
    }
    assert events("identity.role_assignment.deleted")


async def test_logins(cloud, events):
    await cloud.auth("demo", "demo-secret", "demo")
    await cloud.auth("demo", "wrong-1", "demo")
    await cloud.auth("demo", "wrong-2", "demo")
    good, *bad = events("identity.authenticate")[-3:]
    assert (good["action"], good["outcome"]) == ("authenticate", "success")
    assert good["initiator"]["name"] == "demo"
    assert good["initiator"]["user_id"]
    assert all(event["outcome"] == "failure" for event in bad)
    assert all(event["reason"]["reasonCode"] == "401" for event in bad)
    hashes = [event["attachments"][0]["content"] for event in bad]
    assert len(set(hashes)) == 2
    assert all(len(text) == 5 for text in hashes)


async def test_refusals_are_told_too(cloud, events):
    demo = await cloud.login("demo", "demo-secret", "demo")
    assert (await demo.post("/v3/users", json={"user": {"name": "x", "password": "y"}})).status_code == 403
    refused = events("identity.user.created")[-1]
    assert (refused["outcome"], refused["reason"]["reasonCode"]) == ("failure", "403")
    assert refused["initiator"]["name"] == "demo"


async def test_secrets_are_never_in_them(cloud, admin, make, events, tmp_path):
    user = await make("users", name="u", password="first-secret", domain_id="default")
    body = {"user": {"original_password": "first-secret", "password": "second-secret"}}
    assert (await cloud.http.post(f"/v3/users/{user['id']}/password", json=body)).status_code == 204
    assert events("identity.user.updated")[-1]["resource_info"] == user["id"]
    await cloud.auth("u", "third-secret", "unscoped")
    await make("credentials", type="cert", blob="fourth-secret", user_id=user["id"])
    text = (tmp_path / "identity" / "audit.jsonl").read_text()
    assert "-secret" not in text
    assert admin.headers["X-Auth-Token"] not in text
    assert (tmp_path / "identity" / "audit.jsonl").stat().st_mode & 0o077 == 0
