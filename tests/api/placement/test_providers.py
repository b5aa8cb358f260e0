"""Providers, inventories, traits, aggregates and classes on the wire, at the versions that changed them."""

import uuid

import pytest

UNKNOWN = "7c3b2a0e-94d1-4b8e-a1f1-0d6f6f0b9a11"


async def test_versions_need_no_token(ask):
    answer = await ask.http.get("/placement/")
    entry = answer.json()["versions"][0]
    assert (entry["min_version"], entry["max_version"], entry["id"]) == ("1.0", "1.39", "v1.0")
    assert answer.headers["openstack-api-version"] == "placement 1.0"
    assert "last-modified" not in answer.headers
    assert (await ask.http.get("/placement")).status_code == 200


@pytest.mark.parametrize("asked", ["0.9", "1.40", "2.0"])
async def test_an_unknown_version_names_those_there_are(ask, asked):
    error = (await ask("GET", "/resource_providers", version=asked, status=406)).json()["errors"][0]
    assert (error["min_version"], error["max_version"]) == ("1.0", "1.39")
    assert asked in error["detail"]


async def test_errors_have_a_shape_and_since_1_23_a_code(ask):
    for version, code in (("1.22", None), ("1.23", "placement.undefined_code")):
        error = (await ask("GET", f"/resource_providers/{UNKNOWN}", version=version, status=404)).json()["errors"][0]
        assert (error["status"], error["title"], error.get("code")) == (404, "Not Found", code)
        assert error["request_id"].startswith("req-")
    allowed = await ask("PATCH", "/resource_providers", status=405)
    assert set(allowed.headers["allow"].split(", ")) == {"GET", "POST"}
    assert (await ask("GET", "/cows", status=404)).json()["errors"][0]["title"] == "Not Found"


async def test_only_json_is_spoken(ask):
    assert (await ask("GET", "/resource_providers", Accept="text/plain", status=406)).status_code == 406
    assert (await ask("GET", "/resource_providers", Accept="text/plain, */*;q=0.1")).status_code == 200
    headers = {"X-Auth-Token": "admin:p"}
    for kind, status in (("text/plain", 415), ("", 400)):
        sent = {**headers, **({"Content-Type": kind} if kind else {})}
        answer = await ask.http.post("/placement/resource_providers", content=b'{"name": "x"}', headers=sent)
        assert answer.status_code == status
    broken = {**headers, "Content-Type": "application/json"}
    answer = await ask.http.post("/placement/resource_providers", content=b'{"name": ', headers=broken)
    assert (answer.status_code, "Malformed JSON" in answer.text) == (400, True)


async def test_rights_come_before_everything(ask):
    for token in ("reader:p", "system"):
        for path in ("/resource_providers", f"/resource_providers/{UNKNOWN}", "/traits", "/allocation_candidates"):
            await ask("GET", path, token=token, status=403)
        await ask("POST", "/reshaper", ["nonsense"], token=token, status=403)
    await ask("GET", "/resource_providers", token="service:s")
    await ask("POST", "/reshaper", {"inventories": {}, "allocations": {}}, token="admin:p", status=403)
    await ask("GET", "/usages?project_id=p", token="reader:p")
    await ask("GET", "/usages?project_id=q", token="reader:p", status=403)
    assert (await ask.http.get("/placement/resource_providers")).status_code == 401


async def test_making_a_provider_answers_with_it_since_1_20(ask):
    old = await ask("POST", "/resource_providers", {"name": "a"}, version="1.19", status=201)
    assert old.content == b""
    uid = old.headers["location"].rpartition("/")[2]
    new = await ask(
        "POST", "/resource_providers", {"name": "b", "parent_provider_uuid": uid}, version="1.20", status=200
    )
    made = new.json()
    assert (made["root_provider_uuid"], made["parent_provider_uuid"], made["generation"]) == (uid, uid, 0)
    assert new.headers["cache-control"] == "no-cache"
    plain = (await ask("GET", f"/resource_providers/{uid}", version="1.0")).json()
    assert set(plain) == {"uuid", "name", "generation", "links"}
    assert [link["rel"] for link in plain["links"]] == ["self", "inventories", "usages"]
    assert plain["links"][0]["href"] == f"/placement/resource_providers/{uid}"
    await ask("POST", "/resource_providers", {"name": "c", "parent_provider_uuid": uid}, version="1.13", status=400)
    twice = await ask("POST", "/resource_providers", {"name": "a"}, status=409)
    assert twice.json()["errors"][0]["code"] == "placement.duplicate_name"
    bare = uuid.uuid4().hex
    made = (await ask("POST", "/resource_providers", {"name": "d", "uuid": bare})).json()
    assert made["uuid"] == str(uuid.UUID(bare))


