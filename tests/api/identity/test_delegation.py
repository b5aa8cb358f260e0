"""Application credentials, trusts, credentials and limits over HTTP."""


def method(method_name, /, **part):
    return {"identity": {"methods": [method_name], method_name: part}}


async def app_credential(cloud, client, **body):
    me = (await client.get("/v3/auth/tokens", headers={"X-Subject-Token": client.headers["X-Auth-Token"]})).json()[
        "token"
    ]["user"]["id"]
    answer = await client.post(
        f"/v3/users/{me}/application_credentials", json={"application_credential": {"name": "c1", **body}}
    )
    return me, answer


async def log_in(cloud, made):
    auth = method("application_credential", id=made["id"], secret=made["secret"])
    return await cloud.http.post("/v3/auth/tokens", json={"auth": auth})


async def test_an_application_credential(cloud, admin):
    demo = await cloud.login("demo", "demo-secret", "demo")
    me, answer = await app_credential(cloud, demo, roles=[{"name": "reader"}])
    assert answer.status_code == 201, answer.text
    made = answer.json()["application_credential"]
    assert [role["name"] for role in made["roles"]] == ["reader"]
    token = await log_in(cloud, made)
    assert token.status_code == 201, token.text
    shown = token.json()["token"]
    assert [role["name"] for role in shown["roles"]] == ["reader"]
    assert shown["application_credential"] == {"id": made["id"], "name": "c1", "restricted": True}
    by_name = method("application_credential", name="c1", user={"id": me}, secret=made["secret"])
    assert (await cloud.http.post("/v3/auth/tokens", json={"auth": by_name})).status_code == 201
    listed = (await demo.get(f"/v3/users/{me}/application_credentials?name=c1")).json()["application_credentials"]
    assert "secret" not in listed[0]
    url = f"/v3/users/{me}/application_credentials/{made['id']}"
    assert (await demo.get(url)).status_code == 200
    bearer = cloud.bearer(token.headers["X-Subject-Token"])
    assert (await bearer.get("/v3/auth/projects")).status_code == 200
    assert (await demo.delete(url)).status_code == 204
    assert (await bearer.get("/v3/auth/projects")).status_code == 401


async def test_an_application_credential_cannot_grow(cloud, admin):
    """OSSA-2020-004 and its kin: nothing that a credential makes is stronger than it, or outlives it."""
    demo = await cloud.login("demo", "demo-secret", "demo")
    me, refused = await app_credential(cloud, demo, roles=[{"name": "admin"}])
    assert refused.status_code == 400
    _, answer = await app_credential(cloud, demo, roles=[{"name": "reader"}])
    made = answer.json()["application_credential"]
    token = await log_in(cloud, made)
    bearer = cloud.bearer(token.headers["X-Subject-Token"])
    url = f"/v3/users/{me}/application_credentials"
    assert (await bearer.post(url, json={"application_credential": {"name": "c2"}})).status_code == 403
    assert (await bearer.delete(f"{url}/{made['id']}")).status_code == 403
    project = token.json()["token"]["project"]["id"]
    assert (await bearer.post(f"/v3/users/{me}/credentials/OS-EC2", json={"tenant_id": project})).status_code == 403
    trust = {
        "trustor_user_id": me,
        "trustee_user_id": me,
        "project_id": project,
        "impersonation": False,
        "roles": [{"name": "reader"}],
    }
    assert (await bearer.post("/v3/OS-TRUST/trusts", json={"trust": trust})).status_code == 403
    # by way of the token method, neither the scope nor the roles grow
    for scope in (
        {"project": {"name": "admin", "domain": {"id": "default"}}},
        {"domain": {"id": "default"}},
        {"system": {"all": True}},
        "unscoped",
    ):
        auth = {**method("token", id=token.headers["X-Subject-Token"]), "scope": scope}
        assert (await cloud.http.post("/v3/auth/tokens", json={"auth": auth})).status_code == 401
    auth = {**method("token", id=token.headers["X-Subject-Token"]), "scope": {"project": {"id": project}}}
    again = await cloud.http.post("/v3/auth/tokens", json={"auth": auth})
    assert [role["name"] for role in again.json()["token"]["roles"]] == ["reader"]
    assert again.json()["token"]["application_credential"]["id"] == made["id"]
    # nobody makes one for somebody else, not even an administrator
    assert (await admin.post(url, json={"application_credential": {"name": "c3"}})).status_code == 403


