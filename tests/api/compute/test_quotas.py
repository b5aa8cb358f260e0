"""Quotas, quota classes and limits over HTTP, and the check that servers are made by."""

import pytest

from pileus.compute.errors import OverQuota
from pileus.compute.quotas.logic import check

PROJECT = "b" * 32
URL = f"/os-quota-sets/{PROJECT}"
NEWEST = {"instances", "cores", "ram", "metadata_items", "key_pairs", "server_groups", "server_group_members"}
MIDDLE = NEWEST | {"injected_files", "injected_file_content_bytes", "injected_file_path_bytes"}
OLDEST = MIDDLE | {"fixed_ips", "floating_ips", "security_groups", "security_group_rules"}


@pytest.mark.parametrize(("version", "keys"), [("2.1", OLDEST), ("2.36", MIDDLE), ("2.57", NEWEST), ("latest", NEWEST)])
async def test_what_each_version_shows(member, at, version, keys):
    shown = (await member.get(URL, headers=at(version))).json()["quota_set"]
    assert set(shown) == keys | {"id"}
    assert (shown["id"], shown["cores"]) == (PROJECT, 20)
    defaults = (await member.get(URL + "/defaults", headers=at(version))).json()["quota_set"]
    assert defaults == shown
    detail = (await member.get(URL + "/detail", headers=at(version))).json()["quota_set"]
    assert set(detail) == keys | {"id"}
    assert detail["cores"] == {"limit": 20, "in_use": 0, "reserved": 0}


async def test_change_and_forget(admin, member):
    answer = await admin.put(URL, json={"quota_set": {"cores": "7", "ram": -1}})
    assert answer.status_code == 200
    changed = answer.json()["quota_set"]
    assert set(changed) == OLDEST
    assert (changed["cores"], changed["ram"]) == (7, -1)
    assert (await member.get(URL)).json()["quota_set"]["cores"] == 7
    assert (await admin.put(f"{URL}?user_id=user1", json={"quota_set": {"cores": 8}})).status_code == 400
    assert (await admin.put(f"{URL}?user_id=user1", json={"quota_set": {"cores": 3}})).json()["quota_set"]["cores"] == 3
    assert (await admin.get(f"{URL}?user_id=user1")).json()["quota_set"]["cores"] == 3
    answer = await admin.delete(URL)
    assert (answer.status_code, answer.content) == (202, b"")
    assert (await member.get(URL)).json()["quota_set"]["cores"] == 20


@pytest.mark.parametrize(
    ("version", "bad"),
    [
        ("2.1", {"cores": -2}),
        ("2.1", {"cores": "x"}),
        ("2.1", {"cores": 2**31}),
        ("2.1", {"cores": "-2"}),
        ("2.1", {"nothing": 1}),
        ("2.36", {"floating_ips": 1}),
        ("2.57", {"injected_files": 1}),
        ("2.1", {"cores": None}),
    ],
)
async def test_bad_quotas(admin, at, version, bad):
    assert (await admin.put(URL, json={"quota_set": bad}, headers=at(version))).status_code == 400


async def test_rights_and_unknown_projects(admin, member, other):
    assert (await member.put(URL, json={"quota_set": {"cores": 1}})).status_code == 403
    assert (await member.delete(URL)).status_code == 403
    assert (await other.get(URL)).status_code == 403
    assert (await other.get(URL + "/detail")).status_code == 403
    assert (await other.get(URL + "/defaults")).status_code == 200
    assert (await admin.get(f"/os-quota-sets/{'d' * 32}")).status_code == 400
    assert (await member.get("/os-quota-class-sets/default")).status_code == 403


async def test_limits_below_what_is_used_need_force(admin, server):
    await server(vcpus=4)
    answer = await admin.put(URL, json={"quota_set": {"cores": 3}})
    assert answer.status_code == 400
    assert "greater than or equal to already used and reserved 4" in answer.json()["badRequest"]["message"]
    assert (await admin.put(URL, json={"quota_set": {"cores": 3, "force": "True"}})).status_code == 200
    assert (await admin.put(URL, json={"quota_set": {"cores": -1}})).status_code == 200


