"""Networks shared with one other project."""


async def test_sharing_with_one_project(alice, bob, as_, admin):
    network = await alice.make("network", name="n")
    await alice.make("subnet", network_id=network["id"], cidr="10.0.0.0/24")
    body = {"object_type": "network", "object_id": network["id"], "action": "access_as_shared", "target_tenant": "bob"}
    policy = await alice.make("rbac_policy", plural="rbac_policies", **body)
    assert policy["target_tenant"] == "bob"
    assert (await bob.get(f"/networks/{network['id']}"))["network"]["shared"] is True
    assert (await alice.get(f"/networks/{network['id']}"))["network"]["shared"] is False
    await as_("member:carol").get(f"/networks/{network['id']}", 404)
    await alice.make("rbac_policy", 409, plural="rbac_policies", **body)
    await alice.make("rbac_policy", 403, plural="rbac_policies", **{**body, "target_tenant": "*"})
    await bob.make("rbac_policy", 400, plural="rbac_policies", **{**body, "target_tenant": "carol"})
    await alice.make("rbac_policy", 400, plural="rbac_policies", **{**body, "object_type": "moon"})
    port = await bob.make("port", network_id=network["id"])
    path = f"/rbac-policies/{policy['id']}"
    assert (await alice.delete(path, 409))["NeutronError"]["type"] == "RbacPolicyInUse"
    assert [p["id"] for p in await bob.list("rbac_policies")] == [policy["id"]]
    await bob.delete(path, 403)
    await bob.delete(f"/ports/{port['id']}")
    moved = (await alice.put(path, {"rbac_policy": {"target_tenant": "carol"}}))["rbac_policy"]
    assert moved["target_tenant"] == "carol"
    await bob.get(f"/networks/{network['id']}", 404)
    await alice.put(path, {"rbac_policy": {"target_tenant": "*"}}, 403)
    await alice.delete(path)
    await as_("member:carol").get(f"/networks/{network['id']}", 404)
