"""What an attacker would try."""

import dataclasses
from datetime import timedelta

import pytest

from pileus.identity.seals.rotation import rotate
from pileus.identity.settings import IdentitySettings
from pileus.identity.tokens.payload import SYSTEM, unpack
from pileus.kernel.clock import SystemClock
from pileus.kernel.world import World


class ShiftedClock(SystemClock):
    shift = timedelta(0)

    def now(self):
        return super().now() + self.shift


@pytest.fixture
def world():
    return World(clock=ShiftedClock())


@pytest.fixture
def settings():
    return IdentitySettings(password_rounds=4, lockout_attempts=3, lockout_seconds=60, guesses_per_minute=8)


async def test_expired_tokens(cloud, world):
    demo = await cloud.login("demo", "demo-secret", "demo")
    world.clock.shift = timedelta(seconds=3601)
    admin = await cloud.login()
    subject = {"X-Subject-Token": demo.headers["X-Auth-Token"]}
    assert (await demo.get("/v3/auth/projects")).status_code == 401
    assert (await admin.get("/v3/auth/tokens", headers=subject)).status_code == 404
    assert (await admin.get("/v3/auth/tokens?allow_expired=1", headers=subject)).status_code == 200
    world.clock.shift = timedelta(days=2, hours=2)
    admin = await cloud.login()
    assert (await admin.get("/v3/auth/tokens?allow_expired=1", headers=subject)).status_code == 404


async def test_forged_tokens(cloud, admin):
    good = admin.headers["X-Auth-Token"]
    forged = [
        good[:-2] + ("AA" if good[-2:] != "AA" else "BB"),
        good[:40] + ("A" if good[40] != "A" else "B") + good[41:],
        "gAAAAA",
        "",
        "ä",
        "x" * 5000,
        "é" * 10,
        good + "=" * 4 + "x",
    ]
    for token in forged:
        answer = await cloud.http.get("/v3/auth/projects", headers={"X-Auth-Token": token.encode()})
        assert answer.status_code == 401, token
        assert answer.json()["error"] == {
            "code": 401,
            "title": "Unauthorized",
            "message": "The request you have made requires authentication.",
        }
        assert answer.headers["WWW-Authenticate"].startswith("Keystone uri=")


async def test_a_payload_is_bound_to_its_keys(cloud, admin):
    """A payload packed by somebody without the keys is worth nothing, whatever it says."""
    from cryptography.fernet import Fernet

    entry = await cloud.identity.tokens.find(admin.headers["X-Auth-Token"])
    assert unpack(entry.payload.pack()) == entry.payload
    stronger = dataclasses.replace(entry.payload, scope=SYSTEM, scope_id="all")
    token = Fernet(Fernet.generate_key()).encrypt(stronger.pack())
    assert (await cloud.http.get("/v3/users", headers={"X-Auth-Token": token})).status_code == 401


async def test_a_token_survives_rotations_as_long_as_it_lives(cloud, admin, settings, tmp_path):
    for _ in range(4):
        rotate(tmp_path, cloud.world.ids, settings, cloud.world.clock.now())
        cloud.identity.tokens._entries.clear()
        assert (await admin.get("/v3/auth/projects")).status_code == 200
    later = cloud.world.clock.now() + timedelta(days=3)
    rotate(tmp_path, cloud.world.ids, settings, later)
    assert len([*(tmp_path / "identity" / "fernet-keys").iterdir()]) == 3


async def test_unknown_users_and_wrong_passwords_look_alike(cloud):
    wrong = await cloud.auth("admin", "nope", "admin")
    unknown = await cloud.auth("nobody", "nope", "admin")
    elsewhere = await cloud.auth("admin", "secret", {"project": {"id": "f" * 32}})
    assert wrong.status_code == unknown.status_code == elsewhere.status_code == 401
    assert wrong.json() == unknown.json() == elsewhere.json()
    assert set(wrong.headers) == set(unknown.headers)


async def test_a_hash_is_checked_even_for_nobody(cloud, monkeypatch):
    """An unknown user costs one check of a hash too, so time tells nothing."""
    import bcrypt

    checked = []
    real = bcrypt.checkpw
    monkeypatch.setattr(bcrypt, "checkpw", lambda *a: checked.append(a[1]) or real(*a))
    await cloud.auth("nobody", "nope", "admin")
    await cloud.auth("admin", "nope", "admin")
    assert len(checked) == 2
    assert checked[0][:7] == checked[1][:7]


