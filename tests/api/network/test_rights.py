"""Who may know, see, set and do what: invisible is 404, visible but not allowed is 403."""

import pytest


async def test_other_projects_resources_are_not_there(alice, bob):
    network = await alice.make("network")
    subnet = await alice.make("subnet", network_id=network["id"], cidr="10.0.0.0/24")
    port = await alice.make("port", network_id=network["id"])
    router = await alice.make("router")
    group = (await alice.list("security_groups"))[0]
    paths = [
        f"/networks/{network['id']}",
        f"/subnets/{subnet['id']}",
        f"/ports/{port['id']}",
        f"/routers/{router['id']}",
        f"/security-groups/{group['id']}",
        f"/security-group-rules/{group['security_group_rules'][0]['id']}",
    ]
    for path in paths:
        await bob.get(path, 404)
        await bob.delete(path, 404)
        if "rules" not in path:
            key = path.split("/")[1].rstrip("s").replace("-", "_")
            await bob.put(path, {key: {"name": "mine"}}, 404)
            await bob.get(path + "/tags", 404)
    for plural in ("networks", "subnets", "ports", "routers"):
        assert await bob.list(plural) == []
    await bob.make("subnet", 404, network_id=network["id"], cidr="10.1.0.0/24")
    await bob.make("port", 404, network_id=network["id"])
    await bob.put(f"/routers/{router['id']}/add_router_interface", {"subnet_id": subnet["id"]}, 404)


async def test_a_reader_reads(as_, alice):
    network = await alice.make("network")
    reader = as_("reader:alice")
    await reader.get(f"/networks/{network['id']}")
    refused = await reader.call("DELETE", f"/networks/{network['id']}", 403)
    assert refused["NeutronError"]["type"] == "PolicyNotAuthorized"
    assert "rule:delete_network" in refused["NeutronError"]["message"]
    await reader.make("network", 403)
    await as_("nobody:alice").get("/networks", 403)


@pytest.mark.parametrize(
    "attribute",
    [
        {"shared": True},
        {"router:external": True},
        {"provider:network_type": "flat"},
        {"provider:segmentation_id": 3},
        {"is_default": True},
    ],
)
async def test_attributes_for_administrators(alice, admin, attribute):
    refused = await alice.make("network", 403, **attribute)
    assert f"create_network:{next(iter(attribute))}" in refused["message"]
    network = await alice.make("network", shared=False, **{"router:external": "false"})
    await alice.put(f"/networks/{network['id']}", {"network": attribute}, 403)
    seen = (await admin.get(f"/networks/{network['id']}"))["network"]
    assert seen["provider:network_type"] == "geneve"
    assert seen["provider:segmentation_id"] > 0


async def test_a_shared_network(alice, bob, admin):
    network = await admin.make("network", shared=True, name="ours")
    await admin.make("subnet", network_id=network["id"], cidr="10.0.0.0/24")
    seen = (await bob.list("networks", shared="true"))[0]
    assert (seen["id"], seen["shared"]) == (network["id"], True)
    assert [s["cidr"] for s in await bob.list("subnets")] == ["10.0.0.0/24"]
    await bob.make("subnet", 403, network_id=network["id"], cidr="10.1.0.0/24")
    await bob.call("DELETE", f"/networks/{network['id']}", 403)
    port = await bob.make("port", network_id=network["id"])
    refused = await bob.make("port", 403, network_id=network["id"], fixed_ips=[{"ip_address": "10.0.0.9"}])
    assert "create_port:fixed_ips" in refused["message"]
    for attribute in (
        {"mac_address": "fa:16:3e:11:22:33"},
        {"port_security_enabled": False},
        {"device_owner": "network:dhcp"},
        {"allowed_address_pairs": [{"ip_address": "1.2.3.4"}]},
    ):
        await bob.make("port", 403, network_id=network["id"], **attribute)
    assert [p["id"] for p in await bob.list("ports")] == [port["id"]]
    assert await alice.list("ports") == []
    assert port["id"] in [p["id"] for p in await admin.list("ports")]
    in_use = await admin.put(f"/networks/{network['id']}", {"network": {"shared": False}}, 409)
    assert in_use["NeutronError"]["type"] == "InvalidSharedSetting"
    await bob.delete(f"/ports/{port['id']}")
    await admin.put(f"/networks/{network['id']}", {"network": {"shared": False}})
    await bob.get(f"/networks/{network['id']}", 404)


async def test_external_networks_are_known_and_their_subnets_are_not(alice, admin):
    network = await admin.make("network", name="public", **{"router:external": True})
    await admin.make("subnet", network_id=network["id"], cidr="172.24.4.0/24", enable_dhcp=False)
    assert [n["id"] for n in await alice.list("networks", **{"router:external": "True"})] == [network["id"]]
    assert await alice.list("subnets", network_id=network["id"]) == []
    await alice.make("port", 403, network_id=network["id"])


async def test_projects_named_by_others(alice, admin):
    refused = await alice.make("network", 400, project_id="bob")
    assert "requires admin privileges" in refused["message"]
    made = await admin.make("network", tenant_id="alice")
    assert made["project_id"] == made["tenant_id"] == "alice"
    assert [n["id"] for n in await alice.list("networks")] == [made["id"]]
    await admin.make("network", 400, tenant_id="a", project_id="b")


async def test_bindings_are_for_administrators(alice, admin):
    network = await alice.make("network")
    port = await alice.make("port", network_id=network["id"])
    assert {key for key in port if key.startswith("binding:")} == {"binding:vnic_type"}
    await alice.put(f"/ports/{port['id']}", {"port": {"binding:host_id": "host-1"}}, 403)
    bound = (await admin.put(f"/ports/{port['id']}", {"port": {"binding:host_id": "host-1"}}))["port"]
    assert (bound["binding:host_id"], bound["binding:vif_type"]) == ("host-1", "ovs")
    snat = {"external_gateway_info": {"network_id": network["id"], "enable_snat": False}}
    await alice.make("router", 403, **snat)
    await alice.make("router", 403, distributed=True)


async def test_agents_zones_and_quotas(alice, admin, as_):
    assert await alice.list("agents") == []
    agents = await admin.list("agents")
    assert [a["host"] for a in agents] == ["host-1", "host-2"]
    assert (await admin.get(f"/agents/{agents[0]['id']}"))["agent"] == agents[0]
    assert len(await admin.list("agents", host="host-2")) == 1
    zones = (await alice.get("/availability_zones"))["availability_zones"]
    assert {(z["name"], z["resource"]) for z in zones} == {("nova", "network"), ("nova", "router")}
    await alice.put("/quotas/alice", {"quota": {"network": 1}}, 403)
    await as_("member:bob").get("/quotas/alice", 403)
