"""Ways to prove who one is beside a password: passcodes, several methods, a front end; and both kinds of tokens."""

import base64
import hmac
import struct
from datetime import timedelta

import pytest
from msgspec import structs

from pileus.identity.settings import FrontSettings, IdentitySettings
from pileus.kernel.clock import SystemClock
from pileus.kernel.world import World

SEED = b"12345678901234567890"


class ShiftedClock(SystemClock):
    shift = timedelta(0)

    def now(self):
        return super().now() + self.shift


@pytest.fixture
def world():
    return World(clock=ShiftedClock())


def passcode(moment, seed=SEED):
    """RFC 6238, written from the RFC."""
    digest = hmac.new(seed, struct.pack(">Q", int(moment.timestamp()) // 30), "sha1").digest()
    at = digest[19] & 15
    return f"{(struct.unpack('>I', digest[at : at + 4])[0] & 0x7FFFFFFF) % 1000000:06d}"


def test_the_test_vectors_of_the_rfc():
    from pileus.identity.factors.passcodes import passcode as ours

    for seconds, code in ((59, "287082"), (1111111109, "081804"), (20000000000, "353130")):
        assert ours(SEED, seconds // 30) == code


async def enrolled(cloud, admin):
    user = (await admin.get("/v3/users?name=demo")).json()["users"][0]
    blob = base64.b32encode(SEED).decode().rstrip("=")
    body = {"credential": {"type": "totp", "blob": blob, "user_id": user["id"]}}
    assert (await admin.post("/v3/credentials", json=body)).status_code == 201
    return user["id"]


def by_code(user, code):
    return {"methods": ["totp"], "totp": {"user": {"id": user, "passcode": code}}}


def by_password(user, password="demo-secret"):
    return {"methods": ["password"], "password": {"user": {"id": user, "password": password}}}


async def ask(cloud, identity, headers=None, scope=None):
    body = {"auth": {"identity": identity, **({"scope": scope} if scope else {})}}
    return await cloud.http.post("/v3/auth/tokens", json=body, headers=headers or {})


async def test_a_passcode_logs_in_once(cloud, admin):
    user = await enrolled(cloud, admin)
    code = passcode(cloud.world.clock.now())
    first = await ask(cloud, by_code(user, code))
    assert first.status_code == 201
    assert first.json()["token"]["methods"] == ["totp"]
    assert (await ask(cloud, by_code(user, code))).status_code == 401


async def test_a_passcode_is_good_one_step_late_and_no_more(cloud, admin):
    user = await enrolled(cloud, admin)
    now = cloud.world.clock.now()
    assert (await ask(cloud, by_code(user, passcode(now - timedelta(seconds=90))))).status_code == 401
    assert (await ask(cloud, by_code(user, passcode(now + timedelta(seconds=60))))).status_code == 401
    assert (await ask(cloud, by_code(user, passcode(now - timedelta(seconds=30))))).status_code == 201


async def test_nobody_learns_who_has_passcodes(cloud, admin):
    user = await enrolled(cloud, admin)
    answers = [await ask(cloud, by_code(who, "000000")) for who in (user, "f" * 32)]
    assert [answer.status_code for answer in answers] == [401, 401]
    assert answers[0].json() == answers[1].json()


async def test_passcodes_cannot_be_tried_without_end(cloud, admin):
    user = await enrolled(cloud, admin)
    statuses = [(await ask(cloud, by_code(user, f"{n:06d}"))).status_code for n in range(70)]
    assert statuses[-1] == 429


@pytest.fixture
async def both(cloud, admin):
    """A user whose rules want a password and a passcode."""
    user = await enrolled(cloud, admin)
    rules = [["password", "totp"], ["password", "magic-that-there-is-not", "totp"]]
    options = {"multi_factor_auth_enabled": True, "multi_factor_auth_rules": rules}
    body = {"user": {"options": options}}
    assert (await admin.patch(f"/v3/users/{user}", json=body)).status_code == 200
    return user


async def test_one_method_of_two_gives_a_receipt_and_no_token(cloud, both):
    answer = await ask(cloud, by_password(both))
    assert answer.status_code == 401
    assert "X-Subject-Token" not in answer.headers
    shown = answer.json()
    assert shown["receipt"]["methods"] == ["password"]
    assert shown["receipt"]["user"]["id"] == both
    assert set(shown["receipt"]) == {"methods", "user", "expires_at", "issued_at"}
    assert ["password", "totp"] in shown["required_auth_methods"]
    receipt = {"Openstack-Auth-Receipt": answer.headers["Openstack-Auth-Receipt"]}
    done = await ask(cloud, by_code(both, passcode(cloud.world.clock.now())), receipt)
    assert done.status_code == 201
    assert set(done.json()["token"]["methods"]) == {"password", "totp"}


async def test_both_methods_at_once(cloud, both):
    code = passcode(cloud.world.clock.now())
    identity = {**by_password(both), **by_code(both, code), "methods": ["password", "totp"]}
    assert (await ask(cloud, identity)).status_code == 201
    identity["totp"]["user"]["passcode"] = "000000"
    answer = await ask(cloud, identity)
    assert answer.status_code == 401
    assert "Openstack-Auth-Receipt" not in answer.headers


async def test_two_methods_must_speak_of_one_user(cloud, admin):
    user = await enrolled(cloud, admin)
    other = (await admin.get("/v3/users?name=admin")).json()["users"][0]["id"]
    code = passcode(cloud.world.clock.now())
    identity = {**by_password(other, "secret"), **by_code(user, code), "methods": ["password", "totp"]}
    assert (await ask(cloud, identity)).status_code == 401


async def test_a_receipt_is_no_token_and_a_token_no_receipt(cloud, admin, both):
    receipt = (await ask(cloud, by_password(both))).headers["Openstack-Auth-Receipt"]
    assert (await cloud.bearer(receipt).get("/v3/auth/projects")).status_code == 401
    assert (await ask(cloud, {"methods": ["token"], "token": {"id": receipt}})).status_code == 404
    forged = {"Openstack-Auth-Receipt": admin.headers["X-Auth-Token"]}
    assert (await ask(cloud, by_code(both, passcode(cloud.world.clock.now())), forged)).status_code == 401


async def test_a_receipt_is_for_its_own_user_and_for_five_minutes(cloud, admin, both):
    answer = await ask(cloud, by_password(both))
    receipt = {"Openstack-Auth-Receipt": answer.headers["Openstack-Auth-Receipt"]}
    other = (await admin.get("/v3/users?name=admin")).json()["users"][0]["id"]
    assert (await ask(cloud, by_password(other, "secret"), receipt)).status_code == 401
    cloud.world.clock.shift = timedelta(minutes=6)
    code = passcode(cloud.world.clock.now())
    assert (await ask(cloud, by_code(both, code), receipt)).status_code == 401


async def test_a_receipt_ends_with_the_password_that_it_was_got_with(cloud, admin, both):
    answer = await ask(cloud, by_password(both))
    await admin.patch(f"/v3/users/{both}", json={"user": {"password": "another"}})
    receipt = {"Openstack-Auth-Receipt": answer.headers["Openstack-Auth-Receipt"]}
    assert (await ask(cloud, by_code(both, passcode(cloud.world.clock.now())), receipt)).status_code == 401


async def test_a_token_of_two_methods_is_enough_for_another_scope(cloud, both):
    answer = await ask(cloud, by_password(both))
    receipt = {"Openstack-Auth-Receipt": answer.headers["Openstack-Auth-Receipt"]}
    done = await ask(cloud, by_code(both, passcode(cloud.world.clock.now())), receipt, "unscoped")
    token = {"methods": ["token"], "token": {"id": done.headers["X-Subject-Token"]}}
    scope = {"project": {"name": "demo", "domain": {"id": "default"}}}
    assert (await ask(cloud, token, scope=scope)).status_code == 201


@pytest.mark.parametrize("rules", [[["magic"]], []])
async def test_rules_that_nobody_can_meet_lock_nobody_out(cloud, admin, rules):
    user = (await admin.get("/v3/users?name=demo")).json()["users"][0]["id"]
    options = {"multi_factor_auth_enabled": True, "multi_factor_auth_rules": rules}
    await admin.patch(f"/v3/users/{user}", json={"user": {"options": options}})
    assert (await ask(cloud, by_password(user))).status_code == 201


HEADERS = {"X-Remote-User": "demo", "X-Remote-Domain": "Default"}
EXTERNAL = {"methods": ["external"], "external": {}}


class TestFrontEnd:
    """A front end that has logged somebody in; the tests' client comes from 127.0.0.1."""

    @pytest.fixture
    def settings(self, settings):
        return structs.replace(settings, front=FrontSettings(addresses=("127.0.0.0/8",), secret="of the front"))

    async def test_it_is_believed(self, cloud):
        headers = {**HEADERS, "X-Front-Secret": "of the front"}
        answer = await ask(cloud, EXTERNAL, headers)
        assert answer.status_code == 201
        assert answer.json()["token"]["user"]["name"] == "demo"
        assert answer.json()["token"]["methods"] == ["external"]

    async def test_nobody_else_is(self, cloud):
        for secret in ("", "guessed"):
            headers = {**HEADERS, "X-Front-Secret": secret}
            assert (await ask(cloud, EXTERNAL, headers)).status_code == 401

    async def test_an_unknown_user_is_401(self, cloud):
        headers = {**HEADERS, "X-Remote-User": "nobody", "X-Front-Secret": "of the front"}
        assert (await ask(cloud, EXTERNAL, headers)).status_code == 401

    async def test_who_is_logged_in_there_counts_as_a_method(self, cloud, admin):
        user = await enrolled(cloud, admin)
        options = {"multi_factor_auth_enabled": True, "multi_factor_auth_rules": [["external", "password"]]}
        await admin.patch(f"/v3/users/{user}", json={"user": {"options": options}})
        assert (await ask(cloud, by_password(user))).status_code == 401
        headers = {**HEADERS, "X-Front-Secret": "of the front"}
        assert (await ask(cloud, by_password(user), headers)).status_code == 201

    async def test_two_names_at_once_are_401(self, cloud, admin):
        other = (await admin.get("/v3/users?name=admin")).json()["users"][0]["id"]
        headers = {**HEADERS, "X-Front-Secret": "of the front"}
        assert (await ask(cloud, by_password(other, "secret"), headers)).status_code == 401


async def test_a_plain_client_is_no_front_end(cloud):
    """Where no front end is set, whatever a header says means nothing."""
    headers = {"X-Remote-User": "admin", "Remote-User": "admin", "REMOTE_USER": "admin"}
    assert (await ask(cloud, {"methods": ["external"], "external": {}}, headers)).status_code == 401


class TestJws:
    """Tokens that are signed."""

    @pytest.fixture
    def settings(self):
        return IdentitySettings(password_rounds=4, seal="jws")

    async def test_a_token_is_a_jws_that_the_public_key_checks(self, cloud, tmp_path):
        import jwt

        answer = await cloud.auth("demo", "demo-secret", "demo")
        token = answer.headers["X-Subject-Token"]
        (public,) = (tmp_path / "identity" / "jws-keys" / "public").iterdir()
        assert jwt.get_unverified_header(token)["alg"] == "ES256"
        claims = jwt.api_jws.decode(token, public.read_bytes(), algorithms=["ES256"])
        assert answer.json()["token"]["user"]["id"].encode() in claims
        assert (await cloud.bearer(token).get("/v3/auth/projects")).status_code == 200

    async def test_other_algorithms_and_other_keys_are_refused(self, cloud, admin, tmp_path):
        import jwt
        from cryptography.hazmat.primitives.asymmetric import ec

        token = admin.headers["X-Auth-Token"]
        (public,) = (tmp_path / "identity" / "jws-keys" / "public").iterdir()
        claims = jwt.api_jws.decode(token, public.read_bytes(), algorithms=["ES256"])
        other = ec.generate_private_key(ec.SECP256R1())
        none = jwt.api_jws.encode(claims, "", algorithm="none")
        head, body, _ = token.split(".")
        secret = base64.urlsafe_b64encode(
            hmac.new(public.read_bytes(), b"eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9." + body.encode(), "sha256").digest()
        )
        confused = f"eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.{body}.{secret.decode().rstrip('=')}"
        for forged in (jwt.api_jws.encode(claims, other, algorithm="ES256"), none, none + "AA", confused, f"{head}.."):
            assert (await cloud.bearer(forged).get("/v3/auth/projects")).status_code == 401

    async def test_a_token_survives_a_rotation_and_is_given_back(self, cloud, admin, settings, tmp_path):
        from pileus.identity.seals.rotation import rotate

        rotate(tmp_path, cloud.world.ids, settings, cloud.world.clock.now())
        cloud.identity.tokens._entries.clear()
        assert (await admin.get("/v3/auth/projects")).status_code == 200
        after = await cloud.login("demo", "demo-secret", "demo")
        assert (await after.get("/v3/auth/projects")).status_code == 200
        subject = {"X-Subject-Token": admin.headers["X-Auth-Token"]}
        assert (await admin.delete("/v3/auth/tokens", headers=subject)).status_code == 204
        assert (await admin.get("/v3/auth/projects")).status_code == 401
