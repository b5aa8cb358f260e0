"""Flavors, their extra specs and the access to them, over HTTP."""

import pytest

OLD = {
    "id",
    "name",
    "links",
    "ram",
    "vcpus",
    "swap",
    "disk",
    "OS-FLV-DISABLED:disabled",
    "os-flavor-access:is_public",
    "rxtx_factor",
    "OS-FLV-EXT-DATA:ephemeral",
}
NEWEST = (OLD - {"rxtx_factor", "OS-FLV-DISABLED:disabled"}) | {"description", "extra_specs"}


async def made(admin, name="f1", version="2.1", **more):
    body = {"flavor": {"name": name, "ram": 64, "vcpus": 1, "disk": 1, **more}}
    answer = await admin.post("/flavors", json=body, headers={"X-OpenStack-Nova-API-Version": version})
    assert answer.status_code == 200, answer.text
    return answer.json()["flavor"]


async def test_a_fresh_cloud_has_flavors(member):
    answer = await member.get("/flavors")
    assert answer.status_code == 200
    flavors = answer.json()["flavors"]
    assert {f["name"] for f in flavors} >= {"m1.nano", "m1.tiny", "m1.xlarge"}
    assert all(set(f) == {"id", "name", "links"} for f in flavors)
    assert "flavors_links" not in answer.json()
    links = {link["rel"]: link["href"] for link in flavors[0]["links"]}
    assert links == {"self": "http://cloud/compute/v2.1/flavors/1", "bookmark": "http://cloud/compute/flavors/1"}


@pytest.mark.parametrize(
    ("version", "keys"),
    [
        ("2.1", OLD),
        ("2.54", OLD),
        ("2.55", OLD | {"description"}),
        ("2.61", OLD | {"description", "extra_specs"}),
        ("2.101", OLD | {"description", "extra_specs"}),
        ("2.102", NEWEST),
        ("2.104", NEWEST),
    ],
)
async def test_what_each_version_shows(member, at, version, keys):
    shown = (await member.get("/flavors/1", headers=at(version))).json()["flavor"]
    assert set(shown) == keys
    assert shown["swap"] == ("" if version in {"2.1", "2.54", "2.55", "2.61"} else 0)
    details = (await member.get("/flavors/detail", headers=at(version))).json()["flavors"]
    assert details[0] == shown


async def test_create_takes_loose_values_and_makes_ids(admin):
    flavor = await made(admin, ram="128", swap="512", rxtx_factor="1.5", **{"os-flavor-access:is_public": "False"})
    assert (flavor["ram"], flavor["swap"], flavor["rxtx_factor"]) == (128, 512, 1.5)
    assert flavor["os-flavor-access:is_public"] is False
    assert len(flavor["id"]) == 36
    assert (await made(admin, name="f2", id=77))["id"] == "77"
    assert (await made(admin, name="f3", id=None))["id"]


@pytest.mark.parametrize(
    "bad",
    [
        {"ram": 0},
        {"ram": "0"},
        {"ram": "x"},
        {"vcpus": 0},
        {"disk": -1},
        {"swap": -1},
        {"name": ""},
        {"name": " f"},
        {"id": "a/b"},
        {"id": ""},
        {"rxtx_factor": 0},
        {"rxtx_factor": "0"},
        {"rxtx_factor": "x"},
        {"description": "before its time"},
        {"os-flavor-access:is_public": "maybe"},
        {"ram": 2**31},
        {"extra": 1},
    ],
)
async def test_bad_flavors(admin, bad):
    body = {"flavor": {"name": "f", "ram": 64, "vcpus": 1, "disk": 1, **bad}}
    answer = await admin.post("/flavors", json=body)
    assert answer.status_code == 400, answer.text
    assert "message" in answer.json()["badRequest"]


async def test_names_and_ids_are_unique(admin):
    await made(admin, id="x")
    for body in ({"name": "f1"}, {"name": "other", "id": "x"}):
        answer = await admin.post("/flavors", json={"flavor": {"ram": 64, "vcpus": 1, "disk": 1, **body}})
        assert answer.status_code == 409
        assert "already exists" in answer.json()["conflictingRequest"]["message"]


