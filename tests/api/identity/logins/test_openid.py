"""OpenID Connect: programs that bring tokens, browsers that come back, and what neither gets away with."""

import asyncio
import base64
import hashlib
import hmac
import json
import re
import time
from urllib.parse import parse_qs, quote, urlsplit

import jwt
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from msgspec import structs
from tests.api.identity.logins.federating import AUTH, GROUPS, Browser, announce
from tests.doubles.openid import Provider

from pileus.identity.settings import FederationSettings, OpenIdSettings

DASHBOARD = "http://dashboard/auth/websso/"
PLACE = AUTH.format("idp", "openid")


@pytest.fixture(scope="module")
def running():
    with Provider() as provider:
        yield provider


@pytest.fixture
def provider(running):
    running.opaque, running.code, running.forms, running.profile = {}, {}, [], {}
    running.extra_configuration = {}
    return running


@pytest.fixture
def settings(settings, provider):
    known = OpenIdSettings(issuer=provider.issuer, client_id="pileus", client_secret="s3cret", audiences=("clients",))
    federation = FederationSettings(openid={"idp": known}, trusted_dashboards=("http://DASHBOARD/auth/websso/",))
    return structs.replace(settings, federation=federation)


@pytest.fixture
async def ops(admin, make):
    """A group with a role, that the provider puts people into."""
    group = await make("groups", name="ops", domain_id="default")
    project = await make("projects", name="ops")
    role = (await admin.get("/v3/roles?name=member")).json()["roles"][0]
    await admin.put(f"/v3/projects/{project['id']}/groups/{group['id']}/roles/{role['id']}")
    return group, project, role


@pytest.fixture
async def known(cloud, admin, provider):
    return await announce(admin, "idp", "openid", GROUPS, remote_ids=[provider.issuer])


async def bring(cloud, token, place=PLACE):
    return await cloud.http.post(place, headers={"Authorization": f"Bearer {token}"})


async def scoped(cloud, answer, project, method="token"):
    scope = {"project": {"id": project["id"]}}
    identity = {"methods": [method], method: {"id": answer.headers["X-Subject-Token"]}}
    return await cloud.http.post("/v3/auth/tokens", json={"auth": {"identity": identity, "scope": scope}})


async def test_a_program_brings_a_token(cloud, admin, provider, known, ops):
    group, project, _ = ops
    answer = await bring(cloud, provider.token())
    assert answer.status_code == 201, answer.text
    token = answer.json()["token"]
    assert token["methods"] == ["openid"]
    assert token["user"]["name"] == "alice"
    assert token["user"]["OS-FEDERATION"] == {
        "groups": [{"id": group["id"]}],
        "identity_provider": {"id": "idp"},
        "protocol": {"id": "openid"},
    }
    assert "password_expires_at" not in token["user"]
    assert "project" not in token
    bearer = cloud.bearer(answer.headers["X-Subject-Token"])
    for path in ("/v3/auth/projects", "/v3/OS-FEDERATION/projects"):
        assert [p["id"] for p in (await bearer.get(path)).json()["projects"]] == [project["id"]]
    for method in ("token", "openid", "mapped"):
        there = await scoped(cloud, answer, project, method)
        assert there.status_code == 201, there.text
        assert {role["name"] for role in there.json()["token"]["roles"]} == {"member", "reader"}
        assert there.json()["token"]["expires_at"] == token["expires_at"]
    provided = (await admin.get(known)).json()["identity_provider"]
    assert token["user"]["domain"]["id"] == provided["domain_id"]
    shown = (await admin.get(f"/v3/users/{token['user']['id']}")).json()["user"]
    assert shown["name"] == "alice"


async def test_the_user_is_the_same_next_time(cloud, provider, known):
    first, second = [(await bring(cloud, provider.token())).json()["token"]["user"]["id"] for _ in range(2)]
    assert first == second
    renamed = (await bring(cloud, provider.token(preferred_username="bob"))).json()["token"]["user"]["id"]
    assert renamed != first


async def test_a_user_of_ours_is_never_taken_over(cloud, admin, provider, ops):
    await announce(admin, "idp", "openid", GROUPS, domain_id="default")
    answer = await bring(cloud, provider.token(preferred_username="admin"))
    assert answer.status_code == 409


