"""The rules for passwords and accounts that settings ask for, each with the exceptions that users may have."""

from datetime import timedelta

import pytest
from tests.api.identity.test_attacks import ShiftedClock

from pileus.identity.settings import IdentitySettings, PasswordSettings
from pileus.kernel.world import World


@pytest.fixture
def world():
    return World(clock=ShiftedClock())


@pytest.fixture
def settings(request):
    return IdentitySettings(password_rounds=4, lockout_attempts=2, passwords=PasswordSettings(**request.param))


def rules(**settings):
    """Runs a test in a cloud with those rules."""
    return pytest.mark.parametrize("settings", [settings], indirect=True, ids=["-".join(settings) or "none"])


async def login(cloud, user, password):
    identity = {"methods": ["password"], "password": {"user": {"id": user["id"], "password": password}}}
    return await cloud.http.post("/v3/auth/tokens", json={"auth": {"identity": identity}})


async def change(cloud, user, before, after):
    body = {"user": {"original_password": before, "password": after}}
    return await cloud.http.post(f"/v3/users/{user['id']}/password", json=body)


def message(answer):
    return answer.json()["error"]["message"]


@rules(regex=r"^(?=.*\d).{7,}$", regex_description="seven characters, one of them a digit")
async def test_strength(cloud, admin, make):
    weak = await admin.post("/v3/users", json={"user": {"name": "u", "password": "weak"}})
    assert weak.status_code == 400
    assert message(weak) == "The password does not match the requirements: seven characters, one of them a digit."
    user = await make("users", name="u", password="strong1")
    assert (await admin.patch(f"/v3/users/{user['id']}", json={"user": {"password": "weak"}})).status_code == 400
    assert (await change(cloud, user, "strong1", "weak")).status_code == 400
    assert (await change(cloud, user, "strong1", "stronger2")).status_code == 204
    read = await admin.get("/v3/domains/default/config/security_compliance")
    assert read.json() == {
        "config": {
            "security_compliance": {
                "password_regex": r"^(?=.*\d).{7,}$",
                "password_regex_description": "seven characters, one of them a digit",
            }
        }
    }
    one = await admin.get("/v3/domains/default/config/security_compliance/password_regex")
    assert one.json() == {"config": {"password_regex": r"^(?=.*\d).{7,}$"}}
    assert (await admin.get("/v3/domains/default/config/security_compliance/lockout_duration")).status_code == 403
    demo = await cloud.login("demo", "demo-secret", "demo")
    assert (await demo.get("/v3/domains/default/config/security_compliance")).status_code == 200
    assert (await demo.get("/v3/domains/default/config/identity")).status_code == 403


@rules(expire_days=10)
async def test_expiry(cloud, admin, make, world):
    user = await make("users", name="u", password="first")
    free = await make("users", name="f", password="first", options={"ignore_password_expiry": True})
    assert user["password_expires_at"].endswith(".000000Z")
    assert free["password_expires_at"] is None
    token = (await login(cloud, user, "first")).json()["token"]
    assert token["user"]["password_expires_at"] == user["password_expires_at"]
    world.clock.shift = timedelta(days=10, seconds=5)
    refused = await login(cloud, user, "first")
    assert refused.status_code == 401
    assert message(refused) == f"The password is expired and needs to be changed for user: {user['id']}."
    assert message(await login(cloud, user, "wrong")) == "The request you have made requires authentication."
    assert (await login(cloud, free, "first")).status_code == 201
    assert (await change(cloud, user, "first", "second")).status_code == 204
    assert (await login(cloud, user, "second")).status_code == 201


@rules(history=2)
async def test_history(cloud, admin, make):
    user = await make("users", name="u", password="one")
    same = await change(cloud, user, "one", "one")
    assert same.status_code == 400
    assert "must be unique is 2." in message(same)
    assert (await change(cloud, user, "one", "two")).status_code == 204
    assert (await change(cloud, user, "two", "one")).status_code == 400
    assert (await change(cloud, user, "two", "three")).status_code == 204
    assert (await change(cloud, user, "three", "one")).status_code == 204, "only the last two count"
    assert (await change(cloud, user, "one", "three")).status_code == 400
    assert (await admin.patch(f"/v3/users/{user['id']}", json={"user": {"password": "one"}})).status_code == 200
    assert (await admin.delete(f"/v3/users/{user['id']}")).status_code == 204


@rules(minimum_age_days=1)
async def test_minimum_age(cloud, admin, make, world):
    user = await make("users", name="u", password="one")
    assert (await change(cloud, user, "one", "two")).status_code == 204, "somebody else had set the first"
    refused = await change(cloud, user, "two", "three")
    assert refused.status_code == 400
    assert "minimum password age" in message(refused)
    world.clock.shift = timedelta(days=1, seconds=1)
    assert (await change(cloud, user, "two", "three")).status_code == 204
    admin = await cloud.login()
    assert (await admin.patch(f"/v3/users/{user['id']}", json={"user": {"password": "x"}})).status_code == 200


