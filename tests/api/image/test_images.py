"""Images over HTTP, in this process: Glance's wire format, uploads, sharing, and files that lie about themselves."""

import contextlib
import hashlib
import json
import struct
import subprocess

import httpx
import pytest

OTHER = {"X-Auth-Token": "member:p2"}
ADMIN = {"X-Auth-Token": "admin:a"}
OCTETS = {"Content-Type": "application/octet-stream"}
PATCH = {"Content-Type": "application/openstack-images-v2.1-json-patch"}


async def made(api, **body):
    body = {"name": "n", "disk_format": "raw", "container_format": "bare", **body}
    answer = await api.post("/image/v2/images", json=body)
    assert answer.status_code == 201, answer.text
    return answer.json()


async def filled(api, data=b"data" * 256, **body):
    image = await made(api, **body)
    answer = await api.put(f"/image/v2/images/{image['id']}/file", content=data, headers=OCTETS)
    assert (answer.status_code, answer.content) == (204, b""), answer.text
    return (await api.get(f"/image/v2/images/{image['id']}")).json()


async def test_an_image_is_not_wrapped_and_keeps_free_properties(api):
    image = await made(api, architecture="r", hw_disk_bus="scsi", tags=["a", "a", "b"])
    assert image["status"] == "queued"
    assert (image["architecture"], image["hw_disk_bus"], image["tags"]) == ("r", "scsi", ["a", "b"])
    assert (image["visibility"], image["owner"], image["size"]) == ("shared", "p1", None)
    assert image["self"] == f"/v2/images/{image['id']}"
    assert image["created_at"].endswith("Z")


async def test_data_come_back_and_are_digested(api):
    data = bytes(range(256)) * 8192
    image = await filled(api, data)
    assert (image["status"], image["size"]) == ("active", len(data))
    assert image["checksum"] == hashlib.md5(data).hexdigest()
    assert (image["os_hash_algo"], image["os_hash_value"]) == ("sha512", hashlib.sha512(data).hexdigest())
    answer = await api.get(f"/image/v2/images/{image['id']}/file")
    assert answer.content == data
    assert answer.headers["Content-MD5"] == image["checksum"]


async def test_no_data_is_204_and_a_second_upload_409(api):
    image = await made(api)
    url = f"/image/v2/images/{image['id']}/file"
    assert (await api.get(url)).status_code == 204
    assert (await api.put(url, content=b"x", headers={"Content-Type": "text/plain"})).status_code == 415
    assert (await api.put(url, content=b"x", headers=OCTETS)).status_code == 204
    assert (await api.put(url, content=b"y", headers=OCTETS)).status_code == 409


async def test_the_same_content_is_kept_once_and_goes_with_its_last_image(api, service):
    first, second = await filled(api), await filled(api)
    assert len(await service.dealing.stores.store("file").names()) == 1
    await api.delete(f"/image/v2/images/{first['id']}")
    await service.dealing.keeper.settle()
    assert (await api.get(f"/image/v2/images/{second['id']}/file")).content == b"data" * 256
    await api.delete(f"/image/v2/images/{second['id']}")
    await service.dealing.keeper.settle()
    assert await service.dealing.stores.store("file").names() == set()


async def test_an_upload_that_breaks_off_or_is_too_long_leaves_nothing(api, service):
    image = await made(api)
    url = f"/image/v2/images/{image['id']}/file"

    async def breaking():
        yield b"x" * (3 << 20)
        raise httpx.ReadError("gone")

    with contextlib.suppress(httpx.ReadError):
        await api.put(url, content=breaking(), headers=OCTETS)
    assert (await api.get(f"/image/v2/images/{image['id']}")).json()["status"] == "queued"
    assert (await api.put(url, content=b"x" * (9 << 20), headers=OCTETS)).status_code == 413
    assert (await api.get(f"/image/v2/images/{image['id']}")).json()["status"] == "queued"
    assert await service.dealing.stores.store("file").names() == set()
    assert await service.dealing.area.names() == []
    assert (await api.put(url, content=b"x", headers=OCTETS)).status_code == 204


def qcow2(tmp_path, *options):
    path = tmp_path / "i.qcow2"
    subprocess.run(["qemu-img", "create", "-q", "-f", "qcow2", *options, str(path), "1M"], check=True)
    return path.read_bytes()


def with_backing(tmp_path):
    data = bytearray(qcow2(tmp_path))
    data[8:16] = struct.pack(">Q", 512)
    data[16:20] = struct.pack(">I", len("/etc/passwd"))
    data[512 : 512 + 11] = b"/etc/passwd"
    return bytes(data)