async def test_accounts_are_locked_for_a_while(cloud, world):
    for _ in range(3):
        assert (await cloud.auth("demo", "nope", "demo")).status_code == 401
    assert (await cloud.auth("demo", "demo-secret", "demo")).status_code == 401
    world.clock.shift = timedelta(seconds=61)
    assert (await cloud.auth("demo", "demo-secret", "demo")).status_code == 201


async def test_guesses_are_limited_for_known_and_unknown_names(cloud):
    for name in ("admin", "nobody"):
        statuses = [(await cloud.auth(name, "nope", "admin")).status_code for _ in range(9)]
        assert statuses == [401] * 8 + [429]


async def test_long_passwords_count_to_the_end(cloud, make):
    await make("users", name="long", domain_id="default", password="x" * 72 + "a")
    assert (await cloud.auth("long", "x" * 72 + "b", None)).status_code == 401
    assert (await cloud.auth("long", "x" * 72 + "a", None)).status_code == 201


async def test_a_password_does_not_end_at_a_zero(cloud, admin):
    body = {"user": {"name": "zero", "domain_id": "default", "password": "a\0b"}}
    assert (await admin.post("/v3/users", json=body)).status_code == 400
    assert (await cloud.auth("demo", "demo-secret\0c", None)).status_code == 400


async def test_members_reach_nothing_of_others(cloud, admin):
    demo = await cloud.login("demo", "demo-secret", "demo")
    mine = (await cloud.auth("demo", "demo-secret", "demo")).json()["token"]
    theirs = (await cloud.auth()).json()["token"]
    user, project = theirs["user"]["id"], theirs["project"]["id"]
    role = theirs["roles"][0]["id"]
    assert (await demo.get(f"/v3/users/{mine['user']['id']}")).status_code == 200
    assert (await demo.get(f"/v3/projects/{mine['project']['id']}")).status_code == 200
    assert (await demo.get("/v3/domains/default")).status_code == 200
    for path in (
        "/v3/users",
        f"/v3/users/{user}",
        "/v3/users/nobody",
        "/v3/projects",
        f"/v3/projects/{project}",
        "/v3/projects/none",
        "/v3/groups",
        "/v3/roles",
        "/v3/role_assignments",
        "/v3/services",
        "/v3/endpoints",
        f"/v3/users/{user}/projects",
        f"/v3/users/{user}/application_credentials",
        f"/v3/users/{user}/credentials/OS-EC2",
        "/v3/OS-TRUST/trusts",
        "/v3/policies",
        f"/v3/projects/{project}/users/{user}/roles",
        f"/v3/system/users/{user}/roles",
    ):
        assert (await demo.get(path)).status_code == 403, path
    me = mine["user"]["id"]
    for path in (
        f"/v3/projects/{project}/users/{me}/roles/{role}",
        f"/v3/system/users/{me}/roles/{role}",
        f"/v3/domains/default/users/{me}/roles/{role}",
        f"/v3/OS-INHERIT/domains/default/users/{me}/roles/{role}/inherited_to_projects",
    ):
        assert (await demo.put(path)).status_code == 403, path
    for path, body in (
        ("/v3/users", {"user": {"name": "x"}}),
        ("/v3/projects", {"project": {"name": "x"}}),
        ("/v3/domains", {"domain": {"name": "x"}}),
        ("/v3/roles", {"role": {"name": "x"}}),
        ("/v3/regions", {"region": {}}),
        ("/v3/services", {"service": {"type": "x"}}),
    ):
        assert (await demo.post(path, json=body)).status_code == 403, path
    assert (await demo.patch(f"/v3/users/{me}", json={"user": {"enabled": True}})).status_code == 403
    subject = {"X-Subject-Token": admin.headers["X-Auth-Token"]}
    assert (await demo.get("/v3/auth/tokens", headers=subject)).status_code == 403
    assert (await demo.delete("/v3/auth/tokens", headers=subject)).status_code == 403
    refused = (await demo.get("/v3/users")).json()["error"]
    assert refused == {
        "code": 403,
        "title": "Forbidden",
        "message": "You are not authorized to perform the requested action: identity:list_users.",
    }


