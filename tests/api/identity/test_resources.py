"""Domains, projects, users, groups, roles, assignments and the catalog over HTTP."""


async def test_a_user_with_a_role_can_log_in(cloud, admin, make):
    domain = await make("domains", name="d1")
    assert domain["links"] == {"self": f"http://cloud/v3/domains/{domain['id']}"}
    project = await make("projects", name="p1", domain_id=domain["id"], tags=["a", "b"])
    assert project["parent_id"] == domain["id"]
    assert project["tags"] == ["a", "b"]
    user = await make("users", name="u1", domain_id=domain["id"], password="pw", email="u@example.org", description="x")
    assert user["email"] == "u@example.org"
    assert "password" not in user
    roles = (await admin.get("/v3/roles?name=member")).json()["roles"]
    url = f"/v3/projects/{project['id']}/users/{user['id']}/roles/{roles[0]['id']}"
    assert (await admin.head(url)).status_code == 404
    for _ in range(2):
        answer = await admin.put(url)
        assert (answer.status_code, answer.content) == (204, b"")
    assert (await admin.head(url)).status_code == 204
    body = {
        "auth": {
            "identity": {"methods": ["password"], "password": {"user": {"id": user["id"], "password": "pw"}}},
            "scope": {"project": {"id": project["id"]}},
        }
    }
    token = (await cloud.http.post("/v3/auth/tokens", json=body)).json()["token"]
    assert [role["name"] for role in token["roles"]] == ["member", "reader"]
    assert [r["name"] for r in (await admin.get(url.rpartition("/")[0])).json()["roles"]] == ["member"]
    assert (await admin.delete(url)).status_code == 204
    assert (await cloud.http.post("/v3/auth/tokens", json=body)).status_code == 401


async def test_the_system_and_inherited_roles(cloud, admin, make):
    user = await make("users", name="u1", domain_id="default", password="pw")
    child = await make("projects", name="child", domain_id="default")
    roles = {r["name"]: r["id"] for r in (await admin.get("/v3/roles")).json()["roles"]}
    assert (await admin.put(f"/v3/system/users/{user['id']}/roles/{roles['reader']}")).status_code == 204
    reader = await cloud.login("u1", "pw", {"system": {"all": True}})
    assert (await reader.get("/v3/users")).status_code == 200
    assert (await reader.post("/v3/users", json={"user": {"name": "x"}})).status_code == 403
    url = f"/v3/OS-INHERIT/domains/default/users/{user['id']}/roles/{roles['member']}/inherited_to_projects"
    assert (await admin.put(url)).status_code == 204
    assert (await cloud.auth("u1", "pw", "child")).status_code == 201
    assert (await cloud.auth("u1", "pw", {"domain": {"id": "default"}})).status_code == 401
    assert {p["name"] for p in (await admin.get(f"/v3/users/{user['id']}/projects")).json()["projects"]} >= {
        "child",
        "admin",
    }
    assert (await admin.delete(f"/v3/projects/{child['id']}")).status_code == 204


async def test_groups(cloud, admin, make):
    user = await make("users", name="u1", domain_id="default", password="pw", email="e")
    group = await make("groups", name="g1", domain_id="default")
    url = f"/v3/groups/{group['id']}/users/{user['id']}"
    assert (await admin.put(url)).status_code == 204
    assert (await admin.head(url)).status_code == 204
    assert (await admin.get(f"/v3/groups/{group['id']}/users")).json()["users"] == [user]
    assert (await admin.get(f"/v3/users/{user['id']}/groups")).json()["groups"] == [group]
    assert (await admin.delete(url)).status_code == 204
    assert (await admin.head(url)).status_code == 404


async def test_the_catalog(cloud, admin, make):
    service = await make("services", type="t1", name="n1", description="d1")
    assert service["name"] == "n1"
    endpoint = await make(
        "endpoints", service_id=service["id"], interface="public", region="R2", url="http://x/%(project_id)s"
    )
    assert endpoint["region"] == endpoint["region_id"] == "R2"
    assert (await admin.get("/v3/regions/R2")).status_code == 200
    token = (await cloud.auth()).json()["token"]
    shown = next(s for s in token["catalog"] if s["type"] == "t1")
    assert shown["endpoints"][0]["url"] == "http://x/" + token["project"]["id"]
    assert (await admin.delete("/v3/regions/R2")).status_code == 403
    changed = await admin.patch(
        f"/v3/endpoints/{endpoint['id']}", json={"endpoint": {"region": "R3", "enabled": False}}
    )
    assert (changed.status_code, changed.json()["endpoint"]["region"]) == (200, "R3")
    assert next(s for s in (await cloud.auth()).json()["token"]["catalog"] if s["type"] == "t1")["endpoints"] == []
    assert (await admin.delete(f"/v3/services/{service['id']}")).status_code == 204
    assert (await admin.get(f"/v3/endpoints/{endpoint['id']}")).status_code == 404


