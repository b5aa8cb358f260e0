"""Server groups over HTTP, in each of their forms."""

import pytest

from pileus.compute.server_groups import logic

URL = "/os-server-groups"


async def made(client, version="2.64", **attributes):
    body = {"server_group": {"name": "g", "policy": "affinity", **attributes}}
    answer = await client.post(URL, json=body, headers={"X-OpenStack-Nova-API-Version": version})
    assert answer.status_code == 200, answer.text
    return answer.json()["server_group"]


async def test_each_form(member, at):
    old = {"server_group": {"name": "g", "policies": ["affinity"]}}
    group = (await member.post(URL, json=old)).json()["server_group"]
    assert group == {"id": group["id"], "name": "g", "policies": ["affinity"], "metadata": {}, "members": []}
    url = f"{URL}/{group['id']}"
    assert (await member.get(url)).json()["server_group"] == group
    owned = (await member.get(url, headers=at("2.13"))).json()["server_group"]
    assert owned == {**group, "project_id": "b" * 32, "user_id": "user1"}
    new = (await member.get(url, headers=at("2.64"))).json()["server_group"]
    assert set(new) == {"id", "name", "policy", "rules", "members", "project_id", "user_id"}
    assert (new["policy"], new["rules"]) == ("affinity", {})
    assert (await member.get(URL, headers=at("2.64"))).json() == {"server_groups": [new]}
    answer = await member.delete(url)
    assert (answer.status_code, answer.content) == (204, b"")
    assert (await member.get(url)).status_code == 404


async def test_rules(member):
    group = await made(member, policy="anti-affinity", rules={"max_server_per_host": "3"})
    assert group["rules"] == {"max_server_per_host": 3}


@pytest.mark.parametrize(
    ("version", "bad"),
    [
        ("2.1", {"policies": []}),
        ("2.1", {"policies": ["affinity", "anti-affinity"]}),
        ("2.1", {"policies": ["soft-affinity"]}),
        ("2.1", {"policies": ["nothing"]}),
        ("2.1", {"policy": "affinity"}),
        ("2.1", {"policies": ["affinity"], "name": ""}),
        ("2.15", {"policies": ["nothing"]}),
        ("2.64", {"policies": ["affinity"]}),
        ("2.64", {"policy": "nothing"}),
        ("2.64", {"policy": "affinity", "rules": {"max_server_per_host": 3}}),
        ("2.64", {"policy": "anti-affinity", "rules": {"max_server_per_host": 0}}),
        ("2.64", {"policy": "anti-affinity", "rules": {"nothing": 1}}),
    ],
)
async def test_bad_groups(member, at, version, bad):
    body = {"server_group": {"name": "g", **bad}}
    assert (await member.post(URL, json=body, headers=at(version))).status_code == 400


async def test_soft_policies_since_their_version(member, at):
    body = {"server_group": {"name": "g", "policies": ["soft-affinity"]}}
    answer = await member.post(URL, json=body, headers=at("2.15"))
    assert answer.json()["server_group"]["policies"] == ["soft-affinity"]


async def test_others_do_not_see_them(admin, member, other):
    group = await made(member)
    url = f"{URL}/{group['id']}"
    assert (await other.get(url)).status_code == 404
    assert (await other.delete(url)).status_code == 404
    assert (await other.get(URL)).json() == {"server_groups": []}
    assert (await other.get(f"{URL}?all_projects=1")).json() == {"server_groups": []}
    assert len((await admin.get(f"{URL}?all_projects=1")).json()["server_groups"]) == 1
    assert (await admin.get(url)).status_code == 200


async def test_pages(member, at):
    for name in "abc":
        await made(member, name=name)
    found = (await member.get(f"{URL}?limit=1&offset=1")).json()["server_groups"]
    assert [g["name"] for g in found] == ["b"]
    assert (await member.get(f"{URL}?nothing=1", headers=at("2.75"))).status_code == 400


async def test_the_quota_of_groups(admin, member, at):
    await admin.put(f"/os-quota-sets/{'b' * 32}", json={"quota_set": {"server_groups": 1}})
    await made(member)
    body = {"server_group": {"name": "g", "policy": "affinity"}}
    answer = await member.post(URL, json=body, headers=at("2.64"))
    assert answer.status_code == 403
    assert answer.json()["forbidden"]["message"] == "Quota exceeded, too many server groups."


async def test_members(member, admin, server, parts):
    group = await made(member)
    first, second = await server(), await server()
    async with parts.store.write() as tx:
        await logic.join(tx, group["id"], second)
        await logic.join(tx, group["id"], first)
    shown = (await member.get(f"{URL}/{group['id']}")).json()["server_group"]
    assert shown["members"] == [second, first]
    async with parts.store.write() as tx:
        assert await logic.of_servers(tx, [first]) == {first: group["id"]}
        await logic.leave(tx, second)
    shown = (await member.get(f"{URL}/{group['id']}")).json()["server_group"]
    assert shown["members"] == [first]
    await admin.put(f"/os-quota-sets/{'b' * 32}", json={"quota_set": {"server_group_members": 1}})
    with pytest.raises(logic.TooManyMembers):
        async with parts.store.write() as tx:
            await logic.join(tx, group["id"], second)
