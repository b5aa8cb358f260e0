"""Requests signed with EC2 access keys: each version of signatures, who may ask, and what is refused."""

import base64
import hashlib
import hmac
import json
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace

import pytest


@pytest.fixture
async def pair(cloud):
    """An access key of demo's, its secret, and demo's client."""
    demo = await cloud.login("demo", "demo-secret", "demo")
    token = (await demo.get("/v3/auth/tokens", headers={"X-Subject-Token": demo.headers["X-Auth-Token"]})).json()
    user, project = token["token"]["user"]["id"], token["token"]["project"]["id"]
    url = f"/v3/users/{user}/credentials/OS-EC2"
    made = (await demo.post(url, json={"tenant_id": project})).json()["credential"]
    return SimpleNamespace(
        access=made["access"],
        secret=made["secret"],
        user=user,
        project=project,
        demo=demo,
        url=f"{url}/{made['access']}",
    )


@pytest.fixture
async def service(cloud, admin, make):
    """A service user's client."""
    user = await make("users", name="ec2-api", password="pw")
    roles = (await admin.get("/v3/roles?name=service")).json()["roles"]
    projects = (await admin.get("/v3/projects?name=service")).json()["projects"]
    await admin.put(f"/v3/projects/{projects[0]['id']}/users/{user['id']}/roles/{roles[0]['id']}")
    return await cloud.login("ec2-api", "pw", "service")


def now(shift=timedelta()):
    return (datetime.now(UTC) + shift).strftime("%Y-%m-%dT%H:%M:%SZ")


def signed(pair, version, shift=timedelta(), **more):
    """A request in EC2's manner."""
    params = {"Action": "DescribeInstances", "Timestamp": now(shift), "SignatureVersion": version, "b": "x y"}
    given = {"access": pair.access, "params": params, "verb": "GET", "host": "ec2.cloud:8773", "path": "/", **more}
    key = pair.secret.encode()
    if version == "0":
        made = hmac.new(key, (params["Action"] + params["Timestamp"]).encode(), "sha1")
    elif version == "1":
        text = "".join(k + params[k] for k in sorted(params, key=str.lower))
        made = hmac.new(key, text.encode(), "sha1")
    else:
        query = f"Action=DescribeInstances&SignatureMethod=HmacSHA256&SignatureVersion=2&Timestamp={params['Timestamp']}&b=x%20y"
        query = query.replace(":", "%3A")
        made = hmac.new(key, f"GET\n{given['host']}\n/\n{query}".encode(), "sha256")
    return {"credentials": {**given, "signature": base64.b64encode(made.digest()).decode()}}


def signed_v4(pair, shift=timedelta()):
    """A request as botocore signs it, taken apart as a service does."""
    from botocore.auth import SigV4Auth
    from botocore.awsrequest import AWSRequest
    from botocore.credentials import Credentials

    request = AWSRequest("GET", "https://ec2.cloud/?Action=DescribeInstances", headers={"Host": "ec2.cloud"})
    signer = SigV4Auth(Credentials(pair.access, pair.secret), "ec2", "RegionOne")
    signer.add_auth(request)
    headers = dict(request.headers.items())
    if shift:
        headers["X-Amz-Date"] = (datetime.now(UTC) + shift).strftime("%Y%m%dT%H%M%SZ")
    return {
        "credentials": {
            "access": pair.access,
            "signature": headers["Authorization"].rpartition("Signature=")[2],
            "params": {"Action": "DescribeInstances"},
            "headers": headers,
            "verb": "GET",
            "host": "ec2.cloud",
            "path": "/",
            "body_hash": hashlib.sha256(b"").hexdigest(),
        }
    }


def signed_s3(pair, service="s3"):
    """The string that an S3 request signs, and its signature in version 4."""
    scope = ("20260101", "RegionOne", service, "aws4_request")
    text = "\n".join(("AWS4-HMAC-SHA256", "20260101T000000Z", "/".join(scope), "0" * 64))
    key = b"AWS4" + pair.secret.encode()
    for part in scope:
        key = hmac.digest(key, part.encode(), "sha256")
    made = hmac.digest(key, text.encode(), "sha256").hex()
    token = base64.urlsafe_b64encode(text.encode()).decode()
    return {"credentials": {"access": pair.access, "token": token, "signature": made}}


@pytest.mark.parametrize("version", ["0", "1", "2"])
async def test_versions_of_ec2(service, pair, version):
    answer = await service.post("/v3/ec2tokens", json=signed(pair, version))
    assert answer.status_code == 200, answer.text
    token = answer.json()["token"]
    assert (token["user"]["id"], token["project"]["id"]) == (pair.user, pair.project)
    assert token["methods"] == ["ec2credential"]
    assert answer.headers["X-Subject-Token"]
    wrong = signed(pair, version)
    wrong["credentials"]["params"]["Action"] = "TerminateInstances"
    assert (await service.post("/v3/ec2tokens", json=wrong)).status_code == 401


async def test_version_4(service, pair):
    assert (await service.post("/v3/ec2tokens", json=signed_v4(pair))).status_code == 200
    assert (await service.post("/v3/ec2tokens", json=signed_v4(pair, timedelta(seconds=-30)))).status_code == 401


async def test_a_host_is_signed_with_or_without_its_port(service, pair):
    body = signed(pair, "2", host="ec2.cloud")
    body["credentials"]["host"] = "ec2.cloud:8773"
    assert (await service.post("/v3/ec2tokens", json=body)).status_code == 200


