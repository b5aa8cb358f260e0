"""Every cause that ends a token ends it at once, and stays so after the cause is undone where Keystone keeps it so."""

import pytest


async def ids(cloud, admin):
    token = (await cloud.auth("demo", "demo-secret", "demo")).json()["token"]
    roles = {r["name"]: r["id"] for r in (await admin.get("/v3/roles")).json()["roles"]}
    return token["user"]["id"], token["project"]["id"], roles


async def password_by_user(cloud, admin, user, project, roles):
    body = {"user": {"original_password": "demo-secret", "password": "other"}}
    assert (await cloud.http.post(f"/v3/users/{user}/password", json=body)).status_code == 204


async def password_by_admin(cloud, admin, user, project, roles):
    assert (await admin.patch(f"/v3/users/{user}", json={"user": {"password": "other"}})).status_code == 200


async def disabled_user(cloud, admin, user, project, roles):
    for enabled in (False, True):
        assert (await admin.patch(f"/v3/users/{user}", json={"user": {"enabled": enabled}})).status_code == 200


async def disabled_project(cloud, admin, user, project, roles):
    for enabled in (False, True):
        assert (await admin.patch(f"/v3/projects/{project}", json={"project": {"enabled": enabled}})).status_code == 200


async def deleted_user(cloud, admin, user, project, roles):
    assert (await admin.delete(f"/v3/users/{user}")).status_code == 204


async def deleted_project(cloud, admin, user, project, roles):
    assert (await admin.delete(f"/v3/projects/{project}")).status_code == 204


async def role_taken(cloud, admin, user, project, roles):
    assert (await admin.delete(f"/v3/projects/{project}/users/{user}/roles/{roles['member']}")).status_code == 204


@pytest.mark.parametrize(
    "cause",
    [password_by_user, password_by_admin, disabled_user, disabled_project, deleted_user, deleted_project, role_taken],
)
async def test_causes(cloud, admin, cause):
    user, project, roles = await ids(cloud, admin)
    demo = await cloud.login("demo", "demo-secret", "demo")
    subject = {"X-Subject-Token": demo.headers["X-Auth-Token"]}
    assert (await demo.get("/v3/auth/catalog")).status_code == 200
    await cause(cloud, admin, user, project, roles)
    assert (await demo.get("/v3/auth/catalog")).status_code == 401
    assert (await admin.get("/v3/auth/tokens", headers=subject)).status_code == 404


async def test_a_disabled_domain(cloud, admin, make):
    domain = await make("domains", name="d")
    project = await make("projects", name="p", domain_id=domain["id"])
    user = await make("users", name="u", domain_id=domain["id"], password="pw")
    role = (await admin.get("/v3/roles?name=member")).json()["roles"][0]
    await admin.put(f"/v3/projects/{project['id']}/users/{user['id']}/roles/{role['id']}")
    body = {
        "auth": {
            "identity": {"methods": ["password"], "password": {"user": {"id": user["id"], "password": "pw"}}},
            "scope": {"project": {"id": project["id"]}},
        }
    }
    bearer = cloud.bearer((await cloud.http.post("/v3/auth/tokens", json=body)).headers["X-Subject-Token"])
    assert (await bearer.get("/v3/auth/projects")).status_code == 200
    assert (await admin.delete(f"/v3/domains/{domain['id']}")).status_code == 403
    assert (await admin.patch(f"/v3/domains/{domain['id']}", json={"domain": {"enabled": False}})).status_code == 200
    assert (await bearer.get("/v3/auth/projects")).status_code == 401
    assert (await cloud.http.post("/v3/auth/tokens", json=body)).status_code == 401
    assert (await admin.delete(f"/v3/domains/{domain['id']}")).status_code == 204
    assert (await admin.get(f"/v3/users/{user['id']}")).status_code == 404
    assert (await admin.get(f"/v3/projects/{project['id']}")).status_code == 404


async def test_a_role_taken_leaves_the_others(cloud, admin):
    user, project, roles = await ids(cloud, admin)
    await admin.put(f"/v3/projects/{project}/users/{user}/roles/{roles['manager']}")
    demo = await cloud.login("demo", "demo-secret", "demo")
    subject = {"X-Subject-Token": demo.headers["X-Auth-Token"]}
    await admin.delete(f"/v3/projects/{project}/users/{user}/roles/{roles['manager']}")
    shown = (await admin.get("/v3/auth/tokens", headers=subject)).json()["token"]["roles"]
    assert {role["name"] for role in shown} == {"member", "reader"}


async def test_logging_out_ends_one_token_only(cloud, admin):
    one = await cloud.login("demo", "demo-secret", "demo")
    two = await cloud.login("demo", "demo-secret", "demo")
    token = one.headers["X-Auth-Token"]
    assert (await one.delete("/v3/auth/tokens", headers={"X-Subject-Token": token})).status_code == 204
    assert (await one.get("/v3/auth/projects")).status_code == 401
    assert (await two.get("/v3/auth/projects")).status_code == 200
