"""Imports over HTTP, in this process: staged data, the web, copies between stores, and what goes wrong with them."""

import gzip
import hashlib
import io
import subprocess
import zipfile

import msgspec
import pytest
from tests.doubles.web import OCTETS, Web, image_of, made

from pileus.image.settings import DownloadSettings, ImageSettings, ImportSettings, StoreSettings
from pileus.image.stores.protocol import StoreUnreachable

ADMIN = {"X-Auth-Token": "admin:a"}
OTHER = {"X-Auth-Token": "member:p2"}
LOCAL = DownloadSettings(allowed_ports=(), allowed_networks=("127.0.0.0/8",))
STORES = tuple(StoreSettings(id=name, weight=weight) for name, weight in (("file", 0), ("second", 5), ("third", 1)))
DATA = bytes(range(256)) * 5000


@pytest.fixture
def settings():
    return ImageSettings(most_bytes=8 << 20, stores=STORES, download=LOCAL)


@pytest.fixture
async def web():
    async with Web() as served:
        yield served


async def staged(api, data=DATA, **body):
    image = await made(api, **body)
    answer = await api.put(f"/image/v2/images/{image['id']}/stage", content=data, headers=OCTETS)
    assert (answer.status_code, answer.content) == (204, b""), answer.text
    return image["id"]


async def imported(api, image, method, headers=None, **body):
    body = {"method": method if isinstance(method, dict) else {"name": method}, **body}
    return await api.post(f"/image/v2/images/{image}/import", json=body, headers=headers)


async def tasks_of(api, image):
    return (await api.get(f"/image/v2/images/{image}/tasks")).json()["tasks"]


async def test_staged_data_become_the_images(api, service, running):
    image = await staged(api)
    assert (await image_of(api, image))["status"] == "uploading"
    assert (await image_of(api, image))["size"] == len(DATA)
    answer = await imported(api, image, "glance-direct")
    assert (answer.status_code, answer.content) == (202, b"")
    await running()
    shown = await image_of(api, image)
    assert (shown["status"], shown["size"], shown["stores"]) == ("active", len(DATA), "file")
    assert shown["os_hash_value"] == hashlib.sha512(DATA).hexdigest()
    assert (shown["os_glance_importing_to_stores"], shown["os_glance_failed_import"]) == ("", "")
    assert "os_glance_import_task" not in shown
    assert (await api.get(f"/image/v2/images/{image}/file")).content == DATA
    (task,) = await tasks_of(api, image)
    assert (task["status"], task["type"]) == ("success", "api_image_import")
    assert task["input"]["import_req"]["method"]["name"] == "glance-direct"
    assert task["request_id"] == answer.headers["x-openstack-request-id"]
    await service.dealing.keeper.settle()
    assert await service.dealing.area.names() == []


async def test_what_cannot_be_imported_is_refused(api, service):
    image = (await made(api))["id"]
    for body, status in (
        ({}, 400),
        ({"method": "x"}, 400),
        ({"method": {}}, 400),
        ({"method": {"name": "carrier-pigeon"}}, 400),
        ({"method": {"name": ["x"]}}, 400),
        ({"method": {"name": "glance-direct"}}, 409),
        ({"method": {"name": "copy-image"}}, 403),
        ({"method": {"name": "web-download"}}, 400),
        ({"method": {"name": "web-download", "uri": 5}}, 400),
        ({"method": {"name": "web-download", "uri": "file:///etc/passwd"}}, 400),
        ({"method": {"name": "glance-direct"}, "all_stores": "yes"}, 400),
        ({"method": {"name": "glance-direct"}, "all_stores_must_succeed": 1}, 400),
        ({"method": {"name": "glance-direct"}, "stores": "file"}, 400),
        ({"method": {"name": "glance-download", "glance_region": "R"}}, 400),
        ({"method": {"name": "glance-download", "glance_region": "R", "glance_image_id": "foo"}}, 400),
    ):
        answer = await api.post(f"/image/v2/images/{image}/import", json=body)
        assert answer.status_code == status, (body, answer.text)
    assert "does not look like a UUID" in answer.text
    assert (await image_of(api, image))["status"] == "queued"
    image = await staged(api)
    for body, status in (
        ({"stores": ["nowhere"]}, 409),
        ({"stores": ["file"], "all_stores": True}, 400),
    ):
        assert (await imported(api, image, "glance-direct", **body)).status_code == status
    headers = {"X-Image-Meta-Store": "file"}
    assert (await imported(api, image, "glance-direct", headers, stores=["file"])).status_code == 400
    assert (await imported(api, image, "web-download")).status_code == 400
    assert (await imported(api, image, "glance-direct", OTHER)).status_code == 404


async def test_only_one_import_at_a_time(api, running):
    image = await staged(api)
    assert (await imported(api, image, "glance-direct")).status_code == 202
    assert (await imported(api, image, "glance-direct")).status_code == 409
    url = f"/image/v2/images/{image}/file"
    assert (await api.put(url, content=b"x", headers=OCTETS)).status_code == 409
    await running()
    assert len(await tasks_of(api, image)) == 1