async def test_access_rules(cloud):
    demo = await cloud.login("demo", "demo-secret", "demo")
    rule = {"service": "identity", "method": "GET", "path": "/v3/auth/projects"}
    me, answer = await app_credential(cloud, demo, access_rules=[rule])
    made = answer.json()["application_credential"]
    assert made["access_rules"][0]["path"] == "/v3/auth/projects"
    bearer = cloud.bearer((await log_in(cloud, made)).headers["X-Subject-Token"])
    assert (await bearer.get("/v3/auth/projects")).status_code == 200
    assert (await bearer.get("/v3/auth/domains")).status_code == 401
    rules = (await demo.get(f"/v3/users/{me}/access_rules")).json()["access_rules"]
    url = f"/v3/users/{me}/access_rules/{rules[0]['id']}"
    assert (await demo.delete(url)).status_code == 403
    await demo.delete(f"/v3/users/{me}/application_credentials/{made['id']}")
    assert (await demo.delete(url)).status_code == 204


async def trust_of(cloud, admin, make, **more):
    user = await make("users", name="trustee", domain_id="default", password="pw")
    mine = (await cloud.auth()).json()["token"]
    body = {
        "trustor_user_id": mine["user"]["id"],
        "trustee_user_id": user["id"],
        "project_id": mine["project"]["id"],
        "impersonation": True,
        "roles": [{"name": "reader"}],
        **more,
    }
    answer = await admin.post("/v3/OS-TRUST/trusts", json={"trust": body})
    assert answer.status_code == 201, answer.text
    return user, answer.json()["trust"]


async def trust_token(cloud, trust):
    user = {"name": "trustee", "domain": {"id": "default"}, "password": "pw"}
    auth = {**method("password", user=user), "scope": {"OS-TRUST:trust": {"id": trust["id"]}}}
    return await cloud.http.post("/v3/auth/tokens", json={"auth": auth})


async def test_trusts(cloud, admin, make):
    user, trust = await trust_of(cloud, admin, make)
    assert trust["roles"][0]["name"] == "reader"
    assert (await admin.get("/v3/OS-TRUST/trusts")).json()["trusts"][0]["id"] == trust["id"]
    assert (await admin.get(f"/v3/OS-TRUST/trusts/{trust['id']}")).json()["trust"] == trust
    answer = await trust_token(cloud, trust)
    token = answer.json()["token"]
    assert token["user"]["name"] == "admin"
    assert [role["name"] for role in token["roles"]] == ["reader"]
    assert token["OS-TRUST:trust"]["trustee_user"]["id"] == user["id"]
    bearer = cloud.bearer(answer.headers["X-Subject-Token"])
    assert (await bearer.get("/v3/users")).status_code == 403
    again = {
        **method("token", id=answer.headers["X-Subject-Token"]),
        "scope": {"project": {"id": token["project"]["id"]}},
    }
    assert (await cloud.http.post("/v3/auth/tokens", json={"auth": again})).status_code == 403
    assert (await admin.delete(f"/v3/OS-TRUST/trusts/{trust['id']}")).status_code == 204
    assert (await admin.get(f"/v3/OS-TRUST/trusts/{trust['id']}")).status_code == 404
    assert (await bearer.get("/v3/auth/projects")).status_code == 401
    assert (await trust_token(cloud, trust)).status_code == 401


async def test_a_trust_that_is_gone(cloud, admin, make):
    """Those whom it concerned are told 404, others as little as ever."""
    demo = await cloud.login("demo", "demo-secret", "demo")
    me = (await cloud.auth("demo", "demo-secret", "demo")).json()["token"]
    body = {
        "trustor_user_id": me["user"]["id"],
        "trustee_user_id": me["user"]["id"],
        "project_id": me["project"]["id"],
        "impersonation": False,
        "roles": [{"name": "member"}],
    }
    made = (await demo.post("/v3/OS-TRUST/trusts", json={"trust": body})).json()["trust"]
    url = f"/v3/OS-TRUST/trusts/{made['id']}"
    await make("users", name="other", domain_id="default", password="pw")
    other = await cloud.login("other", "pw", None)
    assert (await other.get(url)).status_code == 403
    assert (await demo.delete(url)).status_code == 204
    assert (await demo.get(url)).status_code == 404
    assert (await other.get(url)).status_code == 403


async def test_a_trusts_uses_run_out(cloud, admin, make):
    _, trust = await trust_of(cloud, admin, make, remaining_uses=2)
    statuses = [(await trust_token(cloud, trust)).status_code for _ in range(3)]
    assert statuses == [201, 201, 403]