async def test_usage_is_counted(admin, member, server):
    await server(vcpus=4, memory_mib=100)
    await server(vcpus=1, memory_mib=50)
    await server(project_id="c" * 32)
    detail = (await member.get(URL + "/detail")).json()["quota_set"]
    assert {n: detail[n]["in_use"] for n in ("instances", "cores", "ram")} == {"instances": 2, "cores": 5, "ram": 150}
    absolute = (await member.get("/limits")).json()["limits"]["absolute"]
    assert (absolute["totalInstancesUsed"], absolute["totalCoresUsed"], absolute["totalRAMUsed"]) == (2, 5, 150)
    theirs = (await admin.get(f"/limits?tenant_id={'c' * 32}")).json()["limits"]["absolute"]
    assert theirs["totalInstancesUsed"] == 1
    assert (await member.get(f"/limits?tenant_id={'c' * 32}")).status_code == 403


async def test_the_check(admin, server, parts):
    await server(vcpus=20)
    async with parts.store.read() as tx:
        with pytest.raises(OverQuota) as caught:
            await check(tx, PROJECT, {"instances": 1, "cores": 2, "ram": 1})
        assert caught.value.text == "Quota exceeded for cores: Requested 2, but already used 20 of 20 cores"
        with pytest.raises(OverQuota) as caught:
            await check(tx, PROJECT, {"instances": 10, "cores": 2})
        assert caught.value.text.startswith("Quota exceeded for cores, instances: Requested 2")
        await check(tx, PROJECT, {"instances": 9, "ram": 100, "metadata_items": 128})
        with pytest.raises(OverQuota):
            await check(tx, PROJECT, {"metadata_items": 129})
    await admin.put(f"{URL}?user_id=user1", json={"quota_set": {"instances": 1}})
    async with parts.store.read() as tx:
        with pytest.raises(OverQuota):
            await check(tx, PROJECT, {"instances": 1}, user_id="user1")
        await check(tx, PROJECT, {"instances": 1}, user_id="user2")


async def test_quota_classes(admin, member, at):
    url = "/os-quota-class-sets/default"
    shown = (await admin.get(url)).json()["quota_class_set"]
    assert set(shown) == (OLDEST - {"server_groups", "server_group_members"}) | {"id"}
    assert set((await admin.get(url, headers=at("2.50"))).json()["quota_class_set"]) == MIDDLE | {"id"}
    assert set((await admin.get(url, headers=at("2.57"))).json()["quota_class_set"]) == NEWEST | {"id"}
    answer = await admin.put(url, json={"quota_class_set": {"cores": 33}})
    assert answer.status_code == 200
    assert "id" not in answer.json()["quota_class_set"]
    assert (await member.get(URL)).json()["quota_set"]["cores"] == 33


async def test_limits_of_each_version(member, at):
    async def keys(version):
        limits = (await member.get("/limits", headers=at(version))).json()["limits"]
        assert limits["rate"] == []
        return set(limits["absolute"])

    oldest, proxies_gone = await keys("2.1"), await keys("2.36")
    assert oldest - proxies_gone == {
        "maxTotalFloatingIps",
        "maxSecurityGroups",
        "maxSecurityGroupRules",
        "totalFloatingIpsUsed",
        "totalSecurityGroupsUsed",
    }
    assert proxies_gone - await keys("2.39") == {"maxImageMeta"}
    assert await keys("2.39") - await keys("2.57") == {"maxPersonality", "maxPersonalitySize"}
    assert (await member.get("/limits?nothing=1", headers=at("2.75"))).status_code == 400


async def test_the_quota_of_keypairs(admin, member):
    await admin.put(URL, json={"quota_set": {"key_pairs": 0}})
    answer = await member.post("/os-keypairs", json={"keypair": {"name": "k"}})
    assert answer.status_code == 403
    assert "Quota exceeded" in answer.json()["forbidden"]["message"]