async def test_s3(service, pair):
    answer = await service.post("/v3/s3tokens", json=signed_s3(pair))
    assert answer.status_code == 200
    assert answer.json()["token"]["user"]["id"] == pair.user
    assert "X-Subject-Token" not in answer.headers
    assert (await service.post("/v3/s3tokens", json=signed_s3(pair, "ec2"))).status_code == 401
    old = base64.urlsafe_b64encode(b"GET\n\n\n\n/bucket").decode()
    made = base64.b64encode(hmac.digest(pair.secret.encode(), b"GET\n\n\n\n/bucket", "sha1")).decode()
    body = {"credentials": {"access": pair.access, "token": old, "signature": made}}
    assert (await service.post("/v3/s3tokens", json=body)).status_code == 200
    body["credentials"]["signature"] = made[::-1]
    assert (await service.post("/v3/s3tokens", json=body)).status_code == 401


async def test_ossa_2025_002_only_services_may_ask(cloud, admin, pair):
    for path, body in (("/v3/ec2tokens", signed(pair, "2")), ("/v3/s3tokens", signed_s3(pair))):
        assert (await cloud.http.post(path, json=body)).status_code == 401
        assert (await pair.demo.post(path, json=body)).status_code == 403
        assert (await admin.post(path, json=body)).status_code == 200


@pytest.mark.parametrize("minutes", [-16, 16, -600])
async def test_ossa_2020_003_a_signature_ages(service, pair, minutes):
    answer = await service.post("/v3/ec2tokens", json=signed(pair, "2", timedelta(minutes=minutes)))
    assert answer.status_code == 401


async def test_a_signed_token_opens_nothing_of_identity(cloud, service, pair):
    answer = await service.post("/v3/ec2tokens", json=signed(pair, "2"))
    token = answer.headers["X-Subject-Token"]
    for path in ("/v3/auth/projects", f"/v3/users/{pair.user}", pair.url):
        assert (await cloud.http.get(path, headers={"X-Auth-Token": token})).status_code == 403
    body = {"tenant_id": pair.project}
    made = await cloud.http.post(pair.url.rpartition("/")[0], json=body, headers={"X-Auth-Token": token})
    assert made.status_code == 403
    assert (await service.get("/v3/auth/tokens", headers={"X-Subject-Token": token})).status_code == 200


async def test_what_is_gone_signs_nothing(cloud, admin, service, pair):
    await admin.patch(f"/v3/users/{pair.user}", json={"user": {"enabled": False}})
    assert (await service.post("/v3/ec2tokens", json=signed(pair, "2"))).status_code == 401
    await admin.patch(f"/v3/users/{pair.user}", json={"user": {"enabled": True}})
    await admin.patch(f"/v3/projects/{pair.project}", json={"project": {"enabled": False}})
    assert (await service.post("/v3/ec2tokens", json=signed(pair, "2"))).status_code == 401
    await admin.patch(f"/v3/projects/{pair.project}", json={"project": {"enabled": True}})
    assert (await service.post("/v3/ec2tokens", json=signed(pair, "2"))).status_code == 200
    assert (await admin.delete(pair.url)).status_code == 204
    assert (await service.post("/v3/ec2tokens", json=signed(pair, "2"))).status_code == 404


async def test_ossa_2020_004_a_key_of_an_application_credential_keeps_its_roles(cloud, admin, service, pair):
    """A key made with an application credential is worth what that is worth, and goes with it."""
    values = {"name": "a", "roles": [{"name": "reader"}], "unrestricted": True}
    url = f"/v3/users/{pair.user}/application_credentials"
    made = (await pair.demo.post(url, json={"application_credential": values})).json()["application_credential"]
    identity = {
        "methods": ["application_credential"],
        "application_credential": {"id": made["id"], "secret": made["secret"]},
    }
    token = (await cloud.http.post("/v3/auth/tokens", json={"auth": {"identity": identity}})).headers["X-Subject-Token"]
    limited = cloud.bearer(token)
    blob = json.dumps({"access": "limited", "secret": "s"})
    credential = {"type": "ec2", "blob": blob, "project_id": pair.project, "user_id": pair.user}
    assert (await limited.post("/v3/credentials", json={"credential": credential})).status_code == 201
    key = SimpleNamespace(access="limited", secret="s")
    answer = await service.post("/v3/ec2tokens", json=signed(key, "2"))
    assert [role["name"] for role in answer.json()["token"]["roles"]] == ["reader"]
    assert (await pair.demo.delete(f"{url}/{made['id']}")).status_code == 204
    assert (await service.post("/v3/ec2tokens", json=signed(key, "2"))).status_code in {401, 404}


@pytest.mark.parametrize(
    "given",
    [
        None,
        [],
        "x",
        {},
        {"access": 1},
        {"access": "x" * 300, "signature": "y"},
        {"signature": {}},
        {"signature": "x"},
        {"signature": "x", "params": []},
        {"signature": "x", "params": {"SignatureVersion": "9"}},
        {"signature": "x", "params": {"SignatureVersion": "2"}, "verb": 1},
        {"signature": "x", "params": {"SignatureVersion": "1", "x": {"y": 1}}},
        {"signature": "x", "params": {}, "headers": {"Authorization": "AWS4-HMAC-SHA256 nonsense"}},
        {"signature": "x", "params": {"Timestamp": "long ago", "SignatureVersion": "1"}},
        {"signature": "é", "params": {"SignatureVersion": "1"}},
        {"signature": "x", "token": "@@@"},
        {"signature": "x", "token": base64.b64encode(b"AWS4-HMAC-SHA256\n\n\n").decode()},
    ],
)
async def test_nonsense(service, pair, given):
    if isinstance(given, dict) and given:
        given = {"access": pair.access, **given}
    for path in ("/v3/ec2tokens", "/v3/s3tokens"):
        answer = await service.post(path, json={"credentials": given})
        assert answer.status_code in {400, 401, 404}, answer.text
    assert (await service.post("/v3/ec2tokens", json={})).status_code == 400