async def test_rights(admin, member, stranger):
    body = {"flavor": {"name": "f", "ram": 64, "vcpus": 1, "disk": 1}}
    assert (await member.post("/flavors", json=body)).status_code == 403
    assert (await member.delete("/flavors/1")).status_code == 403
    assert (await stranger.get("/compute/v2.1/flavors")).status_code == 401
    assert (await member.post("/flavors/1/os-extra_specs", json={"extra_specs": {}})).status_code == 403
    assert (await member.get("/flavors/1/os-flavor-access")).status_code == 403


async def test_description(admin, at):
    flavor = await made(admin, version="2.55", description="a b")
    url = f"/flavors/{flavor['id']}"
    assert flavor["description"] == "a b"
    new = at("2.55")
    answer = await admin.put(url, json={"flavor": {"description": None}}, headers=new)
    assert (answer.status_code, answer.json()["flavor"]["description"]) == (200, None)
    assert (await admin.put(url, json={"flavor": {"name": "x"}}, headers=new)).status_code == 400
    assert (await admin.put(url, json={"flavor": {}}, headers=new)).status_code == 400
    assert (await admin.put(url, json={"flavor": {"description": "x"}})).status_code == 404


async def test_delete(admin):
    flavor = await made(admin)
    answer = await admin.delete(f"/flavors/{flavor['id']}")
    assert (answer.status_code, answer.content) == (202, b"")
    answer = await admin.get(f"/flavors/{flavor['id']}")
    assert answer.status_code == 404
    assert answer.json()["itemNotFound"]["message"] == f"Flavor {flavor['id']} could not be found."


async def test_filters_sorting_and_pages(admin, member, at):
    async def names(client, query, version="2.1"):
        answer = await client.get(f"/flavors?{query}", headers=at(version))
        assert answer.status_code == 200, answer.text
        return [f["name"] for f in answer.json()["flavors"]]

    assert await names(member, "minRam=8192&sort_key=memory_mb") == ["m1.large", "m1.xlarge"]
    assert await names(member, "minDisk=80&sort_key=root_gb&sort_dir=desc") == ["m1.xlarge", "m1.large"]
    assert await names(member, "name=m1.nano", "2.102") == ["m1.nano"]
    first = (await member.get("/flavors?limit=3&sort_key=name")).json()
    assert len(first["flavors"]) == 3
    following = first["flavors_links"][0]
    assert following["rel"] == "next"
    second = (await member.get(following["href"])).json()["flavors"]
    assert len(second) == 3
    assert not {f["id"] for f in second} & {f["id"] for f in first["flavors"]}
    for bad in ("minRam=x", "minDisk=x", "limit=-1", "limit=x", "marker=nothing", "sort_key=nothing"):
        assert (await member.get(f"/flavors?{bad}")).status_code == 400, bad
    assert (await admin.get("/flavors?is_public=maybe")).status_code == 400
    assert (await member.get("/flavors?name=x", headers=at("2.75"))).status_code == 400
    assert (await member.get("/flavors?nothing=x")).status_code == 200
    assert (await member.get("/flavors/")).status_code == 404, "an empty id"
    assert (await member.get("/flavors/1?nothing=x", headers=at("2.102"))).status_code == 400


