"""OAuth 1.0a and OAuth 2.0, and certificates instead of tokens."""

import base64
import hashlib
import ssl
from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qs, quote

import pytest
from msgspec import structs
from tests.doubles import oauth1

from pileus.identity.settings import FederationSettings, FrontSettings

URL = "http://cloud"


@pytest.fixture
async def consumer(admin):
    answer = await admin.post("/v3/OS-OAUTH1/consumers", json={"consumer": {"description": "a robot", "team": "x"}})
    assert answer.status_code == 201
    return answer.json()["consumer"]


async def ids(cloud, admin):
    token = (await cloud.auth()).json()["token"]
    roles = {role["name"]: role["id"] for role in (await admin.get("/v3/roles")).json()["roles"]}
    return token["user"]["id"], token["project"]["id"], roles


async def sign(cloud, path, *args, headers=None, at=URL, **more):
    signed = oauth1.header(at + path, *args, **more)
    return await cloud.http.post(path, headers={"Authorization": signed, **(headers or {})})


def pair(answer):
    assert answer.status_code == 201, answer.text
    assert answer.headers["Content-Type"] == "application/x-www-form-urlencoded"
    form = {name: values[0] for name, values in parse_qs(answer.text).items()}
    assert form["oauth_expires_at"].endswith("Z")
    return form["oauth_token"], form["oauth_token_secret"]


async def requested(cloud, consumer, project, **more):
    headers = {"Requested-Project-Id": project}
    key = (consumer["id"], consumer["secret"])
    return pair(await sign(cloud, "/v3/OS-OAUTH1/request_token", *key, headers=headers, **more))


async def authorized(cloud, admin, consumer, *roles):
    """An access token with its secret."""
    _, project, known = await ids(cloud, admin)
    token, secret = await requested(cloud, consumer, project)
    body = {"roles": [{"id": known[name]} for name in roles]}
    answer = await admin.put(f"/v3/OS-OAUTH1/authorize/{token}", json=body)
    assert answer.status_code == 200, answer.text
    verifier = answer.json()["token"]["oauth_verifier"]
    key = (consumer["id"], consumer["secret"], token, secret)
    return pair(await sign(cloud, "/v3/OS-OAUTH1/access_token", *key, oauth_verifier=verifier))


async def log_in(cloud, consumer, token, secret, scope=None, **more):
    path = "/v3/auth/tokens"
    signed = oauth1.header(URL + path, consumer["id"], consumer["secret"], token, secret, **more)
    body = {"auth": {"identity": {"methods": ["oauth1"], "oauth1": {}}, **({"scope": scope} if scope else {})}}
    return await cloud.http.post(path, json=body, headers={"Authorization": signed})


async def test_a_consumer(admin, consumer):
    path = f"/v3/OS-OAUTH1/consumers/{consumer['id']}"
    assert consumer["secret"]
    assert consumer["team"] == "x"
    assert consumer["links"]["self"].endswith(path)
    shown = (await admin.get(path)).json()["consumer"]
    assert "secret" not in shown
    assert (await admin.get("/v3/OS-OAUTH1/consumers")).json()["consumers"] == [shown]
    changed = await admin.patch(path, json={"consumer": {"description": "another"}})
    assert changed.json()["consumer"]["description"] == "another"
    assert (await admin.patch(path, json={"consumer": {"secret": "mine"}})).status_code == 400
    assert (await admin.delete(path)).status_code == 204
    assert (await admin.get(path)).status_code == 404


@pytest.mark.parametrize("algorithm", ["HMAC-SHA1", "HMAC-SHA256", "HMAC-SHA512"])
async def test_the_whole_way(cloud, admin, consumer, algorithm):
    user, project, roles = await ids(cloud, admin)
    token, secret = await authorized(cloud, admin, consumer, "member")
    answer = await log_in(cloud, consumer, token, secret, algorithm=algorithm)
    assert answer.status_code == 201
    shown = answer.json()["token"]
    assert shown["methods"] == ["oauth1"]
    assert shown["OS-OAUTH1"] == {"access_token_id": token, "consumer_id": consumer["id"]}
    assert shown["project"]["id"] == project
    path = f"/v3/users/{user}/OS-OAUTH1/access_tokens"
    (listed,) = (await admin.get(path)).json()["access_tokens"]
    assert listed["authorizing_user_id"] == user
    assert listed["links"]["roles"].endswith(f"{path}/{token}/roles")
    assert (await admin.get(f"{path}/{token}")).json()["access_token"] == listed
    assert [role["name"] for role in (await admin.get(f"{path}/{token}/roles")).json()["roles"]] == ["member"]
    assert (await admin.get(f"{path}/{token}/roles/{roles['member']}")).status_code == 200
    assert (await admin.get(f"{path}/{token}/roles/{roles['admin']}")).status_code == 404


