"""What the image service says about itself: versions and schemas."""

import jsonschema_rs
import pytest

from pileus.image.settings import ImageSettings

NAMES = ("image", "images", "member", "members", "task", "tasks")
KINDS = ("namespace", "object", "property", "resource_type", "tag")
METADEFS = (*KINDS, "namespaces", "objects", "properties", "resource_types", "tags")


async def test_versions_are_announced_newest_first(api):
    for path, status in (("/image/", 300), ("/image/versions", 200)):
        answer = await api.get(path, headers={"X-Auth-Token": ""})
        assert answer.status_code == status
        versions = answer.json()["versions"]
        assert [v["id"] for v in versions] == [f"v2.{minor}" for minor in range(18, -1, -1)]
        assert [v["status"] for v in versions] == ["CURRENT"] + ["SUPPORTED"] * 18
        assert all(v["links"][0]["href"].endswith("/image/v2/") for v in versions)


class TestWithoutCache:
    """A cloud without an image cache announces fewer versions."""

    @pytest.fixture
    def settings(self):
        return ImageSettings(cache_bytes=0)

    async def test_versions_of_the_cache_are_missing(self, api):
        versions = {v["id"]: v["status"] for v in (await api.get("/image/versions")).json()["versions"]}
        assert not {"v2.18", "v2.16", "v2.14"} & set(versions)
        assert versions.pop("v2.17") == "CURRENT"
        assert set(versions.values()) == {"SUPPORTED"}


@pytest.mark.parametrize("name", [*NAMES, *(f"metadefs/{kind}" for kind in METADEFS)])
async def test_every_schema_is_one(api, name):
    answer = await api.get(f"/image/v2/schemas/{name}")
    assert answer.status_code == 200
    jsonschema_rs.Draft4Validator(answer.json())
    assert answer.json()["properties"]


async def test_there_are_no_other_schemas(api):
    for name in ("none", "metadefs", "metadefs/none", "metadefs/image"):
        assert (await api.get(f"/image/v2/schemas/{name}")).status_code == 404


async def test_an_image_is_as_its_schema_says(api):
    body = {"name": "n", "tags": ["t"], "kernel_id": None, "architecture": "x", "free": "y"}
    image = (await api.post("/image/v2/images", json=body)).json()
    schema = (await api.get("/image/v2/schemas/image")).json()
    assert jsonschema_rs.Draft4Validator(schema).is_valid(image)
    properties = schema["properties"]
    assert properties["id"]["pattern"].startswith("^([0-9a-fA-F]){8}-")
    assert properties["disk_format"]["type"] == ["null", "string"]
    assert properties["disk_format"]["enum"][0] is None
    assert (properties["status"]["readOnly"], "readOnly" in properties["name"]) == (True, False)
    assert properties["kernel_id"]["is_base"] is False
    assert schema["additionalProperties"] == {"type": "string"}
    listed = (await api.get("/image/v2/schemas/images")).json()
    assert listed["properties"]["images"]["items"] == schema
    assert [link["rel"] for link in listed["links"]] == ["first", "next", "describedby"]


async def test_definitions_stand_at_the_root(api):
    namespaces = (await api.get("/image/v2/schemas/metadefs/namespaces")).json()
    assert set(namespaces["definitions"]) == {"positiveInteger", "positiveIntegerDefault0", "stringArray", "property"}
    assert "definitions" not in namespaces["properties"]["namespaces"]["items"]
    properties = (await api.get("/image/v2/schemas/metadefs/properties")).json()
    assert properties["properties"]["properties"]["additionalProperties"]["required"] == ["type", "title"]
