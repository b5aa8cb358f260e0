"""Candidates on the wire: groups, sharing, trees, and what each version sees of them."""

import uuid

import pytest

SHARES = "MISC_SHARES_VIA_AGGREGATE"


@pytest.fixture
async def cloud(ask):
    """A host with two cards of its own network each, a flat host, and shared storage for both."""
    group = str(uuid.uuid4())
    tall = await ask.provider("tall", {"VCPU": 8, "MEMORY_MB": 1024}, traits=["CUSTOM_RACK_1"], aggregates=[group])
    node = await ask.provider("node", parent=tall, traits=["HW_NUMA_ROOT"])
    left = await ask.provider("left", {"VGPU": 2}, parent=node, traits=["CUSTOM_RED"])
    right = await ask.provider("right", {"VGPU": 2}, parent=node, traits=["CUSTOM_BLUE"])
    flat = await ask.provider("flat", {"VCPU": 4, "MEMORY_MB": 512, "DISK_GB": 100}, aggregates=[group])
    disk = await ask.provider("disk", {"DISK_GB": 1000}, traits=[SHARES], aggregates=[group])
    return {"tall": tall, "node": node, "left": left, "right": right, "flat": flat, "disk": disk, "group": group}


def named(cloud, taken):
    names = {uid: name for name, uid in cloud.items()}
    return sorted("+".join(sorted(names[uid] for uid in entry)) for entry in taken)


async def test_resources_come_from_a_tree_and_what_shares_with_it(ask, cloud):
    async def found(query):
        return named(cloud, (await ask.candidates(query))[0])

    assert await found("resources=VCPU:1") == ["flat", "tall"]
    assert await found("resources=VCPU:1,DISK_GB:10") == ["disk+flat", "disk+tall", "flat"]
    assert await found("resources=VCPU:1,VGPU:1") == ["left+tall", "right+tall"]
    assert await found("resources=VCPU:1,DISK_GB:500") == ["disk+flat", "disk+tall"]
    assert await found("resources=VCPU:9") == []
    assert await found("resources=VCPU:1&required=CUSTOM_RACK_1") == ["tall"]
    assert await found("resources=VCPU:1&required=!CUSTOM_RACK_1") == ["flat"]
    assert await found("resources=VCPU:1,VGPU:1&required=CUSTOM_RED") == ["left+tall"]
    assert await found("resources=VCPU:1,VGPU:1&required=in:CUSTOM_RED,CUSTOM_BLUE") == ["left+tall", "right+tall"]
    assert await found(f"resources=VCPU:1,DISK_GB:1&in_tree={cloud['flat']}") == ["flat"]
    assert await found(f"resources=VCPU:1&in_tree={cloud['left']}") == ["tall"]
    assert await found(f"resources=VCPU:1&in_tree={uuid.uuid4()}") == []
    assert await found(f"resources=VCPU:1,VGPU:1&member_of={cloud['group']}") == ["left+tall", "right+tall"]
    assert await found(f"resources=VCPU:1&member_of=!{cloud['group']}") == []
    assert await found("resources=VCPU:1&root_required=CUSTOM_RACK_1") == ["tall"]
    assert await found("resources=VCPU:1&root_required=!CUSTOM_RACK_1") == ["flat"]


async def test_groups_have_a_provider_each(ask, cloud):
    async def found(query):
        return named(cloud, (await ask.candidates(query))[0])

    two = "resources=VCPU:1&resources_A=VGPU:1&resources_B=VGPU:1"
    assert await found(f"{two}&group_policy=none") == ["left+right+tall"] * 2 + ["left+tall", "right+tall"]
    assert await found(f"{two}&group_policy=isolate") == ["left+right+tall"] * 2
    assert await found(f"{two}&required_A=CUSTOM_RED&group_policy=isolate") == ["left+right+tall"]
    assert await found("resources_A=VCPU:1&resources_B=DISK_GB:1&group_policy=none") == [
        "disk+flat",
        "disk+tall",
        "flat",
    ]
    more = "resources_A=VGPU:2&resources_B=VGPU:1&group_policy=none"
    assert await found(more) == ["left+right"] * 2
    taken, answer = await ask.candidates(f"{two}&required_A=CUSTOM_RED&required_B=CUSTOM_RED&group_policy=none")
    assert taken == [{cloud["tall"]: {"VCPU": 1}, cloud["left"]: {"VGPU": 2}}]
    mappings = answer["allocation_requests"][0]["mappings"]
    assert mappings == {"": [cloud["tall"]], "_A": [cloud["left"]], "_B": [cloud["left"]]}


