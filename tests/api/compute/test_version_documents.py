"""The version documents, as clients discover compute by them."""


async def test_the_list_and_each_self_link(stranger):
    for path in ("/compute/", "/compute"):
        answer = await stranger.get(path)
        assert answer.status_code == 200
    old, current = answer.json()["versions"]
    assert (old["id"], old["version"], old["min_version"]) == ("v2.0", "", "")
    assert (current["id"], current["version"], current["min_version"]) == ("v2.1", "2.104", "2.1")
    assert current["status"] == "CURRENT"
    for version in (old, current):
        assert set(version) == {"id", "links", "status", "updated", "version", "min_version"}
        (link,) = version["links"]
        assert link["rel"] == "self"
        shown = await stranger.get(link["href"])
        assert shown.status_code == 200
        document = shown.json()["version"]
        assert set(document) == {*version, "media-types"}
        assert [one["href"] for one in document["links"] if one["rel"] == "self"] == [link["href"]]


async def test_every_answer_names_its_version_and_request(member):
    answer = await member.get("/flavors", headers={"OpenStack-API-Version": "compute latest"})
    assert answer.headers["OpenStack-API-Version"] == "compute 2.104"
    assert answer.headers["X-OpenStack-Nova-API-Version"] == "2.104"
    assert answer.headers["x-compute-request-id"] == answer.headers["x-openstack-request-id"]
    refused = await member.get("/flavors", headers={"X-OpenStack-Nova-API-Version": "2.999"})
    assert refused.status_code == 406
    assert refused.json()["computeFault"]["code"] == 406
    unknown = await member.get("/nothing")
    assert unknown.status_code == 404
    assert unknown.json()["itemNotFound"]["code"] == 404


async def test_the_project_may_stand_in_the_path(member):
    answer = await member.get(f"/{'b' * 32}/flavors/1")
    assert answer.status_code == 200
    links = {link["rel"]: link["href"] for link in answer.json()["flavor"]["links"]}
    assert links["self"] == f"http://cloud/compute/v2.1/{'b' * 32}/flavors/1"
    assert (await member.get(links["self"])).status_code == 200
