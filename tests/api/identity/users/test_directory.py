"""Domains whose users lie in a real OpenLDAP, beside domains whose users do not."""

import hashlib

import pytest

pytest.importorskip("ldap")

from tests.directory.server import ROOT, ROOT_PASSWORD, SLAPD, SUFFIX, running

pytestmark = pytest.mark.skipif(not SLAPD, reason="OpenLDAP's slapd is not installed here")


@pytest.fixture
def slapd(tmp_path_factory):
    with running(tmp_path_factory.mktemp("slapd")) as server:
        yield server


OPTIONS = {
    "user": ROOT,
    "password": ROOT_PASSWORD,
    "suffix": SUFFIX,
    "user_id_attribute": "uid",
    "user_name_attribute": "cn",
    "user_enabled_attribute": "employeeType",
    "user_additional_attribute_mapping": ["title:job"],
    "pool_retry_max": 1,
    "pool_connection_timeout": 2,
}


@pytest.fixture
async def domain(admin, make, slapd):
    """A domain configured to the directory; `await domain(**options)` configures it anew."""
    made = await make("domains", name="corp")

    async def configure(**more):
        config = {"identity": {"driver": "ldap"}, "ldap": {**OPTIONS, "url": slapd.url, **more}}
        answer = await admin.put(f"/v3/domains/{made['id']}/config", json={"config": config})
        assert answer.status_code in {200, 201}
        return made["id"]

    configure.id = await configure()
    return configure


async def users(client, domain, query=""):
    answer = await client.get(f"/v3/users?domain_id={domain.id}{query}")
    assert answer.status_code == 200, answer.text
    return {user["name"]: user for user in answer.json()["users"]}


async def auth(cloud, name, password, domain, scope=None):
    user = {"name": name, "password": password, "domain": {"id": domain.id}}
    body = {"identity": {"methods": ["password"], "password": {"user": user}}}
    return await cloud.http.post("/v3/auth/tokens", json={"auth": {**body, **({"scope": scope} if scope else {})}})


async def test_users_are_those_of_the_directory(admin, domain, slapd):
    slapd.user("u1", "Ann", mail="ann@example.org", title="boss", description="first", employeeType="TRUE")
    slapd.user("u2", "Bob", employeeType="FALSE")
    slapd.user("u3", "Ünïcode (x)*")
    found = await users(admin, domain)
    assert set(found) == {"Ann", "Bob", "Ünïcode (x)*"}
    ann = found["Ann"]
    assert ann["id"] == hashlib.sha256((domain.id + "user" + "u1").encode()).hexdigest()
    assert {k: ann[k] for k in ("domain_id", "email", "job", "description", "enabled")} == {
        "domain_id": domain.id,
        "email": "ann@example.org",
        "job": "boss",
        "description": "first",
        "enabled": True,
    }
    assert "password" not in ann
    assert found["Bob"]["enabled"] is False
    assert set(await users(admin, domain, "&name=Ann")) == {"Ann"}
    assert set(await users(admin, domain, "&name=%C3%9Cn%C3%AFcode (x)*")) == {"Ünïcode (x)*"}
    assert set(await users(admin, domain, "&enabled=false")) == {"Bob"}
    assert set(await users(admin, domain, "&name__startswith=A")) == {"Ann"}
    assert (await admin.get(f"/v3/users/{ann['id']}")).json()["user"] == ann
    assert "Ann" not in {user["name"] for user in (await admin.get("/v3/users?domain_id=default")).json()["users"]}
    slapd.change(f"uid=u1,ou=Users,{SUFFIX}", title="clerk")
    assert (await admin.get(f"/v3/users/{ann['id']}")).json()["user"]["job"] == "clerk"
    slapd.delete(f"uid=u1,ou=Users,{SUFFIX}")
    assert (await admin.get(f"/v3/users/{ann['id']}")).status_code == 404
    assert set(await users(admin, domain)) == {"Bob", "Ünïcode (x)*"}


async def test_logging_in(cloud, admin, make, domain, slapd):
    slapd.user("u1", "Ann", "ann-pw")
    for name, password in (("Ann", "wrong"), ("Ann", ""), ("Nobody", "ann-pw"), ("*", "ann-pw"), ("A*", "ann-pw")):
        assert (await auth(cloud, name, password, domain)).status_code == 401
    answer = await auth(cloud, "Ann", "ann-pw", domain)
    assert answer.status_code == 201, "without ever having been listed"
    user = answer.json()["token"]["user"]
    assert user["domain"] == {"id": domain.id, "name": "corp"}
    project = await make("projects", name="p", domain_id=domain.id)
    roles = (await admin.get("/v3/roles?name=member")).json()["roles"]
    grant = f"/v3/projects/{project['id']}/users/{user['id']}/roles/{roles[0]['id']}"
    scope = {"project": {"id": project["id"]}}
    assert (await auth(cloud, "Ann", "ann-pw", domain, scope)).status_code == 401
    assert (await admin.put(grant)).status_code == 204
    scoped = await auth(cloud, "Ann", "ann-pw", domain, scope)
    assert scoped.status_code == 201
    slapd.change(f"uid=u1,ou=Users,{SUFFIX}", employeeType="FALSE")
    assert (await auth(cloud, "Ann", "ann-pw", domain)).status_code == 401
    holder = cloud.bearer(scoped.headers["X-Subject-Token"])
    assert (await holder.get("/v3/auth/projects")).status_code == 401, "seen to be off at the login"


