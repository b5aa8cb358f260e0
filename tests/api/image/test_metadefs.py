"""Metadata definitions over HTTP, in this process."""

import pytest

from pileus.image.metadefs import standard

ADMIN = {"X-Auth-Token": "admin:p1"}
STRANGER = {"X-Auth-Token": "member:p2"}
READER = {"X-Auth-Token": "reader:p1"}
AT = "/image/v2/metadefs/namespaces"
PROPERTY = {"title": "T", "type": "string", "description": "D", "enum": ["a", "b"]}


@pytest.fixture
async def ns(api):
    return await made(api)


async def made(api, name="My::Space", **body):
    answer = await api.post(AT, json={"namespace": name, **body}, headers=ADMIN)
    assert answer.status_code == 201, answer.text
    return answer.json()


async def test_a_namespace_has_what_it_was_made_with(api):
    answer = await api.post(
        AT,
        headers=ADMIN,
        json={
            "namespace": "My::Space",
            "display_name": "Mine",
            "description": "About it",
            "visibility": "public",
            "protected": True,
            "resource_type_associations": [{"name": "OS::Nova::Flavor", "prefix": "my:"}],
            "properties": {"one": PROPERTY, "two": {**PROPERTY, "default": 5, "minimum": 1.0}},
            "objects": [{"name": "Thing", "required": ["x"], "properties": {"x": PROPERTY}}],
            "tags": [{"name": "t2"}, {"name": "t1"}],
        },
    )
    assert answer.status_code == 201, answer.text
    assert answer.headers["Location"].endswith("/image/v2/metadefs/namespaces/My::Space")
    shown = (await api.get(f"{AT}/My::Space")).json()
    assert {n: shown[n] for n in ("namespace", "display_name", "description", "visibility", "protected", "owner")} == {
        "namespace": "My::Space",
        "display_name": "Mine",
        "description": "About it",
        "visibility": "public",
        "protected": True,
        "owner": "p1",
    }
    assert (shown["self"], shown["schema"]) == (
        "/v2/metadefs/namespaces/My::Space",
        "/v2/schemas/metadefs/namespace",
    )
    assert shown["properties"] == {"one": PROPERTY, "two": {**PROPERTY, "default": "5", "minimum": 1}}
    (thing,) = shown["objects"]
    assert (thing["name"], thing["required"], thing["properties"]) == ("Thing", ["x"], {"x": PROPERTY})
    assert thing["self"] == "/v2/metadefs/namespaces/My::Space/objects/Thing"
    (association,) = shown["resource_type_associations"]
    assert (association["name"], association["prefix"]) == ("OS::Nova::Flavor", "my:")
    assert "properties_target" not in association
    assert sorted(tag["name"] for tag in shown["tags"]) == ["t1", "t2"]
    prefixed = (await api.get(f"{AT}/My::Space?resource_type=OS::Nova::Flavor")).json()
    assert set(prefixed["properties"]) == {"my:one", "my:two"}
    assert prefixed["objects"][0]["properties"] == {"my:x": PROPERTY}
    assert prefixed["objects"][0]["required"] == ["my:x"]
    (listed,) = [n for n in (await api.get(f"{AT}?limit=1000")).json()["namespaces"] if n["namespace"] == "My::Space"]
    assert "properties" not in listed
    assert listed["resource_type_associations"] == [association]


async def test_an_empty_namespace_shows_only_what_it_has(api, ns):
    shown = (await api.get(f"{AT}/My::Space", headers=READER)).json()
    assert set(shown) == {"namespace", "visibility", "protected", "owner", "created_at", "updated_at", "self", "schema"}
    assert (shown["visibility"], shown["protected"]) == ("private", False)
    assert (await api.get(f"{AT}/My::Space", headers=STRANGER)).status_code == 404