@pytest.mark.parametrize(
    "body",
    [
        None,
        [],
        "x",
        {},
        {"auth": None},
        {"auth": {}},
        {"auth": {"identity": {}}},
        {"auth": {"identity": {"methods": "password"}}},
        {"auth": {"identity": {"methods": ["password"]}}},
        {"auth": {"identity": {"methods": ["password"], "password": {}}}},
        {"auth": {"identity": {"methods": ["password"], "password": {"user": {"name": "x", "password": "p"}}}}},
        {"auth": {"identity": {"methods": ["password"], "password": {"user": {"id": 5, "password": "p"}}}}},
        {"auth": {"identity": {"methods": ["password"], "password": {"user": {"id": "x", "password": 5}}}}},
        {"auth": {"identity": {"methods": ["token"], "token": {}}}},
        {"auth": {"identity": {"methods": ["application_credential"], "application_credential": {"id": "x"}}}},
    ],
)
async def test_bad_bodies_are_400(cloud, body):
    answer = await cloud.http.post("/v3/auth/tokens", json=body)
    assert answer.status_code == 400, answer.text
    assert set(answer.json()["error"]) == {"code", "title", "message"}


@pytest.mark.parametrize("methods", [[], ["magic"], ["external"], ["magic", "password"]])
async def test_unknown_methods_are_401(cloud, methods):
    parts = {method: {} for method in methods}
    answer = await cloud.http.post("/v3/auth/tokens", json={"auth": {"identity": {"methods": methods, **parts}}})
    assert answer.status_code == 401


@pytest.mark.parametrize(
    "scope",
    [
        "x",
        {},
        {"project": 5},
        {"project": {}},
        {"project": {"id": "a"}, "domain": {"id": "b"}},
        {"system": {}},
        {"system": {"all": 1}},
        {"OS-TRUST:trust": {}},
        {"fly": {}},
    ],
)
async def test_bad_scopes_are_400(cloud, scope):
    body = {
        "identity": {
            "methods": ["password"],
            "password": {"user": {"name": "admin", "domain": {"id": "default"}, "password": "secret"}},
        },
        "scope": scope,
    }
    assert (await cloud.http.post("/v3/auth/tokens", json={"auth": body})).status_code == 400


async def test_two_proofs_must_speak_of_one_user(cloud):
    demo = await cloud.login("demo", "demo-secret", "demo")
    user = {"name": "admin", "domain": {"id": "default"}, "password": "secret"}
    body = {
        "identity": {
            "methods": ["token", "password"],
            "token": {"id": demo.headers["X-Auth-Token"]},
            "password": {"user": user},
        }
    }
    assert (await cloud.http.post("/v3/auth/tokens", json={"auth": body})).status_code == 401


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("users", {"user": {"name": 5}}),
        ("users", {"user": {}}),
        ("users", {"user": {"name": ""}}),
        ("users", {"user": {"name": "x" * 256}}),
        ("users", {"user": {"name": "x", "enabled": "yes"}}),
        ("users", {"user": {"name": "x", "domain_id": 5}}),
        ("users", {"user": []}),
        ("users", {"user": {"name": "x", "password": 5}}),
        ("users", {"user": {"name": "x", "options": {"y": 1}}}),
        ("projects", {"project": {"name": "x", "tags": "a"}}),
        ("projects", {"project": {"name": "x", "tags": ["a/b"]}}),
        ("projects", {"project": {"name": "x" * 65}}),
        ("domains", {"domain": {}}),
        ("roles", {"role": {"name": None}}),
        ("services", {"service": {}}),
        ("endpoints", {"endpoint": {"interface": "x", "service_id": "x", "url": "x"}}),
        ("groups", {"group": {}}),
        ("credentials", {"credential": {"type": "ec2", "blob": "{}"}}),
        ("OS-TRUST/trusts", {"trust": {}}),
        ("policies", {"policy": {"type": 1}}),
        ("registered_limits", {"registered_limits": {}}),
        ("limits", {"limits": []}),
    ],
)
async def test_wrong_bodies_make_nothing(cloud, path, body):
    admin = await cloud.login()
    answer = await admin.post(f"/v3/{path}", json=body)
    assert answer.status_code == 400, answer.text


async def test_names_are_unique_where_they_must_be(cloud, make):
    admin = await cloud.login()
    for path, key in (
        ("users", "user"),
        ("projects", "project"),
        ("groups", "group"),
        ("domains", "domain"),
        ("roles", "role"),
    ):
        body = {key: {"name": "same"}}
        assert (await admin.post(f"/v3/{path}", json=body)).status_code == 201
        answer = await admin.post(f"/v3/{path}", json=body)
        assert (answer.status_code, answer.json()["error"]["title"]) == (409, "Conflict"), path