async def test_ossa_2020_005_a_token_has_only_the_roles_that_were_authorized(cloud, admin, consumer):
    """CVE-2020-12690: the access token of an administrator who gave `reader` had all of the administrator's roles."""
    token, secret = await authorized(cloud, admin, consumer, "reader")
    other = {"domain": {"id": "default"}}
    for scope in (None, other, {"system": {"all": True}}):
        answer = await log_in(cloud, consumer, token, secret, scope)
        assert [role["name"] for role in answer.json()["token"]["roles"]] == ["reader"]
        assert "project" in answer.json()["token"]
    bearer = cloud.bearer(answer.headers["X-Subject-Token"])
    assert (await bearer.get("/v3/users")).status_code == 403
    again = {"auth": {"identity": {"methods": ["token"], "token": {"id": answer.headers["X-Subject-Token"]}}}}
    assert (await cloud.http.post("/v3/auth/tokens", json=again)).status_code == 403


async def test_a_delegation_is_not_handed_on(cloud, admin, consumer):
    user, project, roles = await ids(cloud, admin)
    token, secret = await authorized(cloud, admin, consumer, "admin")
    bearer = cloud.bearer((await log_in(cloud, consumer, token, secret)).headers["X-Subject-Token"])
    wanted, _ = await requested(cloud, consumer, project)
    body = {"roles": [{"id": roles["admin"]}]}
    assert (await bearer.put(f"/v3/OS-OAUTH1/authorize/{wanted}", json=body)).status_code == 403
    assert (await bearer.get(f"/v3/users/{user}/OS-OAUTH1/access_tokens")).status_code == 403


async def test_roles_that_are_not_ones_own_are_not_given(cloud, admin, make, consumer):
    _, project, _ = await ids(cloud, admin)
    strange = await make("roles", name="strange")
    token, _ = await requested(cloud, consumer, project)
    path = f"/v3/OS-OAUTH1/authorize/{token}"
    assert (await admin.put(path, json={"roles": [{"id": strange["id"]}]})).status_code == 401
    assert (await admin.put(path, json={"roles": [{"id": "f" * 32}]})).status_code == 404
    assert (await admin.put(path, json={"roles": [{"name": "member"}]})).status_code == 200
    assert (await admin.put(path, json={"roles": "member"})).status_code == 400
    assert (await admin.put(f"/v3/OS-OAUTH1/authorize/{'0' * 32}", json={"roles": []})).status_code == 404


async def test_signatures_are_looked_at(cloud, admin, consumer):
    _, project, _ = await ids(cloud, admin)
    path, headers = "/v3/OS-OAUTH1/request_token", {"Requested-Project-Id": project}
    key, secret = consumer["id"], consumer["secret"]
    old = str(int((datetime.now(UTC) - timedelta(hours=1)).timestamp()))
    for answer in (
        await sign(cloud, path, key, "guessed", headers=headers),
        await sign(cloud, path, "f" * 32, secret, headers=headers),
        await sign(cloud, path, key, secret, headers=headers, oauth_timestamp=old),
        await sign(cloud, path, key, secret, headers=headers, oauth_signature_method="PLAINTEXT"),
        await sign(cloud, path, key, secret, headers=headers, at="http://elsewhere"),
    ):
        assert answer.status_code == 401
    assert (await sign(cloud, path, key, secret)).status_code == 400
    assert (await cloud.http.post(path, headers=headers)).status_code == 400
    elsewhere = {"Requested-Project-Id": "f" * 32}
    assert (await sign(cloud, path, key, secret, headers=elsewhere)).status_code == 404


async def test_a_signed_request_is_good_once(cloud, admin, consumer):
    token, secret = await authorized(cloud, admin, consumer, "member")
    path = "/v3/auth/tokens"
    headers = {"Authorization": oauth1.header(URL + path, consumer["id"], consumer["secret"], token, secret)}
    body = {"auth": {"identity": {"methods": ["oauth1"], "oauth1": {}}}}
    statuses = [(await cloud.http.post(path, json=body, headers=headers)).status_code for _ in range(2)]
    assert statuses == [201, 401]


async def test_a_request_token_is_exchanged_once_by_its_consumer_with_its_verifier(cloud, admin, make, consumer):
    _, project, roles = await ids(cloud, admin)
    other = (await admin.post("/v3/OS-OAUTH1/consumers", json={"consumer": {}})).json()["consumer"]
    token, secret = await requested(cloud, consumer, project)
    path, own = "/v3/OS-OAUTH1/access_token", (consumer["id"], consumer["secret"], token, secret)
    assert (await sign(cloud, path, *own, oauth_verifier="")).status_code == 400
    assert (await sign(cloud, path, *own, oauth_verifier="None")).status_code == 401
    body = {"roles": [{"id": roles["member"]}]}
    answer = await admin.put(f"/v3/OS-OAUTH1/authorize/{token}", json=body)
    verifier = answer.json()["token"]["oauth_verifier"]
    theirs = (other["id"], other["secret"], token, secret)
    assert (await sign(cloud, path, *theirs, oauth_verifier=verifier)).status_code == 401
    assert (await sign(cloud, path, *own, oauth_verifier="x" + verifier[1:])).status_code == 401
    assert (await sign(cloud, path, *own, oauth_verifier=verifier)).status_code == 201
    assert (await sign(cloud, path, *own, oauth_verifier=verifier)).status_code == 404