async def test_the_list_has_pages_filters_and_an_order(api):
    for name, visibility in (("A", "public"), ("B", "private"), ("C", "public")):
        await made(api, name, visibility=visibility, resource_type_associations=[{"name": f"T{name}"}])
    seen, url = [], f"{AT}?limit=10&sort_key=namespace&sort_dir=asc"
    first = (await api.get(url)).json()
    assert (first["first"], first["schema"]) == (
        "/v2/metadefs/namespaces?limit=10&sort_key=namespace&sort_dir=asc",
        "/v2/schemas/metadefs/namespaces",
    )
    while url:
        page = (await api.get(url)).json()
        seen += [n["namespace"] for n in page["namespaces"]]
        url = "/image" + page["next"] if "next" in page else ""
    assert [found for found in seen if len(found) == 1] == ["A", "B", "C"]
    assert {"A", "B", "C"} < set(seen)
    assert len(seen) == len(set(seen)) == 33 + 3

    async def names(query, who=None):
        answer = await api.get(f"{AT}?limit=100&{query}", headers=who or {})
        return {n["namespace"] for n in answer.json()["namespaces"]} & {"A", "B", "C"}

    assert await names("visibility=private") == {"B"}
    assert await names("", STRANGER) == {"A", "C"}
    assert await names("resource_types=TA,TB") == {"A", "B"}
    assert await names("resource_types=none") == set()


@pytest.mark.parametrize(
    ("query", "status"),
    [
        ("limit=-1", 400),
        ("limit=x", 400),
        ("sort_dir=x", 400),
        ("sort_key=x", 400),
        ("visibility=shared", 400),
        ("marker=none", 404),
    ],
)
async def test_a_wrong_list_is_refused(api, query, status):
    assert (await api.get(f"{AT}?{query}")).status_code == status


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({}, 400),
        ({"namespace": "x" * 81}, 400),
        ({"namespace": "x", "visibility": "shared"}, 400),
        ({"namespace": "x", "more": 1}, 400),
        ({"namespace": "x", "self": "y"}, 403),
        ({"namespace": "x", "created_at": "y"}, 403),
        ({"namespace": "x", "properties": {"p": {"title": "t"}}}, 400),
        ({"namespace": "x", "properties": {"p": {**PROPERTY, "type": "x"}}}, 400),
        ({"namespace": "x", "tags": [{"name": "t"}, {"name": "t"}]}, 409),
    ],
)
async def test_a_wrong_namespace_is_refused_whole(api, body, status):
    answer = await api.post(AT, json=body, headers=ADMIN)
    assert answer.status_code == status, answer.text
    assert (await api.get(f"{AT}/x", headers=ADMIN)).status_code == 404


async def test_only_administrators_change_definitions(api):
    await made(api, visibility="public", properties={"p": PROPERTY}, tags=[{"name": "t"}], objects=[{"name": "o"}])
    for method, path, body in (
        ("POST", "", {"namespace": "n"}),
        ("PUT", "/My::Space", {"namespace": "n"}),
        ("DELETE", "/My::Space", None),
        ("POST", "/My::Space/objects", {"name": "n"}),
        ("PUT", "/My::Space/objects/o", {"name": "n"}),
        ("DELETE", "/My::Space/objects/o", None),
        ("DELETE", "/My::Space/objects", None),
        ("POST", "/My::Space/properties", {"name": "n", **PROPERTY}),
        ("PUT", "/My::Space/properties/p", {"name": "n", **PROPERTY}),
        ("DELETE", "/My::Space/properties/p", None),
        ("DELETE", "/My::Space/properties", None),
        ("POST", "/My::Space/tags", {"tags": [{"name": "n"}]}),
        ("POST", "/My::Space/tags/n", None),
        ("PUT", "/My::Space/tags/t", {"name": "n"}),
        ("DELETE", "/My::Space/tags/t", None),
        ("DELETE", "/My::Space/tags", None),
        ("POST", "/My::Space/resource_types", {"name": "n"}),
        ("DELETE", "/My::Space/resource_types/n", None),
    ):
        for who in ({}, STRANGER):
            answer = await api.request(method, AT + path, json=body, headers=who)
            assert answer.status_code == 403, (method, path)


async def test_replacing_a_namespace_forgets_what_is_not_said_and_keeps_what_is_in_it(api):
    await made(api, display_name="D", visibility="public", protected=True, tags=[{"name": "t"}])
    answer = await api.put(f"{AT}/My::Space", json={"namespace": "Other"}, headers=ADMIN)
    assert answer.status_code == 200, answer.text
    shown = (await api.get(f"{AT}/Other", headers=ADMIN)).json()
    assert "display_name" not in shown
    assert (shown["visibility"], shown["protected"], shown["tags"]) == ("private", False, [{"name": "t"}])
    assert (await api.get(f"{AT}/My::Space", headers=ADMIN)).status_code == 404
    await made(api)
    assert (await api.put(f"{AT}/Other", json={"namespace": "My::Space"}, headers=ADMIN)).status_code == 409
    assert (await api.put(f"{AT}/Other", json={}, headers=ADMIN)).status_code == 400
    assert (await api.post(AT, json={"namespace": "Other"}, headers=ADMIN)).status_code == 409