async def test_groups_and_what_they_hold(cloud, admin, make, domain, slapd):
    ann = slapd.user("u1", "Ann", "ann-pw")
    bob = slapd.user("u2", "Bob", "bob-pw")
    slapd.group("devs", ann, bob)
    slapd.group("ops", bob)
    groups = {g["name"]: g for g in (await admin.get(f"/v3/groups?domain_id={domain.id}")).json()["groups"]}
    assert set(groups) == {"devs", "ops"}
    assert groups["devs"]["id"] == hashlib.sha256((domain.id + "group" + "devs").encode()).hexdigest()
    listed = (await admin.get(f"/v3/groups/{groups['devs']['id']}/users")).json()["users"]
    assert {user["name"] for user in listed} == {"Ann", "Bob"}
    ann_id = next(user["id"] for user in listed if user["name"] == "Ann")
    assert [g["name"] for g in (await admin.get(f"/v3/users/{ann_id}/groups")).json()["groups"]] == ["devs"]
    assert (await admin.head(f"/v3/groups/{groups['devs']['id']}/users/{ann_id}")).status_code == 204
    project = await make("projects", name="p", domain_id=domain.id)
    roles = (await admin.get("/v3/roles?name=member")).json()["roles"]
    await admin.put(f"/v3/projects/{project['id']}/groups/{groups['devs']['id']}/roles/{roles[0]['id']}")
    scope = {"project": {"id": project["id"]}}
    assert (await auth(cloud, "Ann", "ann-pw", domain, scope)).status_code == 201
    slapd.change(f"cn=devs,ou=UserGroups,{SUFFIX}", member=bob)
    assert (await auth(cloud, "Ann", "ann-pw", domain, scope)).status_code == 401
    assert (await auth(cloud, "Bob", "bob-pw", domain, scope)).status_code == 201
    slapd.delete(f"cn=ops,ou=UserGroups,{SUFFIX}")
    assert (await admin.get(f"/v3/groups/{groups['ops']['id']}")).status_code == 404


async def test_nothing_is_written(cloud, admin, domain, slapd):
    slapd.user("u1", "Ann", "ann-pw")
    slapd.group("devs", f"uid=u1,ou=Users,{SUFFIX}")
    ann = (await users(admin, domain))["Ann"]
    group = (await admin.get(f"/v3/groups?domain_id={domain.id}")).json()["groups"][0]
    attempts = (
        ("POST", "/v3/users", {"user": {"name": "x", "domain_id": domain.id}}),
        ("PATCH", f"/v3/users/{ann['id']}", {"user": {"enabled": False}}),
        ("DELETE", f"/v3/users/{ann['id']}", None),
        ("POST", "/v3/groups", {"group": {"name": "x", "domain_id": domain.id}}),
        ("PATCH", f"/v3/groups/{group['id']}", {"group": {"name": "y"}}),
        ("DELETE", f"/v3/groups/{group['id']}", None),
        ("PUT", f"/v3/groups/{group['id']}/users/{ann['id']}", None),
        ("DELETE", f"/v3/groups/{group['id']}/users/{ann['id']}", None),
        ("POST", f"/v3/users/{ann['id']}/password", {"user": {"original_password": "ann-pw", "password": "x"}}),
    )
    for method, path, body in attempts:
        answer = await admin.request(method, path, json=body)
        assert answer.status_code == 403, (method, path, answer.text)
        assert "LDAP does not support write operations" in answer.json()["error"]["message"]
    assert (await auth(cloud, "Ann", "ann-pw", domain)).status_code == 201


@pytest.mark.parametrize(
    ("options", "values", "enabled"),
    [
        ({"user_enabled_mask": 2, "user_enabled_default": "512"}, {"employeeType": "512"}, True),
        ({"user_enabled_mask": 2, "user_enabled_default": "512"}, {"employeeType": "514"}, False),
        ({"user_enabled_mask": 2, "user_enabled_default": "512"}, {}, True),
        ({"user_enabled_mask": 2, "user_enabled_default": "512"}, {"employeeType": "nonsense"}, False),
        ({"user_enabled_invert": True, "user_enabled_default": "False"}, {"employeeType": "TRUE"}, False),
        ({"user_enabled_invert": True, "user_enabled_default": "False"}, {"employeeType": "false"}, True),
        ({"user_enabled_invert": True, "user_enabled_default": "False"}, {}, True),
        ({}, {"employeeType": "true"}, True),
        ({}, {"employeeType": "False"}, False),
        ({"user_enabled_default": "False"}, {}, False),
    ],
)
async def test_ossa_2026_007_who_is_enabled(cloud, admin, domain, slapd, options, values, enabled):
    """However the directory spells it, who is off there is off here."""
    await domain(**options)
    slapd.user("u1", "Ann", "ann-pw", **values)
    assert (await users(admin, domain))["Ann"]["enabled"] is enabled
    assert (await auth(cloud, "Ann", "ann-pw", domain)).status_code == (201 if enabled else 401)