async def test_trees_are_rearranged_since_1_37(ask):
    root, other = await ask.provider("root"), await ask.provider("other")
    child = await ask.provider("child", parent=root)
    leaf = await ask.provider("leaf", parent=child)

    async def move(uid, name, parent, **options):
        return await ask("PUT", f"/resource_providers/{uid}", {"name": name, "parent_provider_uuid": parent}, **options)

    for parent in (other, None):
        assert "parenting" in (await move(child, "child", parent, version="1.36", status=400)).text
    assert "loop" in (await move(root, "root", leaf, status=400)).text
    assert "loop" in (await move(root, "root", root, status=400)).text
    assert "does not exist" in (await move(child, "child", UNKNOWN, status=400)).text
    await move(child, "child", other)
    tree = (await ask("GET", f"/resource_providers?in_tree={leaf}")).json()["resource_providers"]
    assert {entry["name"]: entry["root_provider_uuid"] for entry in tree} == dict.fromkeys(
        ("other", "child", "leaf"), other
    )
    await move(child, "child", None)
    assert (await ask("GET", f"/resource_providers/{leaf}")).json()["root_provider_uuid"] == child
    parent = await ask("DELETE", f"/resource_providers/{child}", status=409)
    assert parent.json()["errors"][0]["code"] == "placement.resource_provider.cannot_delete_parent"
    await ask("DELETE", f"/resource_providers/{leaf}", status=204)
    await ask("DELETE", f"/resource_providers/{leaf}", status=404)


async def test_inventories_go_with_generations(ask):
    uid = await ask.provider("host")
    path = f"/resource_providers/{uid}/inventories"
    made = await ask("POST", path, {"resource_class": "VCPU", "total": 8}, status=201)
    assert made.headers["location"].endswith(f"{path}/VCPU")
    assert made.json()["max_unit"] == 2147483647
    again = await ask("POST", path, {"resource_class": "VCPU", "total": 8}, status=409)
    assert again.json()["errors"][0]["code"] == "placement.concurrent_update"
    stale = {"resource_provider_generation": 0, "total": 9}
    error = (await ask("PUT", f"{path}/VCPU", stale, status=409)).json()["errors"][0]
    assert error["code"] == "placement.concurrent_update"
    assert (await ask("PUT", f"{path}/VCPU", {**stale, "resource_provider_generation": 1})).json()["total"] == 9
    await ask("PUT", f"{path}/DISK_GB", {**stale, "resource_provider_generation": 2}, status=400)
    full = {"resource_provider_generation": 2, "inventories": {"DISK_GB": {"total": 10, "reserved": 10}}}
    assert "greater than or equal" in (await ask("PUT", path, full, version="1.25", status=400)).text
    shown = (await ask("PUT", path, full, version="1.26")).json()
    assert (shown["resource_provider_generation"], list(shown["inventories"])) == (3, ["DISK_GB"])
    await ask("GET", f"{path}/VCPU", status=404)
    await ask("DELETE", path, version="1.4", status=405)
    await ask("DELETE", path, version="1.5", status=204)
    assert (await ask("GET", path)).json() == {"resource_provider_generation": 4, "inventories": {}}
    for said in (
        {"total": 0},
        {"total": 1, "min_unit": 0},
        {"total": 1 << 31},
        {"total": 1, "extra": 1},
        {"total": "1"},
    ):
        await ask("POST", path, {"resource_class": "VCPU", **said}, status=400)
    await ask("POST", path, {"resource_class": "CUSTOM_NONE", "total": 1}, status=400)