async def test_nothing_of_a_protected_namespace_is_deleted(api):
    types = [{"name": "OS::X"}]
    contents = {"properties": {"p": PROPERTY}, "tags": [{"name": "t"}], "objects": [{"name": "o"}]}
    await made(api, protected=True, resource_type_associations=types, **contents)
    paths = ("", "/objects", "/objects/o", "/properties", "/properties/p", "/tags", "/tags/t", "/resource_types/OS::X")
    for path in paths:
        answer = await api.delete(f"{AT}/My::Space{path}", headers=ADMIN)
        assert answer.status_code == 403, path
        assert "is protected and cannot be deleted" in answer.text
    assert (await api.put(f"{AT}/My::Space", json={"namespace": "My::Space"}, headers=ADMIN)).status_code == 200
    for path in ("/objects/o", "/properties/p", "/tags/t", "/resource_types/OS::X"):
        assert (await api.delete(f"{AT}/My::Space{path}", headers=ADMIN)).status_code == 204, path
        assert (await api.delete(f"{AT}/My::Space{path}", headers=ADMIN)).status_code == 404, path
    for path in ("/objects", "/properties", "/tags", ""):
        assert (await api.delete(f"{AT}/My::Space{path}", headers=ADMIN)).status_code == 204, path
    assert (await api.get(f"{AT}/My::Space", headers=ADMIN)).status_code == 404


async def test_objects_come_change_and_are_listed(api, ns):
    url = f"{AT}/My::Space/objects"
    body = {"name": "o", "description": "d", "required": ["x"], "properties": {"x": PROPERTY}}
    answer = await api.post(url, json=body, headers=ADMIN)
    assert answer.status_code == 201, answer.text
    assert {name: answer.json()[name] for name in body} == body
    assert (await api.post(url, json=body, headers=ADMIN)).status_code == 409
    assert (await api.post(url, json={"description": "d"}, headers=ADMIN)).status_code == 400
    changed = await api.put(f"{url}/o", json={"name": "n"}, headers=ADMIN)
    assert changed.status_code == 200
    shown = (await api.get(f"{url}/n")).json()
    assert (shown["required"], shown["properties"]) == ([], {})
    assert "description" not in shown
    assert (await api.get(f"{url}/o")).status_code == 404
    listed = (await api.get(url)).json()
    assert listed == {"objects": [shown], "schema": "v2/schemas/metadefs/objects"}
    assert (await api.get(f"{url}?limit=0")).status_code == 400
    await api.post(url, json=body, headers=ADMIN)
    assert (await api.put(f"{url}/o", json={"name": "n"}, headers=ADMIN)).status_code == 409


async def test_properties_come_change_and_are_listed(api, ns):
    url = f"{AT}/My::Space/properties"
    answer = await api.post(url, json={"name": "p", **PROPERTY}, headers=ADMIN)
    assert (answer.status_code, answer.json()) == (201, {"name": "p", **PROPERTY})
    assert (await api.post(url, json={"name": "p", **PROPERTY}, headers=ADMIN)).status_code == 409
    assert (await api.post(url, json=PROPERTY, headers=ADMIN)).status_code == 400
    assert (await api.get(url)).json() == {"properties": {"p": PROPERTY}}
    given = {"name": "q", "title": "Q", "type": "array", "items": {"type": "string", "enum": ["x"]}, "maxItems": 3}
    assert (await api.put(f"{url}/p", json=given, headers=ADMIN)).json() == given
    assert (await api.get(f"{url}/q")).json() == given
    await api.post(f"{AT}/My::Space/resource_types", json={"name": "T", "prefix": "hw_"}, headers=ADMIN)
    assert (await api.get(f"{url}/hw_q?resource_type=T")).json() == given
    assert (await api.get(f"{url}/q?resource_type=T")).status_code == 404
    assert (await api.get(f"{url}/hw_q?resource_type=Unknown")).status_code == 404


