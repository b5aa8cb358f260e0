"""What a domain is configured to: all of it, groups, options, defaults; secrets are kept but not shown."""

import pytest
from sqlalchemy import select

from pileus.identity.domain_configs.table import DOMAIN_CONFIGS

LDAP = {"url": "ldap://d", "user": "cn=admin", "password": "very secret", "user_tree_dn": "ou=people"}
SHOWN = {name: value for name, value in LDAP.items() if name != "password"}


@pytest.fixture
async def at(make):
    return f"/v3/domains/{(await make('domains', name='d'))['id']}/config"


async def test_all_of_it(cloud, admin, at):
    assert (await admin.get(at)).status_code == 404
    config = {"ldap": LDAP, "identity": {"list_limit": 5}}
    made = await admin.put(at, json={"config": config})
    assert (made.status_code, made.json()) == (201, {"config": {**config, "ldap": SHOWN}})
    assert (await admin.get(at)).json() == made.json()
    again = await admin.put(at, json={"config": {"ldap": LDAP}})
    assert (again.status_code, again.json()) == (200, {"config": {"ldap": SHOWN}})
    merged = await admin.patch(at, json={"config": {"ldap": {"url": "ldap://e"}, "identity": {"driver": "sql"}}})
    assert merged.json() == {"config": {"ldap": {**SHOWN, "url": "ldap://e"}, "identity": {"driver": "sql"}}}
    async with cloud.store.read() as tx:
        assert "very secret" not in str(await tx.all(select(DOMAIN_CONFIGS)))
    assert (await admin.delete(at)).status_code == 204
    assert (await admin.get(at)).status_code == 404
    assert (await admin.delete(at)).status_code == 204


async def test_groups_and_options(admin, at):
    await admin.put(at, json={"config": {"ldap": LDAP}})
    assert (await admin.get(at + "/ldap")).json() == {"config": {"ldap": SHOWN}}
    assert (await admin.get(at + "/ldap/url")).json() == {"config": {"url": "ldap://d"}}
    for path in ("/identity", "/ldap/suffix", "/ldap/password", "/identity/driver"):
        assert (await admin.get(at + path)).status_code == 404, path
    for path in ("/nonsense", "/ldap/nonsense", "/nonsense/url"):
        assert (await admin.get(at + path)).status_code == 403, path
        assert (await admin.delete(at + path)).status_code == 403, path
    changed = await admin.patch(at + "/ldap", json={"config": {"ldap": {"url": "ldap://e"}}})
    assert changed.json()["config"]["ldap"]["url"] == "ldap://e"
    changed = await admin.patch(at + "/ldap/url", json={"config": {"url": "ldap://f"}})
    assert changed.json()["config"]["ldap"]["url"] == "ldap://f"
    assert (await admin.patch(at + "/identity", json={"config": {"identity": {"driver": "sql"}}})).status_code == 404
    assert (await admin.patch(at + "/ldap/suffix", json={"config": {"suffix": "x"}})).status_code == 404
    assert (await admin.patch(at + "/ldap", json={"config": {"identity": {"driver": "sql"}}})).status_code == 403
    assert (await admin.patch(at + "/ldap/url", json={"config": {"user": "x"}})).status_code == 403
    assert (await admin.delete(at + "/ldap/url")).status_code == 204
    assert (await admin.delete(at + "/ldap/url")).status_code == 404
    assert (await admin.delete(at + "/ldap")).status_code == 204
    assert (await admin.get(at)).status_code == 404


@pytest.mark.parametrize(
    "config",
    [None, {}, [], "x", {"ldap": {}}, {"ldap": "x"}, {"nonsense": {"x": 1}}, {"ldap": {"nonsense": 1}}],
)
async def test_what_a_domain_cannot_be_configured_to(admin, at, config):
    for method in (admin.put, admin.patch):
        answer = await method(at, json={"config": config})
        assert answer.status_code == 403
        assert answer.json()["error"]["message"].startswith("Invalid domain specific configuration: ")


async def test_defaults(admin):
    whole = (await admin.get("/v3/domains/config/default")).json()["config"]
    assert whole["identity"] == {"driver": "sql", "list_limit": None}
    assert (await admin.get("/v3/domains/config/ldap/default")).json() == {"config": {"ldap": whole["ldap"]}}
    assert (await admin.get("/v3/domains/config/ldap/url/default")).json() == {"config": {"url": "ldap://localhost"}}
    for path in ("nonsense/default", "ldap/nonsense/default", "ldap/password/default"):
        assert (await admin.get(f"/v3/domains/config/{path}")).status_code == 403


async def test_it_goes_with_its_domain(cloud, admin, at):
    await admin.put(at, json={"config": {"ldap": LDAP}})
    domain = at.removesuffix("/config")
    await admin.patch(domain, json={"domain": {"enabled": False}})
    assert (await admin.delete(domain)).status_code == 204
    assert (await admin.get(at)).status_code == 404
    async with cloud.store.read() as tx:
        assert not await tx.all(select(DOMAIN_CONFIGS))