async def test_a_group_may_say_who_is_enabled(cloud, admin, domain, slapd):
    await domain(user_enabled_emulation=True, user_enabled_emulation_dn=f"cn=on,ou=UserGroups,{SUFFIX}")
    ann = slapd.user("u1", "Ann", "ann-pw")
    slapd.user("u2", "Bob", "bob-pw")
    slapd.group("on", ann.replace("ou=Users", "OU=users"))
    found = await users(admin, domain)
    assert {name: user["enabled"] for name, user in found.items()} == {"Ann": True, "Bob": False}
    assert (await auth(cloud, "Bob", "bob-pw", domain)).status_code == 401


async def test_filters_pages_and_identifiers_as_members(admin, domain, slapd):
    await domain(
        page_size=3,
        query_scope="sub",
        user_filter="(employeeType=x)",
        group_objectclass="posixGroup",
        group_name_attribute="cn",
        group_member_attribute="memberUid",
        group_members_are_ids=True,
    )
    for number in range(10):
        slapd.user(f"u{number}", f"n{number}", employeeType="x" if number else "y")
    names = {"objectClass": ["posixGroup"], "cn": "crew", "gidNumber": "7", "memberUid": ["u1", "u2", "gone"]}
    slapd.add(f"cn=crew,ou=UserGroups,{SUFFIX}", **names)
    assert set(await users(admin, domain)) == {f"n{number}" for number in range(1, 10)}
    crew = (await admin.get(f"/v3/groups?domain_id={domain.id}&name=crew")).json()["groups"][0]
    members = (await admin.get(f"/v3/groups/{crew['id']}/users")).json()["users"]
    assert {user["name"] for user in members} == {"n1", "n2"}


@pytest.mark.parametrize(
    "name", ["*", "a)(uid=*", "a)(|(uid=*", "\\2a", "a\0", "(", "a)(objectClass=*))(&(cn=", "é" * 300]
)
async def test_names_are_only_names(cloud, admin, domain, slapd, name):
    """What a client sends never becomes part of a filter or of a name in the directory."""
    slapd.user("u1", "Ann", "ann-pw")
    assert (await auth(cloud, name, "ann-pw", domain)).status_code in {400, 401}
    answer = await admin.get("/v3/users", params={"domain_id": domain.id, "name": name})
    assert answer.status_code in {200, 400}
    if answer.status_code == 200:
        assert answer.json()["users"] == []


async def test_a_directory_that_is_down_is_down_alone(cloud, admin, domain, slapd):
    slapd.user("u1", "Ann", "ann-pw")
    ann = (await users(admin, domain))["Ann"]
    assert (await auth(cloud, "Ann", "ann-pw", domain)).status_code == 201
    slapd.stop()
    for answer in (
        await admin.get(f"/v3/users?domain_id={domain.id}"),
        await admin.get(f"/v3/users/{ann['id']}"),
        await auth(cloud, "Ann", "ann-pw", domain),
    ):
        assert answer.status_code == 503
        assert answer.json()["error"]["message"] == "The directory of this domain does not answer."
    assert (await admin.get("/v3/users?domain_id=default")).status_code == 200
    assert (await admin.get("/v3/users")).status_code == 200
    assert (await cloud.auth()).status_code == 201
    slapd.start()
    assert (await auth(cloud, "Ann", "ann-pw", domain)).status_code == 201, (
        "connections that were kept are not believed"
    )


@pytest.mark.parametrize(
    "options",
    [
        {"password": "wrong"},
        {"url": "nonsense"},
        {"url": "ldap://127.0.0.1:1"},
        {"page_size": "many"},
        {"query_scope": "everything"},
        {"user_filter": "((("},
        {"tls_cacertfile": "/nowhere", "use_tls": True},
        {"user_tree_dn": "not a name"},
    ],
)
async def test_a_directory_that_cannot_be_asked(admin, domain, options):
    await domain(**options)
    answer = await admin.get(f"/v3/users?domain_id={domain.id}")
    assert answer.status_code == 503
    assert "wrong" not in answer.text


async def test_who_is_known_is_looked_at_again(cloud, admin, domain, slapd):
    slapd.user("u1", "Ann", "ann-pw")
    holder = cloud.bearer((await auth(cloud, "Ann", "ann-pw", domain)).headers["X-Subject-Token"])
    assert (await holder.get("/v3/auth/projects")).status_code == 200
    slapd.delete(f"uid=u1,ou=Users,{SUFFIX}")
    await cloud.loops.once()
    assert (await holder.get("/v3/auth/projects")).status_code == 401
    slapd.stop()
    await cloud.loops.once()