BROKEN = {
    "another issuer": {"iss": "http://evil"},
    "another audience": {"aud": "somebody"},
    "no audience": {"aud": None},
    "for another party": {"aud": ["somebody", "else"], "azp": "somebody"},
    "ended": {"exp": int(time.time()) - 120},
    "without end": {"exp": None},
    "not begun": {"nbf": int(time.time()) + 600},
    "issued later": {"iat": int(time.time()) + 600},
    "an end that is no time": {"exp": True},
    "about nobody": {"sub": None},
    "an algorithm that is none": {"algorithm": "none", "key": ""},
    "an unknown key": {"kid": "gone"},
    "a critical header": {"head": {"crit": ["x"], "x": 1}},
}


@pytest.mark.parametrize("what", BROKEN)
async def test_tokens_that_are_not_good(cloud, provider, known, ops, what):
    assert (await bring(cloud, provider.token(**BROKEN[what]))).status_code == 401


async def test_a_key_of_somebody_else(cloud, provider, known):
    other = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    assert (await bring(cloud, provider.token(key=other))).status_code == 401
    assert (await bring(cloud, provider.token(key=other, kid=None))).status_code == 401


async def test_a_key_that_comes_with_the_token_is_not_looked_at(cloud, provider, known):
    other = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    own = jwt.algorithms.RSAAlgorithm.to_jwk(other.public_key(), as_dict=True)
    for head in ({"jwk": own}, {"jku": "http://evil/jwks"}, {"x5u": "http://evil/x5u"}):
        assert (await bring(cloud, provider.token(key=other, head=head))).status_code == 401


async def test_a_public_key_is_no_secret(cloud, provider, known):
    """The provider's public key as the secret of an HMAC: what libraries fell for that ask the token how to check it."""
    pem = provider.key.public_key().public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    for algorithm, digest in (("HS256", "sha256"), ("HS512", "sha512")):
        parts = [
            base64.urlsafe_b64encode(json.dumps(part).encode()).rstrip(b"=")
            for part in ({"alg": algorithm, "kid": "rsa"}, provider.claims())
        ]
        signature = hmac.new(pem, b".".join(parts), digest).digest()
        token = b".".join([*parts, base64.urlsafe_b64encode(signature).rstrip(b"=")]).decode()
        assert (await bring(cloud, token)).status_code == 401
    assert (await bring(cloud, provider.token(key=provider.ec, algorithm="ES256", kid="rsa"))).status_code == 401
    assert (await bring(cloud, provider.token(key=provider.ec, algorithm="ES256", kid="ec"))).status_code == 201


async def test_tokens_for_programs(cloud, provider, known):
    assert (await bring(cloud, provider.token(aud="clients"))).status_code == 201
    assert (await bring(cloud, provider.token(aud="account", azp="pileus"))).status_code == 201


async def test_tokens_that_only_the_provider_can_read(cloud, provider, known):
    provider.opaque = {
        "good": {"active": True, "client_id": "pileus", "sub": "alice", "exp": int(time.time()) + 60},
        "theirs": {"active": True, "client_id": "somebody", "sub": "alice"},
        "late": {"active": True, "client_id": "pileus", "sub": "alice", "exp": int(time.time()) - 120},
        "of another": {"active": True, "client_id": "pileus", "sub": "alice", "iss": "http://evil"},
    }
    profile = {"sub": "alice", "preferred_username": "alice", "groups": ["ops"]}
    provider.profile = {"good": profile, "theirs": profile, "late": profile, "of another": profile}
    statuses = {token: (await bring(cloud, token)).status_code for token in (*provider.opaque, "unknown")}
    assert statuses == {"good": 201, "theirs": 401, "late": 401, "of another": 401, "unknown": 401}
    asked = provider.forms[0]
    assert asked["authorization"] == "Basic " + base64.b64encode(b"pileus:s3cret").decode()
    provider.profile["good"] = {**profile, "sub": "mallory", "preferred_username": "admin"}
    assert (await bring(cloud, "good")).status_code == 401


async def test_a_provider_that_is_down_is_503_and_no_500(cloud, admin, settings, provider, known):
    provider.extra_configuration = {"issuer": "http://another"}
    assert (await bring(cloud, provider.token())).status_code == 503


async def test_the_provider_must_be_the_one_that_the_resource_names(cloud, admin, provider):
    await announce(admin, "idp", "openid", GROUPS, remote_ids=["http://another"])
    assert (await bring(cloud, provider.token())).status_code == 403