async def test_custom_classes_and_traits(ask):
    await ask("GET", "/resource_classes", version="1.1", status=404)
    assert (await ask("POST", "/resource_classes", {"name": "CUSTOM_A"}, version="1.2", status=201)).content == b""
    renamed = await ask("PUT", "/resource_classes/CUSTOM_A", {"name": "CUSTOM_B"}, version="1.6")
    assert renamed.json()["name"] == "CUSTOM_B"
    for status in (201, 204):
        await ask("PUT", "/resource_classes/CUSTOM_C", version="1.7", status=status)
    await ask("PUT", "/resource_classes/VCPU", version="1.7", status=400)
    names = [entry["name"] for entry in (await ask("GET", "/resource_classes")).json()["resource_classes"]]
    assert (names[0], names[-2:]) == ("VCPU", ["CUSTOM_B", "CUSTOM_C"])
    host = await ask.provider("host", {"CUSTOM_C": 1}, traits=["CUSTOM_T", "HW_CPU_X86_AVX"])
    await ask("DELETE", "/resource_classes/CUSTOM_C", status=409)
    await ask("DELETE", "/resource_classes/CUSTOM_B", status=204)
    await ask("DELETE", "/resource_classes/VCPU", status=400)
    await ask("GET", "/traits", version="1.5", status=404)
    assert (await ask("GET", "/traits?name=startswith:CUSTOM_")).json() == {"traits": ["CUSTOM_T"]}
    assert set((await ask("GET", "/traits?associated=true")).json()["traits"]) == {"CUSTOM_T", "HW_CPU_X86_AVX"}
    await ask("GET", "/traits?associated=maybe", status=400)
    await ask("PUT", "/traits/NOT_CUSTOM", status=400)
    await ask("DELETE", "/traits/CUSTOM_T", status=409)
    await ask("DELETE", "/traits/HW_CPU_X86_AVX", status=400)
    await ask("DELETE", f"/resource_providers/{host}/traits", status=204)
    await ask("DELETE", "/traits/CUSTOM_T", status=204)
    await ask("GET", "/traits/CUSTOM_T", status=404)
    body = {"resource_provider_generation": 3, "traits": ["CUSTOM_T"]}
    assert "CUSTOM_T" in (await ask("PUT", f"/resource_providers/{host}/traits", body, status=400)).text


async def test_aggregates_were_a_bare_list(ask):
    uid, group = await ask.provider("host"), str(uuid.uuid4())
    path = f"/resource_providers/{uid}/aggregates"
    await ask("GET", path, version="1.0", status=404)
    assert (await ask("PUT", path, [group], version="1.18")).json() == {"aggregates": [group]}
    await ask("PUT", path, [group], version="1.19", status=400)
    await ask("PUT", path, [group, group], version="1.18", status=400)
    new = {"aggregates": [], "resource_provider_generation": 0}
    assert (await ask("PUT", path, new)).json() == {"aggregates": [], "resource_provider_generation": 1}
    assert (await ask("PUT", path, new, status=409)).json()["errors"][0]["code"] == "placement.concurrent_update"


async def test_lists_are_narrowed_as_the_version_allows(ask):
    one, two = str(uuid.uuid4()), str(uuid.uuid4())
    await ask.provider("a", {"VCPU": 8}, traits=["HW_CPU_X86_AVX"], aggregates=[one])
    await ask.provider("b", {"VCPU": 2}, traits=["HW_CPU_X86_SSE", "CUSTOM_X"], aggregates=[one, two])
    await ask.provider("c")

    async def names(query, **options):
        answer = await ask("GET", f"/resource_providers?{query}", **options)
        return "".join(entry["name"] for entry in answer.json()["resource_providers"])

    assert await names("name=b") == "b"
    assert await names("resources=VCPU:4") == "a"
    assert await names("required=CUSTOM_X") == "b"
    assert await names("required=!CUSTOM_X") == "ac"
    assert await names("required=in:HW_CPU_X86_AVX,CUSTOM_X&required=!HW_CPU_X86_AVX") == "b"
    assert await names(f"member_of={one}&member_of=in:{two},{one}") == "ab"
    assert await names(f"member_of={one}&member_of=!{two}") == "a"
    assert await names(f"in_tree={UNKNOWN}") == ""
    refused = {
        "required=CUSTOM_X": "1.17",
        "required=!CUSTOM_X": "1.21",
        "required=in:CUSTOM_X,HW_CPU_X86_AVX": "1.38",
        f"member_of={one}&member_of={two}": "1.23",
        f"member_of=!{two}": "1.31",
        "resources=VCPU:4": "1.3",
        "required=NO_SUCH_TRAIT": "1.39",
        "resources=NO_SUCH:1": "1.39",
        "resources=VCPU": "1.39",
        "resources=VCPU:0": "1.39",
        "required=": "1.39",
        "member_of=in:": "1.39",
        "unknown=1": "1.39",
        "uuid=x": "1.39",
    }
    for query, version in refused.items():
        await ask("GET", f"/resource_providers?{query}", version=version, status=400)