async def test_private_flavors_and_access(admin, member, other, at):
    from tests.api.compute.conftest import OTHER, PROJECT

    flavor = await made(admin, **{"os-flavor-access:is_public": False})
    url = f"/flavors/{flavor['id']}"
    assert (await member.get(url)).status_code == 404
    grant = {"addTenantAccess": {"tenant": PROJECT}}
    answer = await admin.post(url + "/action", json=grant)
    assert answer.status_code == 200
    assert answer.json() == {"flavor_access": [{"flavor_id": flavor["id"], "tenant_id": PROJECT}]}
    assert (await admin.post(url + "/action", json=grant)).status_code == 409
    assert (await member.get(url)).status_code == 200
    assert flavor["id"] in {f["id"] for f in (await member.get("/flavors")).json()["flavors"]}
    assert flavor["id"] not in {f["id"] for f in (await other.get("/flavors")).json()["flavors"]}
    assert (await admin.get(url + "/os-flavor-access")).json()["flavor_access"][0]["tenant_id"] == PROJECT
    nobody = {"addTenantAccess": {"tenant": "d" * 32}}
    assert (await admin.post(url + "/action", json=nobody)).status_code == 400
    take = {"removeTenantAccess": {"tenant": OTHER}}
    assert (await admin.post(url + "/action", json=take)).status_code == 404
    take = {"removeTenantAccess": {"tenant": PROJECT}}
    assert (await admin.post(url + "/action", json=take)).json() == {"flavor_access": []}
    assert (await member.post(url + "/action", json=take)).status_code == 403, "even if they may not see it"
    private = [f["id"] for f in (await admin.get("/flavors?is_public=False")).json()["flavors"]]
    assert private == [flavor["id"]]
    assert flavor["id"] in {f["id"] for f in (await admin.get("/flavors?is_public=None")).json()["flavors"]}
    assert (await admin.get("/flavors/1/os-flavor-access")).status_code == 404
    assert (await admin.post("/flavors/1/action", json=grant)).status_code == 200
    assert (await admin.post("/flavors/2/action", json=grant, headers=at("2.7"))).status_code == 409


async def test_extra_specs(admin, member, at):
    url = "/flavors/1/os-extra_specs"
    answer = await admin.post(url, json={"extra_specs": {"hw:cpu_policy": "shared", "n": 1}})
    assert (answer.status_code, answer.json()) == (200, {"extra_specs": {"hw:cpu_policy": "shared", "n": "1"}})
    answer = await admin.put(url + "/n", json={"n": "2"})
    assert (answer.status_code, answer.json()) == (200, {"n": "2"})
    assert (await member.get(url)).json() == {"extra_specs": {"hw:cpu_policy": "shared", "n": "2"}}
    assert (await member.get(url + "/n")).json() == {"n": "2"}
    shown = (await member.get("/flavors/1", headers=at("2.61"))).json()["flavor"]
    assert shown["extra_specs"] == {"hw:cpu_policy": "shared", "n": "2"}
    answer = await admin.delete(url + "/n")
    assert (answer.status_code, answer.content) == (200, b"")
    for call in (admin.get, admin.delete):
        answer = await call(url + "/n")
        assert answer.status_code == 404
        assert answer.json()["itemNotFound"]["message"] == "Flavor 1 has no extra specs with key n."
    for bad in ({"m": "1"}, {"n": "1", "m": "1"}, {}, {"n": None}, {"n": "x" * 256}, []):
        assert (await admin.put(url + "/n", json=bad)).status_code == 400, bad
    for bad in ({"a/b": "1"}, {"": "1"}, {"n": {}}, {"x" * 256: "1"}):
        assert (await admin.post(url, json={"extra_specs": bad})).status_code == 400, bad


@pytest.mark.parametrize(
    ("key", "value", "status"),
    [
        ("hw:cpu_policy", "dedicated", 200),
        ("hw:cpu_policy", "none", 400),
        ("hw:nothing", "x", 400),
        ("hw:numa_nodes", "0", 400),
        ("hw:numa_nodes", "two", 400),
        ("hw:numa_cpus.0", "0-3,^1", 200),
        ("hw:mem_page_size", "2MB", 200),
        ("hw:boot_menu", "maybe", 400),
        ("resources:VCPU", "2", 200),
        ("resources1:CUSTOM_GOLD", "x", 400),
        ("trait:HW_CPU_X86_AVX", "required", 200),
        ("trait:HW_CPU_X86_AVX", "wanted", 400),
        ("quota:disk_read_bytes_sec", "1000", 200),
        ("mine:whatever", "anything", 200),
        ("free", "anything", 200),
    ],
)
async def test_extra_specs_are_validated_since_their_version(admin, at, key, value, status):
    body = {"extra_specs": {key: value}}
    url = "/flavors/1/os-extra_specs"
    assert (await admin.post(url, json=body, headers=at("2.86"))).status_code == status
    assert (await admin.post(url, json=body, headers=at("2.85"))).status_code == 200