async def test_discovery(cloud):
    answer = await cloud.http.get("/identity/")
    assert answer.status_code == 300
    value = answer.json()["versions"]["values"][0]
    assert set(value) == {"id", "links", "media-types", "status", "updated"}
    assert value["links"][0]["href"] == "http://cloud/identity/v3/"
    assert (await cloud.http.get("/v3")).json()["version"]["links"][0]["href"] == "http://cloud/v3/"
    assert (await cloud.http.get("/identity/v3/")).status_code == 200


async def test_lists_are_filtered_and_paged(admin, make):
    for name in ("aB1", "ab2", "c"):
        await make("projects", name=name, domain_id="default")
    get = admin.get
    assert len((await get("/v3/projects?name=c")).json()["projects"]) == 1
    assert len((await get("/v3/projects?name__contains=ab")).json()["projects"]) == 1
    assert len((await get("/v3/projects?name__icontains=ab")).json()["projects"]) == 2
    assert len((await get("/v3/projects?name__startswith=ab")).json()["projects"]) == 1
    assert (await get("/v3/projects?enabled=false")).json()["projects"] == []
    seen, url = [], "/v3/projects?limit=2&sort_key=name"
    while url:
        body = (await get(url)).json()
        seen += [p["name"] for p in body["projects"]]
        url = body["links"]["next"]
    assert seen == ["aB1", "ab2", "admin", "c", "demo", "service"]
    assert [d["name"] for d in (await get("/v3/domains?name=Default")).json()["domains"]] == ["Default"]
    assert (await get("/v3/projects?marker=nothing")).status_code == 404


async def test_role_assignments(cloud, admin, make):
    user = await make("users", name="u1", domain_id="default")
    group = await make("groups", name="g1", domain_id="default")
    parent = await make("projects", name="parent", domain_id="default")
    child = await make("projects", name="child", parent_id=parent["id"])
    roles = {r["name"]: r["id"] for r in (await admin.get("/v3/roles")).json()["roles"]}
    await admin.put(f"/v3/groups/{group['id']}/users/{user['id']}")
    await admin.put(
        f"/v3/OS-INHERIT/projects/{parent['id']}/groups/{group['id']}/roles/{roles['member']}/inherited_to_projects"
    )

    async def found(query):
        answer = await admin.get(f"/v3/role_assignments?{query}")
        assert answer.status_code == 200, answer.text
        return answer.json()["role_assignments"]

    (given,) = await found(f"group.id={group['id']}&include_names=1")
    assert given["group"] == {"id": group["id"], "name": "g1", "domain": {"id": "default", "name": "Default"}}
    assert given["scope"]["OS-INHERIT:inherited_to"] == "projects"
    assert given["scope"]["project"]["name"] == "parent"
    assert given["role"] == {"id": roles["member"], "name": "member"}
    assert await found(f"user.id={user['id']}") == []
    worked_out = await found(f"user.id={user['id']}&effective")
    assert {(a["scope"]["project"]["id"], a["role"]["id"]) for a in worked_out} == {
        (child["id"], roles["member"]),
        (child["id"], roles["reader"]),
    }
    assert all(a["links"]["membership"].endswith(f"/groups/{group['id']}/users/{user['id']}") for a in worked_out)
    assert len(await found(f"scope.project.id={parent['id']}&include_subtree=true&effective=true")) == 2
    assert (await admin.get("/v3/role_assignments?effective&group.id=x")).status_code == 400
    assert all(a["scope"] == {"system": {"all": True}} for a in await found("scope.system=all"))


async def test_implied_roles(cloud, admin, make):
    one, two = await make("roles", name="one"), await make("roles", name="two")
    url = f"/v3/roles/{one['id']}/implies/{two['id']}"
    assert (await admin.head(url)).status_code == 404
    made = await admin.put(url)
    assert made.status_code == 201
    assert made.json()["role_inference"]["implies"]["name"] == "two"
    assert (await admin.head(url)).status_code == 204
    assert (await admin.get(url)).status_code == 200
    listed = (await admin.get(f"/v3/roles/{one['id']}/implies")).json()["role_inference"]
    assert [role["name"] for role in listed["implies"]] == ["two"]
    assert len((await admin.get("/v3/role_inferences")).json()["role_inferences"]) == 4
    assert (await admin.delete(url)).status_code == 204
    roles = {r["name"]: r["id"] for r in (await admin.get("/v3/roles")).json()["roles"]}
    assert (await admin.put(f"/v3/roles/{one['id']}/implies/{roles['admin']}")).status_code == 403
    assert (await admin.delete(f"/v3/roles/{roles['member']}")).status_code == 403