async def test_secrets_are_not_in_the_database(cloud, admin, consumer):
    from sqlalchemy import select

    from pileus.identity.oauth1.table import ACCESS_TOKENS, CONSUMERS

    _, secret = await authorized(cloud, admin, consumer, "member")
    async with cloud.store.read() as tx:
        kept = repr([await tx.all(select(CONSUMERS)), await tx.all(select(ACCESS_TOKENS))])
    assert secret not in kept
    assert consumer["secret"] not in kept


KIND = {"Content-Type": "application/x-www-form-urlencoded"}


class TestOAuth2:
    """Application credentials as clients."""

    FORM = "grant_type=client_credentials"

    @pytest.fixture
    async def credential(self, cloud):
        demo = await cloud.login("demo", "demo-secret", "demo")
        user = (await cloud.auth("demo", "demo-secret", "demo")).json()["token"]["user"]["id"]
        body = {"application_credential": {"name": "c", "secret": "a b+c"}}
        answer = await demo.post(f"/v3/users/{user}/application_credentials", json=body)
        return answer.json()["application_credential"]

    async def token(self, cloud, form, client="", secret="", **headers):
        if client:
            text = f"{quote(client)}:{quote(secret)}"
            headers["Authorization"] = "Basic " + base64.b64encode(text.encode()).decode()
        return await cloud.http.post("/v3/OS-OAUTH2/token", content=form, headers={**KIND, **headers})

    async def test_a_token_for_a_secret(self, cloud, credential):
        answer = await self.token(cloud, self.FORM, credential["id"], "a b+c")
        assert answer.status_code == 200
        shown = answer.json()
        assert set(shown) == {"access_token", "token_type", "expires_in"}
        assert (shown["token_type"], shown["expires_in"]) == ("Bearer", 3600)
        assert answer.headers["Cache-Control"] == "no-store"
        bearer = cloud.bearer(shown["access_token"])
        subject = {"X-Subject-Token": shown["access_token"]}
        token = (await bearer.get("/v3/auth/tokens", headers=subject)).json()["token"]
        assert token["methods"] == ["application_credential"]
        form = f"{self.FORM}&client_id={credential['id']}&client_secret={quote('a b+c')}"
        assert (await self.token(cloud, form)).status_code == 200

    @pytest.mark.parametrize(
        ("form", "status", "error"),
        [
            ("", 400, "invalid_request"),
            ("grant_type=password", 400, "unsupported_grant_type"),
            (FORM, 401, "invalid_client"),
            (FORM + "&client_id=x&client_secret=y", 401, "invalid_client"),
            (FORM + "&client_id=x", 401, "invalid_client"),
        ],
    )
    async def test_errors_have_their_own_shape(self, cloud, form, status, error):
        answer = await self.token(cloud, form)
        assert answer.status_code == status
        assert answer.json()["error"] == error
        assert set(answer.json()) == {"error", "error_description"}
        assert ("WWW-Authenticate" in answer.headers) == (status == 401)


def certified(name, issuer="ca", days=1):
    """A certificate in PEM."""
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec

    key, now = ec.generate_private_key(ec.SECP256R1()), datetime.now(UTC)
    subject, by = (x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, text)]) for text in (name, issuer))
    made = x509.CertificateBuilder().subject_name(subject).issuer_name(by).public_key(key.public_key())
    made = made.serial_number(1).not_valid_before(now).not_valid_after(now + timedelta(days=days))
    return made.sign(key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM).decode()