VMDK = b"""# Disk DescriptorFile
version=1
CID=12345678
parentCID=ffffffff
createType="monolithicFlat"

# Extent description
RW 2048 FLAT "/etc/passwd" 0
""".ljust(4096, b"\0")


@pytest.mark.parametrize("lie", ["raw is qcow2", "backing file", "vmdk descriptor", "qcow2 is raw"])
async def test_ossa_2024_001_files_that_point_elsewhere_or_lie_are_refused(api, service, tmp_path, lie):
    kind, data = {
        "raw is qcow2": ("raw", qcow2(tmp_path)),
        "backing file": ("qcow2", with_backing(tmp_path)),
        "vmdk descriptor": ("vmdk", VMDK),
        "qcow2 is raw": ("qcow2", b"just bytes" * 1000),
    }[lie]
    image = await made(api, disk_format=kind)
    answer = await api.put(f"/image/v2/images/{image['id']}/file", content=data, headers=OCTETS)
    assert answer.status_code == 415, answer.text
    assert kind in answer.json()["message"]
    assert (await api.get(f"/image/v2/images/{image['id']}")).json()["status"] == "queued"
    assert await service.dealing.stores.store("file").names() == set()


async def test_a_true_qcow2_tells_its_size(api, tmp_path):
    image = await filled(api, qcow2(tmp_path), disk_format="qcow2")
    assert (image["status"], image["virtual_size"]) == ("active", 1 << 20)


async def test_patches_of_both_forms(api):
    image = await made(api, foo="1")
    url = f"/image/v2/images/{image['id']}"
    changed = await api.patch(
        url,
        headers=PATCH,
        json=[
            {"op": "replace", "path": "/name", "value": "m"},
            {"op": "add", "path": "/bar", "value": "2"},
            {"op": "remove", "path": "/foo"},
        ],
    )
    assert changed.status_code == 200, changed.text
    assert (changed.json()["name"], changed.json()["bar"], "foo" in changed.json()) == ("m", "2", False)
    old = {"Content-Type": "application/openstack-images-v2.0-json-patch"}
    assert (await api.patch(url, headers=old, json=[{"replace": "/name", "value": "o"}])).json()["name"] == "o"


@pytest.mark.parametrize(
    ("document", "status"),
    [
        ({}, 400),
        ([1], 400),
        ([{"op": "replace", "path": "/id", "value": "x"}], 403),
        ([{"op": "test", "path": "/name", "value": 1}], 400),
        ([{"op": "replace", "path": "name", "value": "x"}], 400),
        ([{"op": "replace", "path": "/name"}], 400),
        ([{"op": "replace", "path": "/nothing", "value": "x"}], 409),
        ([{"op": "remove", "path": "/name"}], 403),
        ([{"op": "replace", "path": "/name", "value": 7}], 400),
        ([{"op": "add", "path": "/free", "value": {"a": 1}}], 400),
        ([{"op": "replace", "path": "/visibility", "value": "public"}], 403),
        ([{"op": "replace", "path": "/owner", "value": "p2"}], 403),
        ([{"op": "replace", "path": "/min_ram", "value": True}], 400),
        ([{"op": "add", "path": "/locations/-", "value": {}}], 403),
        ([{"op": "replace", "path": "/locations", "value": []}], 403),
        ([{"op": "remove", "path": "/locations/0"}], 403),
        ([{"op": "add", "path": "/locations", "value": []}], 400),
    ],
)
async def test_bad_patches(api, document, status):
    image = await made(api)
    answer = await api.patch(f"/image/v2/images/{image['id']}", headers=PATCH, json=document)
    assert answer.status_code == status, answer.text
    after = (await api.get(f"/image/v2/images/{image['id']}")).json()
    assert {**after, "updated_at": ""} == {**image, "updated_at": ""}


async def test_faults_are_pages_unless_json_is_asked_for(api):
    page = await api.get("/image/v2/images/none", headers={"Accept": "*/*"})
    assert page.status_code == 404
    assert page.headers["Content-Type"].startswith("text/html")
    assert (await api.get("/image/v2/images/none")).json()["code"] == "404 Not Found"