async def test_a_trust_gives_only_what_the_trustor_has(cloud, admin, make):
    user, _ = await trust_of(cloud, admin, make)
    demo = await cloud.login("demo", "demo-secret", "demo")
    mine = (await cloud.auth("demo", "demo-secret", "demo")).json()["token"]
    body = {
        "trustor_user_id": mine["user"]["id"],
        "trustee_user_id": user["id"],
        "project_id": mine["project"]["id"],
        "impersonation": False,
        "roles": [{"name": "admin"}],
    }
    refused = await demo.post("/v3/OS-TRUST/trusts", json={"trust": body})
    assert refused.status_code == 404, "roles that the trustor has not are not told from those that there are not"
    body["trustor_user_id"] = user["id"]
    assert (await demo.post("/v3/OS-TRUST/trusts", json={"trust": body})).status_code == 403


async def test_credentials(cloud, admin, make):
    mine = (await cloud.auth("demo", "demo-secret", "demo")).json()["token"]
    demo = await cloud.login("demo", "demo-secret", "demo")
    one = await make(
        "credentials",
        user_id=mine["user"]["id"],
        project_id=mine["project"]["id"],
        type="ec2",
        blob='{"access": "a", "secret": "s"}',
    )
    administrator = (await cloud.auth()).json()["token"]["user"]["id"]
    other = await make("credentials", type="totp", blob="x", user_id=administrator)
    assert [c["id"] for c in (await demo.get("/v3/credentials")).json()["credentials"]] == [one["id"]]
    assert (await demo.get(f"/v3/credentials/{other['id']}")).status_code == 403
    assert (await demo.get("/v3/credentials/nothing")).status_code == 403
    patch = {"credential": {"user_id": other["user_id"]}}
    assert (await demo.patch(f"/v3/credentials/{one['id']}", json=patch)).status_code == 403
    rebind = {"credential": {"blob": '{"access": "a", "secret": "s", "trust_id": "t"}'}}
    assert (await demo.patch(f"/v3/credentials/{one['id']}", json=rebind)).status_code == 403
    fine = {"credential": {"blob": '{"access": "a", "secret": "new"}'}}
    changed = await demo.patch(f"/v3/credentials/{one['id']}", json=fine)
    assert changed.json()["credential"]["blob"] == fine["credential"]["blob"]
    assert (await demo.delete(f"/v3/credentials/{one['id']}")).status_code == 204


async def test_ec2_pairs(cloud):
    mine = (await cloud.auth("demo", "demo-secret", "demo")).json()["token"]
    demo = await cloud.login("demo", "demo-secret", "demo")
    url = f"/v3/users/{mine['user']['id']}/credentials/OS-EC2"
    made = (await demo.post(url, json={"tenant_id": mine["project"]["id"]})).json()["credential"]
    assert set(made) == {"user_id", "tenant_id", "access", "secret", "trust_id", "links"}
    assert (await demo.get(url)).json()["credentials"] == [made]
    assert (await demo.get(f"{url}/{made['access']}")).json()["credential"] == made
    assert (await demo.delete(f"{url}/{made['access']}")).status_code == 204
    assert (await demo.get(f"{url}/{made['access']}")).status_code == 404


async def test_policies_and_limits(admin, make):
    policy = await make("policies", type="application/json", blob="{}")
    url = f"/v3/policies/{policy['id']}"
    assert (await admin.patch(url, json={"policy": {"type": "text/plain"}})).json()["policy"]["type"] == "text/plain"
    assert (await admin.delete(url)).status_code == 204
    service = await make("services", type="t1")
    project = await make("projects", name="p", domain_id="default")
    given = {"service_id": service["id"], "resource_name": "things", "default_limit": 5}
    made = await admin.post("/v3/registered_limits", json={"registered_limits": [given]})
    assert made.status_code == 201, made.text
    registered = made.json()["registered_limits"][0]
    assert (await admin.post("/v3/registered_limits", json={"registered_limits": [given]})).status_code == 409
    own = {"service_id": service["id"], "resource_name": "things", "resource_limit": 7, "project_id": project["id"]}
    limit = (await admin.post("/v3/limits", json={"limits": [own]})).json()["limits"][0]
    assert (await admin.get(f"/v3/limits?project_id={project['id']}")).json()["limits"] == [limit]
    assert (await admin.delete(f"/v3/registered_limits/{registered['id']}")).status_code == 403
    assert (await admin.get("/v3/limits/model")).json()["model"]["name"] == "flat"
    patched = await admin.patch(f"/v3/limits/{limit['id']}", json={"limit": {"resource_limit": 9}})
    assert patched.json()["limit"]["resource_limit"] == 9
    assert (await admin.delete(f"/v3/limits/{limit['id']}")).status_code == 204
    assert (await admin.delete(f"/v3/registered_limits/{registered['id']}")).status_code == 204
