"""Access keys as keys of signatures: what the identity service tells the object store of them."""

import pytest


@pytest.fixture
async def mine(cloud):
    """The user `demo` in its project, and its client."""
    token = (await cloud.auth("demo", "demo-secret", "demo")).json()["token"]
    return token["user"]["id"], token["project"]["id"], await cloud.login("demo", "demo-secret", "demo")


@pytest.fixture
async def key(mine):
    user, project, client = mine
    made = await client.post(f"/v3/users/{user}/credentials/OS-EC2", json={"tenant_id": project})
    return made.json()["credential"]


async def test_a_key_speaks_for_its_user_in_its_project(cloud, mine, key):
    secret, who = await cloud.identity.signer(key["access"])
    assert secret == key["secret"]
    assert (who.user_id, who.project_id, who.user_name, who.project_name) == (*mine[:2], "demo", "demo")
    assert "member" in who.roles
    assert not who.token


@pytest.mark.parametrize("access", ["", "nothing", "x" * 5000, "'; --", "\0"])
async def test_no_key(cloud, access):
    assert await cloud.identity.signer(access) is None


async def test_a_deleted_key_is_dead_at_once(cloud, mine, key):
    user, _project, client = mine
    assert await cloud.identity.signer(key["access"])
    assert (await client.delete(f"/v3/users/{user}/credentials/OS-EC2/{key['access']}")).status_code == 204
    assert await cloud.identity.signer(key["access"]) is None


@pytest.mark.parametrize("kind", ["users", "projects"])
async def test_disabled_users_and_projects_sign_nothing(cloud, admin, mine, key, kind):
    id = mine[0] if kind == "users" else mine[1]
    assert await cloud.identity.signer(key["access"])
    assert (await admin.patch(f"/v3/{kind}/{id}", json={kind[:-1]: {"enabled": False}})).status_code == 200
    assert await cloud.identity.signer(key["access"]) is None
    assert (await admin.patch(f"/v3/{kind}/{id}", json={kind[:-1]: {"enabled": True}})).status_code == 200
    assert await cloud.identity.signer(key["access"])


async def test_without_a_role_there_is_nothing_to_sign_for(cloud, admin, make, key):
    user = await make("users", name="u", domain_id="default", password="x")
    project = await make("projects", name="p", domain_id="default")
    blob = '{"access": "chosen", "secret": "s"}'
    await make("credentials", user_id=user["id"], project_id=project["id"], type="ec2", blob=blob)
    assert await cloud.identity.signer("chosen") is None


async def test_other_kinds_of_credentials_are_no_keys(cloud, make, mine):
    made = await make("credentials", user_id=mine[0], project_id=mine[1], type="cert", blob='{"access": "c"}')
    assert made["id"]
    assert await cloud.identity.signer("c") is None


async def test_a_key_made_under_an_application_credential_ends_with_it(cloud, mine):
    user, project, client = mine
    given = {"application_credential": {"name": "a", "unrestricted": True, "roles": [{"name": "reader"}]}}
    made = (await client.post(f"/v3/users/{user}/application_credentials", json=given)).json()["application_credential"]
    method = {
        "methods": ["application_credential"],
        "application_credential": {"id": made["id"], "secret": made["secret"]},
    }
    token = await cloud.http.post("/v3/auth/tokens", json={"auth": {"identity": method}})
    restricted = cloud.bearer(token.headers["X-Subject-Token"])
    blob = '{"access": "bound", "secret": "s"}'
    body = {"credential": {"user_id": user, "project_id": project, "type": "ec2", "blob": blob}}
    answer = await restricted.post("/v3/credentials", json=body)
    assert answer.status_code == 201, answer.text
    _secret, who = await cloud.identity.signer("bound")
    assert who.roles == {"reader"}
    assert (await client.delete(f"/v3/users/{user}/application_credentials/{made['id']}")).status_code == 204
    assert await cloud.identity.signer("bound") is None