async def test_lists_filters_and_pages(api):
    for n in range(5):
        await made(api, name=f"i{n}", tags=[f"t{n % 2}"], color="red" if n else "blue", min_ram=n)

    async def names(query):
        answer = await api.get(f"/image/v2/images?{query}")
        assert answer.status_code == 200, answer.text
        return [i["name"] for i in answer.json()["images"]]

    assert await names("sort=name:asc") == ["i0", "i1", "i2", "i3", "i4"]
    assert await names("name=in:i1,i3&sort=name") == ["i3", "i1"]
    assert await names("tag=t1&sort_key=name&sort_dir=asc") == ["i1", "i3"]
    assert await names("color=blue") == ["i0"]
    assert await names("min_ram=3") == ["i3"]
    assert await names("created_at=gt:2999-01-01T00:00:00Z") == []
    page = (await api.get("/image/v2/images?limit=2&sort=name:asc")).json()
    seen = [i["name"] for i in page["images"]]
    while "next" in page:
        page = (await api.get("/image" + page["next"])).json()
        seen += [i["name"] for i in page["images"]]
    assert seen == ["i0", "i1", "i2", "i3", "i4"]
    for bad in (
        "limit=x",
        "limit=-1",
        "sort_key=x",
        "sort_dir=x",
        "marker=x",
        "visibility=x",
        "created_at=x",
        "min_ram=x",
        "protected=x",
        "$x[=1",
    ):
        assert (await api.get(f"/image/v2/images?{bad}")).status_code == 400, bad


async def test_an_empty_id_is_unknown_and_no_list(api):
    await filled(api)
    for method in ("GET", "DELETE"):
        assert (await api.request(method, "/image/v2/images/")).status_code == 404
    assert (await api.get("/image/v2/images")).status_code == 200


async def test_the_services_own_namespace_is_reserved(api):
    image = await filled(api)
    body = {"name": "x", "os_glance_foo": "bar"}
    assert (await api.post("/image/v2/images", json=body)).status_code == 403
    change = [{"op": "add", "path": "/os_glance_foo", "value": "bar"}]
    kind = {"Content-Type": "application/openstack-images-v2.1-json-patch"}
    answer = await api.patch(f"/image/v2/images/{image['id']}", content=json.dumps(change), headers=kind)
    assert answer.status_code == 403


async def test_sharing(api):
    image = await filled(api)
    url = f"/image/v2/images/{image['id']}"
    assert (await api.get(url, headers=OTHER)).status_code == 404
    member = await api.post(f"{url}/members", json={"member": "p2"})
    assert (member.status_code, member.json()["status"]) == (200, "pending")
    assert (await api.post(f"{url}/members", json={"member": "p2"})).status_code == 409
    assert (await api.get(url, headers=OTHER)).status_code == 200
    assert (await api.get("/image/v2/images", headers=OTHER)).json()["images"] == []
    assert (await api.put(f"{url}/members/p2", json={"status": "accepted"})).status_code == 403
    taken = {"member": "p2", "status": "accepted"}  # openstacksdk names the member in the body as well
    assert (await api.put(f"{url}/members/p2", json=taken, headers=OTHER)).status_code == 200
    assert len((await api.get("/image/v2/images", headers=OTHER)).json()["images"]) == 1
    assert (await api.delete(url, headers=OTHER)).status_code == 403
    assert (await api.delete(f"{url}/members/p2")).status_code == 204
    assert (await api.get(url, headers=OTHER)).status_code == 404


async def test_rights_and_protection(api):
    image = await filled(api, protected=True)
    url = f"/image/v2/images/{image['id']}"
    assert (await api.delete(url)).status_code == 403
    assert (await api.post("/image/v2/images", json={"visibility": "public"})).status_code == 403
    assert (await api.post("/image/v2/images", json={"owner": "p2"})).status_code == 403
    assert (await api.post("/image/v2/images", json={"status": "active"})).status_code == 403
    assert (await api.post("/image/v2/images", json={"x": 1})).status_code == 400
    assert (
        await api.post("/image/v2/images", json={"name": "r"}, headers={"X-Auth-Token": "reader:p1"})
    ).status_code == 403
    assert (await api.post(f"{url}/actions/deactivate", headers=ADMIN)).status_code == 204
    assert (await api.get(f"{url}/file")).status_code == 403
    assert (await api.post(f"{url}/actions/reactivate", headers=ADMIN)).status_code == 204
    assert (await api.get(f"{url}/file")).status_code == 200


async def test_discovery(api):
    assert (await api.get("/image/", headers={"X-Auth-Token": ""})).status_code == 300
    versions = await api.get("/image/versions", headers={"X-Auth-Token": ""})
    assert versions.json()["versions"][0]["status"] == "CURRENT"
    for name in ("image", "images", "member", "members"):
        assert (await api.get(f"/image/v2/schemas/{name}")).json()["name"] == name