async def test_only_the_provider_that_is_set_speaks(cloud, admin, provider, known):
    await announce(admin, "other", "openid", GROUPS)
    assert (await bring(cloud, provider.token(), AUTH.format("other", "openid"))).status_code == 401
    assert (await bring(cloud, provider.token(), AUTH.format("idp", "saml2"))).status_code == 401
    body = {"auth": {"identity": {"methods": ["mapped"], "mapped": {"identity_provider": "idp", "protocol": "openid"}}}}
    assert (await cloud.http.post("/v3/auth/tokens", json=body)).status_code == 401


async def disabled(admin, known, user):
    for enabled in (False, True):
        body = {"identity_provider": {"enabled": enabled}}
        assert (await admin.patch(known, json=body)).status_code == 200


async def deleted(admin, known, user):
    assert (await admin.delete(known)).status_code == 204


async def silenced(admin, known, user):
    assert (await admin.delete(f"{known}/protocols/openid")).status_code == 204


async def disabled_user(admin, known, user):
    assert (await admin.patch(f"/v3/users/{user}", json={"user": {"enabled": False}})).status_code == 200


@pytest.mark.parametrize("cause", [disabled, deleted, silenced, disabled_user])
async def test_what_ends_tokens_of_a_provider(cloud, admin, provider, known, ops, cause):
    answer = await bring(cloud, provider.token())
    there = await scoped(cloud, answer, ops[1])
    bearers = [cloud.bearer(a.headers["X-Subject-Token"]) for a in (answer, there)]
    for bearer in bearers:
        assert (await bearer.get("/v3/auth/projects")).status_code == 200
    await cause(admin, known, answer.json()["token"]["user"]["id"])
    for bearer in bearers:
        assert (await bearer.get("/v3/auth/projects")).status_code == 401


async def test_a_role_taken_from_the_group_ends_what_rests_on_it(cloud, admin, provider, known, ops):
    group, project, role = ops
    there = await scoped(cloud, await bring(cloud, provider.token()), project)
    bearer = cloud.bearer(there.headers["X-Subject-Token"])
    assert (await bearer.get("/v3/auth/projects")).status_code == 200
    await admin.delete(f"/v3/projects/{project['id']}/groups/{group['id']}/roles/{role['id']}")
    assert (await bearer.get("/v3/auth/projects")).status_code == 401


async def test_memberships_that_outlive_the_login(cloud, admin, provider, ops):
    await announce(admin, "idp", "openid", GROUPS, authorization_ttl=10)
    first = await bring(cloud, provider.token())
    user = first.json()["token"]["user"]["id"]
    path = f"/v3/role_assignments?effective&user.id={user}"
    assert (await admin.get(path)).json()["role_assignments"]
    again = await bring(cloud, provider.token(groups=["nothing"]))
    assert again.status_code == 201
    assert (await admin.get(path)).json()["role_assignments"] == []
    bearer = cloud.bearer(first.headers["X-Subject-Token"])
    assert (await bearer.get("/v3/auth/projects")).status_code == 401


async def test_projects_that_are_made_for_a_user(cloud, admin, provider):
    project = {"name": "home of {0}", "roles": [{"name": "member"}]}
    rules = [
        {
            "local": [{"user": {"name": "{0}"}}, {"projects": [project]}],
            "remote": [{"type": "OIDC-preferred_username"}],
        }
    ]
    await announce(admin, "idp", "openid", rules)
    answer = await bring(cloud, provider.token())
    assert answer.status_code == 201, answer.text
    bearer = cloud.bearer(answer.headers["X-Subject-Token"])
    (made,) = (await bearer.get("/v3/auth/projects")).json()["projects"]
    assert made["name"] == "home of alice"
    assert made["domain_id"] == answer.json()["token"]["user"]["domain"]["id"]
    assert (await bring(cloud, provider.token())).status_code == 201
    rules[0]["local"][1]["projects"][0]["roles"] = [{"name": "no-such-role"}]
    await admin.patch("/v3/OS-FEDERATION/mappings/idp", json={"mapping": {"rules": rules}})
    assert (await bring(cloud, provider.token())).status_code == 404