async def test_all_stores_get_a_copy_of_their_own(api, service, running):
    image = await staged(api)
    assert (await imported(api, image, "glance-direct", all_stores=True)).status_code == 202
    await running()
    shown = await image_of(api, image)
    assert shown["stores"] == "second,third,file"  # by weight
    paths = [
        await service.dealing.stores.store(name).path(shown["os_hash_value"]) for name in ("file", "second", "third")
    ]
    assert len({path.stat().st_ino for path in paths}) == 3
    await api.delete(f"/image/v2/images/{image}")
    await service.dealing.keeper.settle()
    assert [await service.dealing.stores.store(name).names() for name in ("file", "second", "third")] == [set()] * 3


async def test_copies_go_to_the_other_stores_and_can_be_taken_out_again(api, service, running):
    image = await staged(api)
    await imported(api, image, "glance-direct")
    await running()
    assert (await imported(api, image, "copy-image", stores=["second"])).status_code == 403
    assert (await imported(api, image, "copy-image", ADMIN, stores=["file"])).status_code == 400
    assert (await imported(api, image, "copy-image", ADMIN, all_stores=True)).status_code == 202
    await running()
    assert (await image_of(api, image))["stores"] == "second,third,file"
    assert (await imported(api, image, "copy-image", ADMIN, all_stores=True)).status_code == 202  # nothing left to do
    for store, caller, status in (
        ("second", {}, 403),
        ("nowhere", ADMIN, 409),
        ("second", ADMIN, 204),
        ("second", ADMIN, 404),
        ("third", ADMIN, 204),
        ("file", ADMIN, 403),
    ):
        answer = await api.delete(f"/image/v2/stores/{store}/{image}", headers=caller)
        assert answer.status_code == status, (store, answer.text)
    await service.dealing.keeper.settle()
    assert (await image_of(api, image))["stores"] == "file"
    assert await service.dealing.stores.store("second").names() == set()
    assert (await api.get(f"/image/v2/images/{image}/file")).content == DATA


class Broken:
    """A store that takes nothing."""

    def __init__(self, inner):
        self._inner = inner

    def __getattr__(self, name):
        return getattr(self._inner, name)

    async def keep(self, source, name, *, share):
        raise StoreUnreachable("The store is on fire.")


def break_store(service, name):
    member = service.dealing.stores.get(name)
    service.dealing.stores._members[name] = msgspec.structs.replace(member, shelf=Broken(member.shelf))


async def test_one_store_that_fails_fails_all_if_all_must_succeed(api, service, running):
    break_store(service, "second")
    image = await staged(api)
    await imported(api, image, "glance-direct", all_stores=True)
    await running()
    shown = await image_of(api, image)
    assert (shown["status"], shown["size"], shown["os_glance_failed_import"]) == ("queued", None, "second")
    assert shown["os_glance_importing_to_stores"] == ""
    assert "stores" not in shown
    (task,) = await tasks_of(api, image)
    assert (task["status"], task["message"]) == ("failure", "The image could not be put into the store second.")
    await service.dealing.keeper.settle()
    assert await service.dealing.stores.store("file").names() == set()
    assert await service.dealing.area.names() == []
    answer = await api.put(f"/image/v2/images/{image}/file", content=b"again", headers=OCTETS)
    assert answer.status_code == 204


async def test_one_store_that_fails_is_named_if_not_all_must_succeed(api, service, running):
    break_store(service, "second")
    image = await staged(api)
    await imported(api, image, "glance-direct", all_stores=True, all_stores_must_succeed=False)
    await running()
    shown = await image_of(api, image)
    assert (shown["status"], shown["stores"], shown["os_glance_failed_import"]) == ("active", "third,file", "second")
    assert [task["status"] for task in await tasks_of(api, image)] == ["success"]


async def test_the_web_is_downloaded(api, web, running):
    url = web.serve("/disk.raw", DATA)
    image = (await made(api))["id"]
    answer = await imported(api, image, {"name": "web-download", "uri": url}, stores=["second", "third"])
    assert answer.status_code == 202, answer.text
    await running()
    shown = await image_of(api, image)
    assert (shown["status"], shown["stores"], shown["size"]) == ("active", "second,third", len(DATA))


@pytest.mark.parametrize("trouble", ["missing", "short", "endless", "too long", "qcow2 that is not"])
async def test_a_download_that_goes_wrong_leaves_nothing(api, service, web, running, trouble):
    kind = "qcow2" if trouble == "qcow2 that is not" else "raw"
    url = {
        "missing": web.url("/nothing"),
        "short": web.serve("/short", DATA, promised=len(DATA) + 7),
        "endless": web.serve("/endless", DATA, endless=True),
        "too long": web.serve("/long", b"", promised=9 << 20),
        "qcow2 that is not": web.serve("/raw", DATA),
    }[trouble]
    image = (await made(api, disk_format=kind))["id"]
    assert (await imported(api, image, {"name": "web-download", "uri": url})).status_code == 202
    await running()
    shown = await image_of(api, image)
    assert (shown["status"], shown["os_glance_failed_import"]) == ("queued", "file")
    (task,) = await tasks_of(api, image)
    assert task["status"] == "failure"
    assert task["message"]
    await service.dealing.keeper.settle()
    assert await service.dealing.area.names() == []
    assert await service.dealing.stores.store("file").names() == set()