async def test_tags_come_alone_and_together(api, ns):
    url = f"{AT}/My::Space/tags"
    assert (await api.post(f"{url}/one", headers=ADMIN)).status_code == 201
    assert (await api.post(f"{url}/one", headers=ADMIN)).status_code == 409
    assert (await api.post(f"{url}/{'x' * 81}", headers=ADMIN)).status_code == 400

    async def names(query=""):
        return [tag["name"] for tag in (await api.get(f"{url}?sort_key=name&sort_dir=asc{query}")).json()["tags"]]

    more = {"tags": [{"name": "two"}, {"name": "three"}]}
    answer = await api.post(url, json=more, headers={**ADMIN, "X-Openstack-Append": "True"})
    assert (answer.status_code, answer.json()) == (201, more)
    assert await names() == ["one", "three", "two"]
    assert await names("&limit=1&marker=one") == ["three"]
    answer = await api.post(url, json=more, headers={**ADMIN, "X-Openstack-Append": "True"})
    assert answer.status_code == 409
    assert await names() == ["one", "three", "two"]
    assert (await api.post(url, json={"tags": [{"name": "four"}]}, headers=ADMIN)).status_code == 201
    assert await names() == ["four"]
    assert (await api.post(url, json={"tags": [{"word": "x"}]}, headers=ADMIN)).status_code == 400
    shown = await api.put(f"{url}/four", json={"name": "five"}, headers=ADMIN)
    assert set(shown.json()) == {"name", "created_at", "updated_at"}
    assert (await api.get(f"{url}/five")).json() == shown.json()


async def test_resource_types_are_made_by_associations_and_stay(api, ns):
    url = f"{AT}/My::Space/resource_types"
    body = {"name": "OS::Mine", "prefix": "p:", "properties_target": "image"}
    answer = await api.post(url, json=body, headers=ADMIN)
    assert answer.status_code == 201, answer.text
    assert {name: answer.json()[name] for name in body} == body
    assert (await api.post(url, json=body, headers=ADMIN)).status_code == 409
    assert (await api.get(url)).json()["resource_type_associations"] == [answer.json()]
    await api.delete(f"{AT}/My::Space", headers=ADMIN)
    known = [t["name"] for t in (await api.get("/image/v2/metadefs/resource_types")).json()["resource_types"]]
    assert {"OS::Mine", "OS::Glance::Image", "OS::Nova::Flavor", "OS::Trove::Instance"} <= set(known)


async def test_the_standard_definitions_are_there_and_stay_deleted(api, quick_store, world):
    listed = (await api.get(f"{AT}?limit=100", headers=STRANGER)).json()["namespaces"]
    assert len(listed) == 33
    shown = (await api.get(f"{AT}/OS::Compute::VirtCPUTopology")).json()
    assert set(shown["properties"]) >= {"cpu_sockets", "cpu_cores", "cpu_threads", "cpu_max_sockets"}
    assert {a["prefix"] for a in shown["resource_type_associations"]} == {"hw:", "hw_"}
    limits = (await api.get(f"{AT}/OS::Compute::Quota/objects/CPU Limits")).json()
    assert limits["properties"]["quota:cpu_period"]["maximum"] == 1000000
    port = (await api.get(f"{AT}/OS::Software::WebServers/objects/Nginx")).json()["properties"]
    assert port["sw_webserver_nginx_https_port"]["default"] == "443"
    name = "OS::Glance::Signatures"  # which alone is not protected
    assert (await api.delete(f"{AT}/{name}", headers=ADMIN)).status_code == 204
    async with quick_store.write() as tx:
        assert await standard.load(tx, world) == 0
    assert (await api.get(f"{AT}/{name}")).status_code == 404


async def test_every_standard_property_is_one_that_the_api_would_take(api):
    given = {}
    for namespace in (await api.get(f"{AT}?limit=100")).json()["namespaces"]:
        shown = (await api.get(f"{AT}/{namespace['namespace']}")).json()
        given |= shown.get("properties", {})
        for part in shown.get("objects", ()):
            given |= part["properties"]
    assert len(given) > 180
    await made(api, properties=given)
    assert (await api.get(f"{AT}/My::Space/properties")).json()["properties"] == given