class TestBrowser:
    """The authorization code flow, for a dashboard."""

    START = f"/v3/auth/OS-FEDERATION/websso/openid?origin={quote(DASHBOARD)}"

    @pytest.fixture
    async def browser(self, cloud, known):
        return Browser(cloud)

    async def to_provider(self, browser, start=START):
        answer = await browser.get(start)
        assert answer.status_code == 302, answer.text
        return {name: values[0] for name, values in parse_qs(urlsplit(answer.headers["Location"]).query).items()}

    def back(self, provider, asked, **changes):
        """Let the provider answer for the code; where the browser is sent."""
        provider.code = {
            "id_token": provider.token(nonce=changes.pop("nonce", asked["nonce"]), **changes),
            "access_token": "opaque",
            "token_type": "Bearer",
        }
        return f"{asked['redirect_uri']}?code=c&state={asked['state']}"

    async def test_a_dashboard_gets_a_token(self, cloud, provider, browser, ops):
        asked = await self.to_provider(browser)
        assert asked["redirect_uri"] == "http://cloud/identity/v3/auth/OS-FEDERATION/openid/callback"
        assert (asked["response_type"], asked["client_id"], asked["scope"]) == (
            "code",
            "pileus",
            "openid email profile",
        )
        answer = await browser.get(self.back(provider, asked))
        assert answer.status_code == 302, answer.text
        verifier = provider.forms[0]["code_verifier"]
        digest = base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).decode().rstrip("=")
        assert (asked["code_challenge_method"], asked["code_challenge"]) == ("S256", digest)
        page = await browser.get(answer.headers["Location"])
        assert page.status_code == 200
        assert page.headers["Content-Type"].startswith("text/html")
        assert f'action="{DASHBOARD}"' in page.text
        token = re.search(r'name="token" value="([^"]+)"', page.text)[1]
        assert (await cloud.bearer(token).get("/v3/auth/projects")).status_code == 200
        once_more = await browser.get(answer.headers["Location"])
        assert once_more.status_code == 302

    async def test_the_address_of_one_provider(self, provider, browser):
        start = f"/v3/auth/OS-FEDERATION/identity_providers/idp/protocols/openid/websso?origin={quote(DASHBOARD)}"
        asked = await self.to_provider(browser, start)
        answer = await browser.get(self.back(provider, asked))
        assert (await browser.get(answer.headers["Location"])).status_code == 200

    async def test_a_browser_at_the_entrance_is_sent_and_gets_a_token(self, provider, browser):
        asked = await self.to_provider(browser, PLACE)
        answer = await browser.get(self.back(provider, asked))
        assert (await browser.get(answer.headers["Location"])).status_code == 201

    @pytest.mark.parametrize("origin", ["http://evil/", "http://dashboard/auth/websso/x", "http://dashboard", ""])
    async def test_other_dashboards_get_nothing(self, browser, origin):
        answer = await browser.get(f"/v3/auth/OS-FEDERATION/websso/openid?origin={quote(origin)}")
        assert answer.status_code == (401 if origin else 400)
        assert "Location" not in answer.headers

    async def test_an_answer_is_good_once_and_in_its_own_browser(self, cloud, provider, browser):
        asked = await self.to_provider(browser)
        place = self.back(provider, asked)
        assert (await Browser(cloud).get(place)).status_code == 401
        assert (await browser.get(place.replace(asked["state"], "0" * 48))).status_code == 401
        assert (await browser.get(place)).status_code == 302
        assert (await browser.get(place)).status_code == 401

    @pytest.mark.parametrize(
        "changes",
        [
            {"nonce": "another"},
            {"nonce": None},
            {"aud": "clients"},
            {"aud": ["pileus", "other"], "azp": "other"},
            {"iss": "http://evil"},
            {"exp": 1},
            {"algorithm": "none", "key": ""},
        ],
    )
    async def test_what_is_fetched_for_the_code_must_be_good(self, provider, browser, changes):
        asked = await self.to_provider(browser)
        assert (await browser.get(self.back(provider, asked, **changes))).status_code == 401

    async def test_a_provider_that_refuses(self, provider, browser):
        asked = await self.to_provider(browser)
        place = self.back(provider, asked)
        provider.code = {}
        assert (await browser.get(place)).status_code == 401
        asked = await self.to_provider(browser)
        denied = f"{asked['redirect_uri']}?error=access_denied&state={asked['state']}"
        assert (await browser.get(denied)).status_code == 401

    async def test_an_answer_of_another_provider_is_mixed_up(self, provider, browser):
        asked = await self.to_provider(browser)
        assert (await browser.get(self.back(provider, asked) + "&iss=http://evil")).status_code == 401

    async def test_two_answers_at_once_give_one_login(self, provider, browser):
        asked = await self.to_provider(browser)
        place = self.back(provider, asked)
        answers = await asyncio.gather(*(browser.get(place) for _ in range(4)))
        assert sorted(answer.status_code for answer in answers) == [302, 401, 401, 401]
