"""Locations over HTTP: data that lie elsewhere already, and where images say that theirs lie."""

import hashlib
import json

import pytest
from tests.doubles.web import OCTETS, Web, image_of, made

from pileus.image.settings import DownloadSettings, ImageSettings, StoreSettings

ADMIN = {"X-Auth-Token": "admin:a"}
OPEN = DownloadSettings(allowed_ports=(), allowed_networks=("127.0.0.0/8",))
DATA = bytes(range(256)) * 5000
GOOD = {"os_hash_algo": "sha256", "os_hash_value": hashlib.sha256(DATA).hexdigest()}


@pytest.fixture
def settings():
    stores = (StoreSettings(id="file"), StoreSettings(id="web", kind="http"))
    return ImageSettings(most_bytes=8 << 20, stores=stores, download=OPEN, show_locations="all")


@pytest.fixture
async def web():
    async with Web() as served:
        yield served


async def located(api, image, url, headers=None, **validation):
    body = {"url": url, **({"validation_data": validation} if validation else {})}
    return await api.post(f"/image/v2/images/{image}/locations", json=body, headers=headers)


async def test_data_elsewhere_become_the_images_without_being_copied(api, service, web, running):
    url = web.serve("/disk", DATA)
    for validation in (GOOD, {}):
        image = (await made(api))["id"]
        assert (await located(api, image, url, **validation)).status_code == 202
        await running()
        shown = await image_of(api, image)
        assert (shown["status"], shown["size"], shown["stores"]) == ("active", len(DATA), "web")
        assert shown["checksum"] == hashlib.md5(DATA).hexdigest()
        assert shown["os_hash_algo"] == validation.get("os_hash_algo", "sha512")
        assert shown["locations"] == [{"url": url, "metadata": {"store": "web"}}]
        assert shown["direct_url"] == url
        file = f"/image/v2/images/{image}/file"
        assert (await api.get(file)).content == DATA
        part = await api.get(file, headers={"Range": "bytes=1000-1999"})
        assert (part.status_code, part.content) == (206, DATA[1000:2000])
        (task,) = (await api.get(f"/image/v2/images/{image}/tasks")).json()["tasks"]
        assert (task["type"], task["status"]) == ("location_import", "success")
    assert await service.dealing.stores.store("file").names() == set()
    answer = await api.get(f"/image/v2/images/{image}/locations", headers=ADMIN)
    assert answer.json() == [{"url": url, "metadata": {"store": "web"}}]
    assert (await api.get(f"/image/v2/images/{image}/locations")).status_code == 403


async def test_other_data_than_promised_leave_the_image_waiting(api, web, running):
    image = (await made(api))["id"]
    promise = {"os_hash_algo": "sha512", "os_hash_value": "beefdead" * 16}
    assert (await located(api, image, web.serve("/disk", DATA), **promise)).status_code == 202
    await running()
    shown = await image_of(api, image)
    assert (shown["status"], shown["checksum"], shown["os_hash_algo"]) == ("queued", None, None)
    assert (await api.get(f"/image/v2/images/{image}/file")).status_code == 204
    await api.put(f"/image/v2/images/{image}/file", content=b"mine", headers=OCTETS)
    assert (await image_of(api, image))["stores"] == "file"
    assert (await api.get(f"/image/v2/images/{image}/file")).content == b"mine"


async def test_what_is_no_location_is_refused(api, web):
    image = (await made(api))["id"]
    url = web.serve("/disk", DATA)
    for validation in (
        {"os_hash_algo": "sha512", "os_hash_value": "abcd"},
        {"os_hash_value": GOOD["os_hash_value"]},
        {"os_hash_algo": "sha123", "os_hash_value": GOOD["os_hash_value"]},
        {"os_hash_algo": "sha512", "os_hash_value": GOOD["os_hash_value"]},
        {"os_hash_algo": "sha256", "os_hash_value": "z" * 64},
    ):
        assert (await located(api, image, url, **validation)).status_code == 400, validation
    for bad, caller, status in (
        ("http://169.254.169.254/x", None, 400),
        ("http://[::ffff:10.0.0.1]/x", None, 400),
        ("file:///etc/passwd", None, 403),
        ("file:///etc/passwd", ADMIN, 400),
        ("rbd://pool/image", ADMIN, 400),
    ):
        assert (await located(api, image, bad, caller)).status_code == status, bad
    assert (await image_of(api, image))["status"] == "queued"
    assert (await located(api, image, url, {"X-Auth-Token": "member:p2"})).status_code == 404
    assert (await located(api, image, url)).status_code == 202
    assert (await located(api, image, url)).status_code == 409


