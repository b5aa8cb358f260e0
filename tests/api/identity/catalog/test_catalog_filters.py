"""Endpoint groups and filters, what they leave of a project's catalog, and policies of endpoints."""

import pytest


async def catalog(cloud, project="demo"):
    demo = await cloud.login("demo", "demo-secret", project)
    return (await demo.get("/v3/auth/catalog")).json()["catalog"]


def urls(catalog):
    return {endpoint["url"] for service in catalog for endpoint in service["endpoints"]}


@pytest.fixture
async def shop(admin, make):
    """Two services with two endpoints each in a small tree of regions."""
    await make("regions", id="north")
    await make("regions", id="north-1", parent_region_id="north")
    made = {}
    for kind in ("shop", "bank"):
        service = await make("services", type=kind, name=kind)
        made[kind] = service["id"]
        for interface, region in (("public", "north-1"), ("internal", "north")):
            values = {"interface": interface, "region_id": region, "url": f"http://{kind}/{interface}"}
            endpoint = await make("endpoints", service_id=service["id"], **values)
            made[f"{kind} {interface}"] = endpoint["id"]
    projects = (await admin.get("/v3/projects?name=demo")).json()["projects"]
    return {**made, "demo": projects[0]["id"]}


async def test_a_project_with_endpoints_of_its_own(cloud, admin, shop):
    assert len(urls(await catalog(cloud))) > 4
    url = f"/v3/OS-EP-FILTER/projects/{shop['demo']}/endpoints/{shop['shop public']}"
    assert (await admin.get(url)).status_code == 404
    assert (await admin.put(url)).status_code == 204
    assert (await admin.put(url)).status_code == 409
    assert (await admin.head(url)).status_code == 204
    left = await catalog(cloud)
    assert [service["type"] for service in left] == ["shop"]
    assert urls(left) == {"http://shop/public"}
    listed = await admin.get(f"/v3/OS-EP-FILTER/projects/{shop['demo']}/endpoints")
    assert [e["id"] for e in listed.json()["endpoints"]] == [shop["shop public"]]
    projects = await admin.get(f"/v3/OS-EP-FILTER/endpoints/{shop['shop public']}/projects")
    assert [p["name"] for p in projects.json()["projects"]] == ["demo"]
    assert (await admin.delete(f"/v3/endpoints/{shop['shop public']}")).status_code == 204
    assert len(urls(await catalog(cloud))) >= 4, "a filter that names nothing that is left filters nothing"


async def test_endpoint_groups(cloud, admin, shop):
    body = {"endpoint_group": {"name": "inner", "filters": {"interface": "internal", "service_id": shop["bank"]}}}
    made = await admin.post("/v3/OS-EP-FILTER/endpoint_groups", json=body)
    assert made.status_code == 201
    group = made.json()["endpoint_group"]
    assert group["links"]["self"] == f"http://cloud/v3/OS-EP-FILTER/endpoint_groups/{group['id']}"
    at = f"/v3/OS-EP-FILTER/endpoint_groups/{group['id']}"
    assert [e["url"] for e in (await admin.get(at + "/endpoints")).json()["endpoints"]] == ["http://bank/internal"]
    pair = f"{at}/projects/{shop['demo']}"
    assert (await admin.get(pair)).status_code == 404
    assert (await admin.put(pair)).status_code == 204
    assert (await admin.get(pair)).json()["project_endpoint_group"] == {
        "endpoint_group_id": group["id"],
        "project_id": shop["demo"],
        "links": {"self": "http://cloud" + pair},
    }
    assert urls(await catalog(cloud)) == {"http://bank/internal"}
    assert [p["name"] for p in (await admin.get(at + "/projects")).json()["projects"]] == ["demo"]
    of_project = await admin.get(f"/v3/OS-EP-FILTER/projects/{shop['demo']}/endpoint_groups")
    assert of_project.json()["endpoint_groups"] == [group]
    changed = await admin.patch(at, json={"endpoint_group": {"filters": {"interface": "internal"}}})
    assert changed.json()["endpoint_group"]["filters"] == {"interface": "internal"}
    assert {"http://bank/internal", "http://shop/internal"} <= urls(await catalog(cloud))
    assert "http://bank/public" not in urls(await catalog(cloud))
    assert (await admin.delete(pair)).status_code == 204
    assert "http://bank/public" in urls(await catalog(cloud))
    await admin.put(pair)
    assert (await admin.delete(at)).status_code == 204
    assert "http://bank/public" in urls(await catalog(cloud))


@pytest.mark.parametrize(
    "body",
    [
        {"name": "x"},
        {"name": "x", "filters": {}},
        {"name": "x", "filters": {"url": "http://x"}},
        {"name": "x", "filters": {"interface": "secret"}},
        {"filters": {"interface": "public"}},
        {"name": "x", "filters": {"interface": "public"}, "more": 1},
    ],
)
async def test_bad_endpoint_groups(admin, body):
    answer = await admin.post("/v3/OS-EP-FILTER/endpoint_groups", json={"endpoint_group": body})
    assert answer.status_code == 400


async def test_the_nearest_policy_of_an_endpoint_counts(admin, make, shop):
    policies = [await make("policies", type="text/plain", blob=str(number)) for number in range(3)]
    public = f"/v3/endpoints/{shop['shop public']}/OS-ENDPOINT-POLICY/policy"

    def at(number, path):
        return f"/v3/policies/{policies[number]['id']}/OS-ENDPOINT-POLICY/{path}"

    async def blob():
        answer = await admin.get(public)
        return answer.json()["policy"]["blob"] if answer.status_code == 200 else answer.status_code

    assert await blob() == 404
    places = (f"services/{shop['shop']}", f"services/{shop['shop']}/regions/north", f"endpoints/{shop['shop public']}")
    for number, place in enumerate(places):
        assert (await admin.get(at(number, place))).status_code == 404
        assert (await admin.put(at(number, place))).status_code == 204
        assert (await admin.head(at(number, place))).status_code == 204
        assert await blob() == str(number)
    listed = [(await admin.get(at(number, "endpoints"))).json()["endpoints"] for number in range(3)]
    assert [{e["url"] for e in endpoints} for endpoints in listed] == [
        {"http://shop/public", "http://shop/internal"},
        {"http://shop/public", "http://shop/internal"},
        {"http://shop/public"},
    ]
    assert (await admin.put(at(0, places[2]))).status_code == 204, "another policy makes way"
    assert (await admin.get(at(2, places[2]))).status_code == 404
    assert (await admin.delete(at(0, places[2]))).status_code == 204
    assert await blob() == "1"
    assert (await admin.delete(f"/v3/policies/{policies[1]['id']}")).status_code == 204
    assert await blob() == "0"
    assert (await admin.put(at(0, "services/nothing"))).status_code == 404