async def test_project_trees_and_tags(admin, make):
    parent = await make("projects", name="parent", domain_id="default")
    child = await make("projects", name="child", parent_id=parent["id"], tags=["x"])
    url = f"/v3/projects/{child['id']}"
    assert (await admin.get(f"{url}?parents_as_ids")).json()["project"]["parents"] == {parent["id"]: {"default": None}}
    assert (await admin.get(f"{url}?parents_as_list")).json()["project"]["parents"] == [], "only one's own are listed"
    who = (await admin.get("/v3/auth/tokens", headers={"X-Subject-Token": admin.headers["X-Auth-Token"]})).json()
    roles = (await admin.get("/v3/roles?name=admin")).json()["roles"]
    for place in (parent, child):
        grant = f"/v3/projects/{place['id']}/users/{who['token']['user']['id']}/roles/{roles[0]['id']}"
        assert (await admin.put(grant)).status_code == 204
    listed = (await admin.get(f"{url}?parents_as_list&include_limits")).json()["project"]["parents"]
    assert [(p["project"]["id"], p["project"]["limits"]) for p in listed] == [(parent["id"], [])]
    assert "parents" not in (await admin.get(f"{url}?parents_as_list=false")).json()["project"]
    assert (await admin.get(f"{url}?parents_as_list&parents_as_ids")).status_code == 400
    below = (await admin.get(f"/v3/projects/{parent['id']}?subtree_as_ids")).json()["project"]
    assert below["subtree"] == {child["id"]: None}
    assert (await admin.delete(f"/v3/projects/{parent['id']}")).status_code == 403
    assert (await admin.put(f"{url}/tags/y")).status_code == 201
    assert (await admin.get(f"{url}/tags")).json()["tags"] == ["x", "y"]
    assert (await admin.head(f"{url}/tags/y")).status_code == 204
    for query, names in (("tags=x,y", ["child"]), ("tags-any=x,z", ["child"]), ("tags=x,z", [])):
        assert [p["name"] for p in (await admin.get(f"/v3/projects?{query}")).json()["projects"]] == names
    assert (await admin.put(f"{url}/tags", json={"tags": ["z"]})).json()["tags"] == ["z"]
    assert (await admin.delete(f"{url}/tags/z")).status_code == 204
    assert (await admin.head(f"{url}/tags/z")).status_code == 404


async def test_a_projects_manager_does_not_list_roles_but_a_domains_does(cloud, admin, make):
    """As upstream: `role:manager and not domain_id:None`."""
    user = await make("users", name="m", password="pw")
    manager = (await admin.get("/v3/roles?name=manager")).json()["roles"][0]["id"]
    demo = (await admin.get("/v3/projects?name=demo")).json()["projects"][0]["id"]
    for place, scope, status in (
        (f"projects/{demo}", {"project": {"id": demo}}, 403),
        ("domains/default", {"domain": {"id": "default"}}, 200),
    ):
        assert (await admin.put(f"/v3/{place}/users/{user['id']}/roles/{manager}")).status_code == 204
        client = await cloud.login("m", "pw", scope)
        assert (await client.get("/v3/roles")).status_code == status
    assert (await client.get("/v3/role_assignments?include_subtree")).status_code == 400
    listed = (await client.get("/v3/role_assignments")).json()["role_assignments"]
    assert listed
    assert all("system" not in line["scope"] for line in listed)


async def test_domain_managers(cloud, admin, make):
    """A manager of a domain makes users and hands out the lesser roles in it, and nothing elsewhere."""
    domain = await make("domains", name="d1")
    boss = await make("users", name="boss", domain_id=domain["id"], password="pw")
    project = await make("projects", name="p", domain_id=domain["id"])
    roles = {r["name"]: r["id"] for r in (await admin.get("/v3/roles")).json()["roles"]}
    await admin.put(f"/v3/domains/{domain['id']}/users/{boss['id']}/roles/{roles['manager']}")
    user = {"name": "boss", "domain": {"id": domain["id"]}, "password": "pw"}
    body = {
        "identity": {"methods": ["password"], "password": {"user": user}},
        "scope": {"domain": {"id": domain["id"]}},
    }
    answer = await cloud.http.post("/v3/auth/tokens", json={"auth": body})
    manager = cloud.bearer(answer.headers["X-Subject-Token"])
    made = await manager.post("/v3/users", json={"user": {"name": "new", "domain_id": domain["id"]}})
    assert made.status_code == 201, made.text
    new = made.json()["user"]["id"]
    assert {u["name"] for u in (await manager.get("/v3/users")).json()["users"]} == {"boss", "new"}
    assert (await manager.post("/v3/users", json={"user": {"name": "new", "domain_id": "default"}})).status_code == 403
    url = f"/v3/projects/{project['id']}/users/{new}/roles"
    assert (await manager.put(f"{url}/{roles['member']}")).status_code == 204
    assert (await manager.put(f"{url}/{roles['admin']}")).status_code == 403
    mine = (await cloud.auth()).json()["token"]["project"]["id"]
    assert (await manager.put(f"/v3/projects/{mine}/users/{new}/roles/{roles['member']}")).status_code == 403
    assert (await manager.get("/v3/role_assignments")).status_code == 200


async def test_prepare_again_changes_nothing_but_the_address(cloud):
    before = (await cloud.auth()).json()["token"]
    async with cloud.store.write() as tx:
        await cloud.identity.prepare(tx, admin_password="another", demo_password="x", url="http://moved:1")
    after = (await cloud.auth()).json()["token"]
    assert {e["url"] for s in after["catalog"] for e in s["endpoints"]} == {"http://moved:1/identity"}
    for token in (before, after):
        for key in ("catalog", "issued_at", "expires_at", "audit_ids"):
            del token[key]
    assert before == after