async def test_data_that_went_away_are_503(api, web, running):
    image = (await made(api))["id"]
    await located(api, image, web.serve("/disk", DATA))
    await running()
    web._files.clear()
    assert (await api.get(f"/image/v2/images/{image}/file")).status_code == 503


PATCH = {"Content-Type": "application/openstack-images-v2.1-json-patch"}


async def patched(api, image, *changes, headers=None):
    body = json.dumps([dict(zip(("op", "path", "value"), change, strict=False)) for change in changes])
    return await api.patch(f"/image/v2/images/{image}", content=body, headers={**PATCH, **(headers or {})})


def place(url, **more):
    return {"url": url, "metadata": {}, **more}


async def test_shown_locations_can_be_patched(api, web):
    image = (await made(api))["id"]
    assert (await image_of(api, image))["locations"] == []
    urls = [web.serve(f"/{number}", DATA) for number in range(3)]
    said = {"checksum": "1" * 32, "os_hash_algo": "sha512", "os_hash_value": "deadbeef" * 16}
    for bad in ("gopher://info.cern.ch", "http://169.254.169.254/", web.url("/nothing"), "file:///etc/passwd"):
        assert (await patched(api, image, ("add", "/locations/-", place(bad)))).status_code == 400, bad
    answer = await patched(api, image, ("add", "/locations/-", place(urls[0], validation_data=said)))
    assert answer.status_code == 200, answer.text
    shown = answer.json()
    assert (shown["status"], shown["size"], shown["checksum"]) == ("active", len(DATA), "1" * 32)
    again = place(urls[1], validation_data={**said, "checksum": "2" * 32})
    assert (await patched(api, image, ("add", "/locations/-", again))).status_code == 409
    answer = await patched(api, image, ("add", "/locations/0", place(urls[1], validation_data=said)))
    assert [entry["url"] for entry in answer.json()["locations"]] == [urls[1], urls[0]]
    assert (await patched(api, image, ("add", "/locations/9", place(urls[2])))).status_code == 400
    assert (await patched(api, image, ("add", "/locations/-", place(urls[0])))).status_code == 400
    assert (await patched(api, image, ("add", "/locations/-", {"url": urls[2]}))).status_code == 400
    old = answer.json()["locations"]
    old[0]["metadata"]["date"] = "2015-10-15"
    answer = await patched(api, image, ("replace", "/locations", old))
    assert answer.json()["locations"] == old
    for others in ([old[0]], [old[0], place(urls[2])], 5, [5]):
        assert (await patched(api, image, ("replace", "/locations", others))).status_code == 400
    assert (await patched(api, image, ("remove", "/locations/0"))).status_code == 403
    assert (await patched(api, image, ("remove", "/locations/7"), headers=ADMIN)).status_code == 400
    answer = await patched(api, image, ("remove", "/locations/0"), headers=ADMIN)
    assert [entry["url"] for entry in answer.json()["locations"]] == [urls[0]]
    assert (await patched(api, image, ("remove", "/locations/0"), headers=ADMIN)).status_code == 403


class TestUnseen:
    """Without the setting, and without an HTTP store."""

    @pytest.fixture
    def settings(self):
        return ImageSettings(most_bytes=8 << 20, download=OPEN)

    async def test_users_need_a_store_for_it(self, api, web):
        image = (await made(api))["id"]
        assert (await located(api, image, web.serve("/disk", DATA))).status_code == 403

    async def test_locations_are_not_shown_but_services_may_name_data_of_the_store(self, api, service, running):
        first = (await made(api))["id"]
        await api.put(f"/image/v2/images/{first}/file", content=DATA, headers=OCTETS)
        shown = await image_of(api, first)
        assert not {"locations", "direct_url"} & set(shown)
        answer = await patched(api, first, ("remove", "/locations/0"), headers=ADMIN)
        assert (answer.status_code, "invisible" in answer.text) == (403, True)
        (place,) = (await api.get(f"/image/v2/images/{first}/locations", headers=ADMIN)).json()
        second = (await made(api))["id"]
        assert (await located(api, second, place["url"], ADMIN)).status_code == 202
        await running()
        await api.delete(f"/image/v2/images/{first}")
        await service.dealing.keeper.settle()
        assert (await api.get(f"/image/v2/images/{second}/file")).content == DATA