async def test_an_image_deleted_meanwhile_ends_its_import(api, service, web, running):
    url = web.serve("/endless", b"x", endless=True, slow=True)
    image = (await made(api))["id"]
    await imported(api, image, {"name": "web-download", "uri": url})
    await web.asked.wait()
    assert (await api.delete(f"/image/v2/images/{image}")).status_code == 204
    await running()
    await service.dealing.keeper.settle()
    assert await service.dealing.area.names() == []
    assert await service.dealing.stores.store("file").names() == set()


async def test_a_deleted_image_takes_its_staged_data_along(api, service):
    image = await staged(api)
    assert len(await service.dealing.area.names()) == 1
    await api.delete(f"/image/v2/images/{image}")
    await service.dealing.keeper.settle()
    assert await service.dealing.area.names() == []


async def test_a_stage_that_is_too_long_leaves_nothing(api, service):
    image = await made(api)
    url = f"/image/v2/images/{image['id']}/stage"
    assert (await api.put(url, content=b"x" * (9 << 20), headers=OCTETS)).status_code == 413
    assert (await image_of(api, image["id"]))["status"] == "queued"
    assert await service.dealing.area.names() == []
    assert (await api.put(url, content=b"x", headers=OCTETS)).status_code == 204
    assert (await api.put(url, content=b"x", headers=OCTETS)).status_code == 409


class TestPlugins:
    """What the operator has done to imported data."""

    @pytest.fixture
    def settings(self):
        plugins = ("image_decompression", "image_conversion", "inject_image_metadata")
        imports = ImportSettings(plugins=plugins, inject={"origin": "imported", "os_glance_x": "no"})
        return ImageSettings(most_bytes=8 << 20, imports=imports)

    def disk(self, tmp_path, kind="qcow2"):
        raw, path = tmp_path / "disk.raw", tmp_path / f"disk.{kind}"
        raw.write_bytes(DATA + bytes((2 << 20) - len(DATA)))
        subprocess.run(["qemu-img", "convert", "-f", "raw", "-O", kind, str(raw), str(path)], check=True)
        return raw.read_bytes(), path.read_bytes()

    async def test_data_are_unpacked_converted_and_marked(self, api, service, running, tmp_path):
        raw, packed = self.disk(tmp_path)
        for packing in (gzip.compress, zipped):
            image = await staged(api, packing(packed), disk_format="qcow2")
            await imported(api, image, "glance-direct")
            await running()
            shown = await image_of(api, image)
            assert shown["status"] == "active", await tasks_of(api, image)
            assert (shown["disk_format"], shown["container_format"], shown["virtual_size"]) == ("raw", "bare", len(raw))
            assert (shown["origin"], "os_glance_x" in shown) == ("imported", False)
            assert (await api.get(f"/image/v2/images/{image}/file")).content == raw
        await service.dealing.keeper.settle()
        assert await service.dealing.area.names() == []
        assert len(await service.dealing.stores.store("file").names()) == 1

    async def test_administrators_images_are_not_marked(self, api, running):
        image = await staged(api, b"raw" * 1000)
        await imported(api, image, "glance-direct", ADMIN)
        await running()
        assert "origin" not in await image_of(api, image)

    async def test_iso_images_stay_what_they_are(self, api, running, tmp_path):
        (tmp_path / "a").write_text("hello")
        path = tmp_path / "x.iso"
        subprocess.run(["genisoimage", "-quiet", "-o", str(path), str(tmp_path / "a")], check=True)
        image = await staged(api, path.read_bytes(), disk_format="iso")
        await imported(api, image, "glance-direct")
        await running()
        shown = await image_of(api, image)
        assert (shown["status"], shown["disk_format"]) == ("active", "iso")

    @pytest.mark.parametrize("bad", ["bomb", "two files", "broken", "lha", "backing file"])
    async def test_ossa_2016_012_what_harms_is_refused(self, api, service, running, tmp_path, bad):
        _, packed = self.disk(tmp_path)
        pointing = bytearray(packed)
        pointing[8:20] = (512).to_bytes(8, "big") + (11).to_bytes(4, "big")
        pointing[512:523] = b"/etc/passwd"
        data = {
            "bomb": gzip.compress(bytes(64 << 20)),
            "two files": zipped(b"a", b"b"),
            "broken": gzip.compress(packed)[:-100],
            "lha": b"\x20\x00-lh5-" + bytes(100),
            "backing file": gzip.compress(bytes(pointing)),
        }[bad]
        image = await staged(api, data, disk_format="qcow2")
        await imported(api, image, "glance-direct")
        await running()
        assert (await image_of(api, image))["status"] == "queued"
        (task,) = await tasks_of(api, image)
        assert task["status"] == "failure"
        await service.dealing.keeper.settle()
        assert await service.dealing.area.names() == []
        assert await service.dealing.stores.store("file").names() == set()


def zipped(*contents):
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for number, content in enumerate(contents):
            archive.writestr(f"../../etc/{number}", content)
    return file.getvalue()