class TestCertificates:
    """A front end has seen that the client has a certificate's key."""

    @pytest.fixture
    def settings(self, settings):
        return structs.replace(
            settings,
            front=FrontSettings(addresses=("127.0.0.1",), secret="of the front"),
            federation=FederationSettings(certificate_issuers=("CN=ca",)),
        )

    @staticmethod
    def shown(pem):
        return {"X-Client-Certificate": quote(pem), "X-Front-Secret": "of the front"}

    @pytest.fixture
    async def user(self, cloud, admin):
        token = (await cloud.auth("demo", "demo-secret", "demo")).json()["token"]
        body = {"user": {"default_project_id": token["project"]["id"]}}
        await admin.patch(f"/v3/users/{token['user']['id']}", json=body)
        rules = [
            {
                "local": [{"user": {"name": "{0}", "domain": {"name": "Default"}, "type": "local"}}],
                "remote": [
                    {"type": "SSL_CLIENT_SUBJECT_DN_CN"},
                    {"type": "SSL_CLIENT_ISSUER_DN_CN", "any_one_of": ["ca"]},
                ],
            }
        ]
        await admin.put("/v3/OS-FEDERATION/mappings/oauth2_mapping", json={"mapping": {"rules": rules}})
        return token["user"]["id"]

    async def ask(self, cloud, user, pem):
        form = f"grant_type=client_credentials&client_id={user}"
        headers = {**KIND, **(self.shown(pem) if pem else {})}
        return await cloud.http.post("/v3/OS-OAUTH2/token", content=form, headers=headers)

    async def test_a_token_is_bound_to_its_certificate(self, cloud, user):
        pem = certified("demo")
        answer = await self.ask(cloud, user, pem)
        assert answer.status_code == 200, answer.text
        token = answer.json()["access_token"]
        bearer = cloud.bearer(token)
        shown = await bearer.get("/v3/auth/tokens", headers={"X-Subject-Token": token, **self.shown(pem)})
        canonical = ssl.DER_cert_to_PEM_cert(ssl.PEM_cert_to_DER_cert(pem))
        digest = base64.urlsafe_b64encode(hashlib.sha256(canonical.encode()).digest()).decode()
        assert shown.json()["token"]["oauth2_credential"] == {"x5t#S256": digest}
        assert shown.json()["token"]["methods"] == ["oauth2_credential"]
        assert (await bearer.get("/v3/auth/projects")).status_code == 401
        assert (await bearer.get("/v3/auth/projects", headers=self.shown(certified("demo")))).status_code == 401
        again = {"auth": {"identity": {"methods": ["token"], "token": {"id": token}}}}
        assert (await cloud.http.post("/v3/auth/tokens", json=again)).status_code == 403

    async def test_other_certificates_are_invalid_clients(self, cloud, admin, user):
        other = (await cloud.auth()).json()["token"]["user"]["id"]
        pem = certified("demo")
        for answer in (
            await self.ask(cloud, other, pem),
            await self.ask(cloud, user, certified("admin")),
            await self.ask(cloud, user, certified("demo", "another ca")),
            await self.ask(cloud, user, "rubbish"),
            await self.ask(cloud, user, ""),
        ):
            assert (answer.status_code, answer.json()["error"]) == (401, "invalid_client")
        headers = {**KIND, "X-Client-Certificate": quote(pem)}
        form = f"grant_type=client_credentials&client_id={user}"
        answer = await cloud.http.post("/v3/OS-OAUTH2/token", content=form, headers=headers)
        assert answer.status_code == 401

    @pytest.fixture
    async def tokenless(self, admin, user):
        provider = hashlib.sha256(b"CN=ca").hexdigest()
        rules = [
            {
                "local": [{"user": {"name": "{0}", "domain": {"id": "default"}, "type": "local"}}],
                "remote": [{"type": "SSL_CLIENT_S_DN_CN"}],
            }
        ]
        await admin.put("/v3/OS-FEDERATION/mappings/x509", json={"mapping": {"rules": rules}})
        path = f"/v3/OS-FEDERATION/identity_providers/{provider}"
        await admin.put(path, json={"identity_provider": {"enabled": True}})
        body = {"protocol": {"mapping_id": "x509"}}
        assert (await admin.put(f"{path}/protocols/x509", json=body)).status_code == 201

    async def test_a_certificate_instead_of_a_token(self, cloud, admin, user, tokenless):
        project = {"X-Project-Name": "demo", "X-Project-Domain-Id": "default"}
        headers = {**self.shown(certified("demo")), **project}
        answer = await cloud.http.get(f"/v3/users/{user}", headers=headers)
        assert answer.status_code == 200, answer.text
        assert (await cloud.http.get("/v3/users", headers=headers)).status_code == 403
        await admin.patch(f"/v3/users/{user}", json={"user": {"enabled": False}})
        assert (await cloud.http.get(f"/v3/users/{user}", headers=headers)).status_code == 401

    @pytest.mark.parametrize(("name", "issuer"), [("nobody", "ca"), ("demo", "another ca")])
    async def test_others_need_a_token(self, cloud, user, tokenless, name, issuer):
        headers = {**self.shown(certified(name, issuer)), "X-Project-Name": "demo", "X-Project-Domain-Id": "default"}
        assert (await cloud.http.get(f"/v3/users/{user}", headers=headers)).status_code == 401
        headers = {**headers, **self.shown(certified("demo")), "X-Front-Secret": "guessed"}
        assert (await cloud.http.get(f"/v3/users/{user}", headers=headers)).status_code == 401