@rules(change_on_first_use=True)
async def test_change_on_first_use(cloud, make):
    user = await make("users", name="u", password="one")
    free = await make("users", name="f", password="one", options={"ignore_change_password_upon_first_use": True})
    assert (await login(cloud, user, "one")).status_code == 401
    assert (await login(cloud, free, "one")).status_code == 201
    assert (await change(cloud, user, "one", "two")).status_code == 204
    assert (await login(cloud, user, "two")).status_code == 201


@rules(inactive_days=30)
async def test_accounts_out_of_use_are_off(cloud, admin, make, world):
    user = await make("users", name="u", password="one")
    free = await make("users", name="f", password="one", options={"ignore_user_inactivity": True})
    world.clock.shift = timedelta(days=20)
    assert (await login(cloud, user, "one")).status_code == 201
    world.clock.shift = timedelta(days=45)
    assert (await login(cloud, user, "one")).status_code == 201
    world.clock.shift = timedelta(days=80)
    assert (await login(cloud, user, "one")).status_code == 401
    assert (await login(cloud, free, "one")).status_code == 201
    world.clock.shift = timedelta(days=29)  # the administrator's own account must not be off to look
    admin = await cloud.login()
    token = admin.headers["X-Auth-Token"]
    assert token
    world.clock.shift = timedelta(days=29, seconds=60)
    assert (await admin.get(f"/v3/users/{user['id']}")).json()["user"]["enabled"] is True


@rules()
async def test_a_locked_account_is_opened_by_enabling_it(cloud, admin, make):
    user = await make("users", name="u", password="one")
    free = await make("users", name="f", password="one", options={"ignore_lockout_failure_attempts": True})
    for who in (user, free):
        for _ in range(2):
            assert (await login(cloud, who, "wrong")).status_code == 401
    locked = await login(cloud, user, "one")
    assert locked.status_code == 401
    assert message(locked) == "The request you have made requires authentication."
    assert (await login(cloud, free, "one")).status_code == 201
    assert (await admin.patch(f"/v3/users/{user['id']}", json={"user": {"enabled": True}})).status_code == 200
    assert (await login(cloud, user, "one")).status_code == 201


@rules()
async def test_a_locked_password_is_only_changed_by_an_administrator(cloud, admin, make):
    user = await make("users", name="u", password="one", options={"lock_password": True})
    refused = await change(cloud, user, "one", "two")
    assert refused.status_code == 400
    assert "disallowing password changes" in message(refused)
    assert (await admin.patch(f"/v3/users/{user['id']}", json={"user": {"password": "two"}})).status_code == 200
    assert (await login(cloud, user, "two")).status_code == 201


@rules()
async def test_a_password_can_be_taken_away(cloud, admin, make):
    user = await make("users", name="u", password="one")
    assert (await admin.patch(f"/v3/users/{user['id']}", json={"user": {"password": None}})).status_code == 200
    assert (await login(cloud, user, "one")).status_code == 401


@rules(algorithm="scrypt")
async def test_a_hash_is_made_anew_at_the_next_login(cloud, make):
    from sqlalchemy import select, update

    from pileus.identity.users.hashing import make as hash_of
    from pileus.identity.users.table import USERS

    user = await make("users", name="u", password="one")
    old = hash_of("one" * 30, "bcrypt", 4)
    async with cloud.store.write() as tx:
        await tx.run(update(USERS).where(USERS.c.id == user["id"]).values(password_hash=old))
    for _ in range(2):
        assert (await login(cloud, user, "one" * 30)).status_code == 201
        async with cloud.store.read() as tx:
            stored = (await tx.first(select(USERS).where(USERS.c.id == user["id"])))["password_hash"]
        assert stored.startswith("$scrypt$")


@rules()
async def test_guesses_of_one_address_do_not_shut_out_another(cloud, client_of):
    import httpx

    async def ask(address, password):
        transport = httpx.ASGITransport(cloud.application, client=(address, 1))
        async with httpx.AsyncClient(transport=transport, base_url="http://cloud") as client:
            user = {"name": "demo", "domain": {"id": "default"}, "password": password}
            identity = {"methods": ["password"], "password": {"user": user}}
            return (await client.post("/v3/auth/tokens", json={"auth": {"identity": identity}})).status_code

    statuses = {await ask("192.0.2.1", "wrong") for _ in range(62)}
    assert statuses == {401, 429}
    assert await ask("192.0.2.1", "demo-secret") == 429
    assert await ask("192.0.2.2", "demo-secret") == 401, "locked, but listened to"
