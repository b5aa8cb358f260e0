"""Limits that hold exactly, whatever comes at once."""

import asyncio


async def test_limits_shown_set_and_reset(alice, admin, as_):
    shown = (await alice.get("/quotas/alice"))["quota"]
    assert (shown["network"], shown["port"], shown["router"]) == (100, 500, 10)
    changed = (await admin.put("/quotas/alice", {"quota": {"network": 2, "port": "-1"}}))["quota"]
    assert (changed["network"], changed["port"]) == (2, -1)
    assert [q["project_id"] for q in (await admin.get("/quotas"))["quotas"]] == ["alice"]
    await alice.make("network")
    details = (await alice.get("/quotas/alice/details.json"))["quota"]
    assert details["network"] == {"limit": 2, "used": 1, "reserved": 0}
    assert (await alice.get("/quotas/alice/default"))["quota"]["network"] == 100
    for bad in ({"network": "many"}, {"network": -2}, {"nonsense": 1}):
        await admin.put("/quotas/alice", {"quota": bad}, 400)
    below = {"quota": {"network": 0, "check_limit": True}}
    assert (await admin.put("/quotas/alice", below, 409))["NeutronError"]["type"] == "InvalidQuotaValue"
    changed = (await admin.put("/quotas/alice", {"quota": {"network": 0, "force": True}}))["quota"]
    assert changed["network"] == 0
    assert "force" not in changed
    await admin.delete("/quotas/alice")
    assert (await alice.get("/quotas/alice"))["quota"]["network"] == 100


async def test_a_limit_is_never_passed(alice, bob, admin):
    await admin.put("/quotas/alice", {"quota": {"network": 3}})
    tries = [
        alice.http.post("/networking/v2.0/networks", json={"network": {}}, headers={"X-Auth-Token": alice.token})
        for _ in range(9)
    ]
    statuses = sorted(answer.status_code for answer in await asyncio.gather(*tries))
    assert statuses == [201] * 3 + [409] * 6
    refused = await alice.make("network", 409)
    assert refused["type"] == "OverQuota"
    assert refused["message"] == "Quota exceeded for resources: ['network']."
    await alice.call("POST", "/networks", 409, {"networks": [{}, {}]})
    assert len(await alice.list("networks")) == 3
    await bob.make("network")


async def test_every_kind_is_counted(alice, admin):
    network = await alice.make("network")
    group = (await alice.list("security_groups"))[0]
    names = ("network", "subnet", "subnetpool", "port", "router", "floatingip", "security_group", "rbac_policy")
    await admin.put(
        "/quotas/alice", {"quota": {**dict.fromkeys(names, 1), "security_group_rule": 4, "network": 1, "subnetpool": 0}}
    )
    await alice.make("subnet", network_id=network["id"], cidr="10.0.0.0/24")
    await alice.make("subnet", 409, network_id=network["id"], cidr="10.0.1.0/24")
    await alice.make("port", network_id=network["id"])
    await alice.make("port", 409, network_id=network["id"])
    await alice.make("router")
    await alice.make("router", 409)
    await alice.make("security_group", 409, plural="security_groups", name="x")
    await alice.make(
        "security_group_rule", 409, plural="security_group_rules", security_group_id=group["id"], direction="ingress"
    )
    await alice.make("subnetpool", 409, prefixes=["10.0.0.0/8"])