async def test_subtrees_and_groups_without_resources(ask, cloud):
    query = "resources_A=VGPU:1&required_N=HW_NUMA_ROOT&same_subtree=_A,_N&group_policy=none"
    taken, answer = await ask.candidates(query)
    assert named(cloud, taken) == ["left", "right"]
    assert answer["allocation_requests"][0]["mappings"]["_N"] == [cloud["node"]]
    apart = "resources_A=VGPU:1&required_A=CUSTOM_RED&resources_B=VGPU:1&required_B=CUSTOM_BLUE&group_policy=none"
    assert len((await ask.candidates(apart))[0]) == 1
    assert (await ask.candidates(f"{apart}&same_subtree=_A,_B"))[0] == []
    assert len((await ask.candidates(f"{apart}&required_N=HW_NUMA_ROOT&same_subtree=_A,_B,_N"))[0]) == 1


async def test_what_each_version_sees(ask, cloud):
    await ask("GET", "/allocation_candidates?resources=VCPU:1", version="1.9", status=404)
    old = (await ask("GET", "/allocation_candidates?resources=VCPU:1", version="1.10")).json()
    assert {request["allocations"][0]["resource_provider"]["uuid"] for request in old["allocation_requests"]} == {
        cloud["tall"],
        cloud["flat"],
    }
    assert old["provider_summaries"][cloud["flat"]] == {"resources": {"VCPU": {"capacity": 4, "used": 0}}}
    assert (await ask.candidates("resources=VCPU:1,VGPU:1", version="1.28"))[0] == []
    _, answer = await ask.candidates("resources=VCPU:1", version="1.29")
    assert "mappings" not in answer["allocation_requests"][0]
    assert set(answer["provider_summaries"]) == {cloud[name] for name in ("tall", "node", "left", "right", "flat")}
    left = answer["provider_summaries"][cloud["left"]]
    assert (left["parent_provider_uuid"], left["root_provider_uuid"]) == (cloud["node"], cloud["tall"])
    assert left["traits"] == ["CUSTOM_RED"]
    taken, answer = await ask.candidates("resources=VCPU:1&limit=1")
    assert (len(taken), len({s["root_provider_uuid"] for s in answer["provider_summaries"].values()})) == (1, 1)


async def test_refusals(ask):
    refused = {
        "": "1.39",
        "resources=": "1.39",
        "resources=VCPU:1&limit=0": "1.16",
        "resources=VCPU:1&limit=1": "1.15",
        "resources=VCPU:1&required=HW_CPU_X86_AVX": "1.16",
        "resources=VCPU:1&required=!HW_CPU_X86_AVX": "1.21",
        "resources=VCPU:1&required=HW_CPU_X86_AVX,!HW_CPU_X86_AVX": "1.22",
        "resources=VCPU:1&required=NO_SUCH": "1.39",
        "resources=NO_SUCH:1": "1.39",
        "resources1=VCPU:1": "1.24",
        "resources_A=VCPU:1": "1.32",
        "resources1=VCPU:1&resources2=VCPU:1": "1.25",
        "resources1=VCPU:1&group_policy=both": "1.25",
        "resources=VCPU:1&required1=HW_CPU_X86_AVX": "1.25",
        "resources=VCPU:1&root_required=HW_CPU_X86_AVX": "1.34",
        "resources=VCPU:1&root_required=HW_CPU_X86_AVX&root_required=HW_CPU_X86_SSE": "1.35",
        "resources_A=VCPU:1&same_subtree=_A": "1.35",
        "resources_A=VCPU:1&same_subtree=_B": "1.36",
        "resources_A=VCPU:1&same_subtree=": "1.36",
        "resources_A=VCPU:1&required_B=HW_CPU_X86_AVX&group_policy=none": "1.36",
        "resources=VCPU:1&in_tree=x": "1.31",
    }
    for query, version in refused.items():
        await ask("GET", f"/allocation_candidates?{query}", version=version, status=400)
    twice = "resources=VCPU:1&root_required=HW_CPU_X86_AVX&root_required=HW_CPU_X86_SSE"
    error = (await ask("GET", f"/allocation_candidates?{twice}", status=400)).json()["errors"][0]
    assert error["code"] == "placement.query.duplicate_key"


async def test_candidates_follow_every_change(ask, cloud):
    """Each change of a provider is seen by the next request, though the snapshot is kept."""

    async def hosts():
        return named(cloud, (await ask.candidates("resources=VCPU:4"))[0])

    uid = str(uuid.uuid4())
    assert await hosts() == ["flat", "tall"]
    said = {"project_id": "p", "user_id": "u", "consumer_generation": None, "consumer_type": "INSTANCE"}
    await ask("PUT", f"/allocations/{uid}", {"allocations": {cloud["flat"]: {"resources": {"VCPU": 1}}}, **said})
    assert await hosts() == ["tall"]
    await ask("DELETE", f"/allocations/{uid}")
    assert await hosts() == ["flat", "tall"]
    generation = (await ask("GET", f"/resource_providers/{cloud['tall']}")).json()["generation"]
    await ask("DELETE", f"/resource_providers/{cloud['flat']}")
    assert await hosts() == ["tall"]
    body = {"resource_provider_generation": generation, "total": 3}
    await ask("PUT", f"/resource_providers/{cloud['tall']}/inventories/VCPU", body)
    assert await hosts() == []
