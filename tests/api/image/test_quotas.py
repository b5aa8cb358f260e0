"""Quotas by the limits that identity keeps, over HTTP in this process."""

import asyncio

import pytest

from pileus.identity.limits.reckoning import limits_of
from pileus.identity.limits.table import LIMITS, REGISTERED_LIMITS
from pileus.identity.services.table import SERVICES
from pileus.image.settings import ImageSettings

AT = "/image/v2/images"
OCTETS = {"Content-Type": "application/octet-stream"}
MIB = 1 << 20


class Limited:
    """An identity service that knows limits alone."""

    def __init__(self):
        self.kept = {}

    async def limits(self, tx, type, region, project_id):
        assert (type, region) == ("image", "R")
        return self.kept.get(project_id, {})


@pytest.fixture
def identity():
    return Limited()


@pytest.fixture
def settings():
    return ImageSettings(most_bytes=32 << 20)


async def made(api, status=201):
    answer = await api.post(AT, json={"disk_format": "raw", "container_format": "bare"})
    assert answer.status_code == status, answer.text
    return answer.json().get("id")


async def filled(api, size, status=204, path="file"):
    image = await made(api)
    answer = await api.put(f"{AT}/{image}/{path}", content=b"\1" * size, headers=OCTETS)
    assert answer.status_code == status, answer.text
    return image


async def usage(api):
    return (await api.get("/image/v2/info/usage")).json()["usage"]


async def test_without_limits_nothing_is_refused_and_no_usage_told(api):
    await filled(api, 10)
    assert await usage(api) == {}


async def test_usage_is_counted_from_what_is_there(api, identity):
    identity.kept["p1"] = {
        "image_size_total": 20,
        "image_stage_total": 10,
        "image_count_total": 7,
        "image_count_uploading": -1,
    }
    await filled(api, 3 * MIB)
    await filled(api, 2 * MIB, path="stage")
    await made(api)
    assert await usage(api) == {
        "image_size_total": {"limit": 20, "usage": 3},
        "image_stage_total": {"limit": 10, "usage": 2},
        "image_count_total": {"limit": 7, "usage": 3},
        "image_count_uploading": {"limit": -1, "usage": 1},
    }
    assert (await api.get("/image/v2/info/usage", headers={"X-Auth-Token": "member:p2"})).json() == {"usage": {}}


async def test_images_are_counted(api, identity):
    identity.kept["p1"] = {"image_count_total": 2}
    for status in (201, 201, 413):
        await made(api, status)
    identity.kept["p1"]["image_count_total"] = 3
    await made(api)


async def test_ossa_2015_003_no_more_images_than_the_limit_however_many_ask_at_once(api, identity):
    identity.kept["p1"] = {"image_count_total": 5}
    answers = await asyncio.gather(*[api.post(AT, json={}) for _ in range(20)])
    assert sorted(answer.status_code for answer in answers) == [201] * 5 + [413] * 15
    assert (await usage(api))["image_count_total"]["usage"] == 5


async def test_data_beyond_the_limit_are_refused_and_gone(api, identity, service):
    identity.kept["p1"] = {"image_size_total": 3}
    await filled(api, 2 * MIB)
    image = await filled(api, 2 * MIB, 413)
    assert (await api.get(f"{AT}/{image}")).json()["status"] == "queued"
    assert (await usage(api))["image_size_total"]["usage"] == 2
    answer = await api.put(f"{AT}/{image}/file", content=b"\2" * MIB, headers=OCTETS)
    assert answer.status_code == 204
    assert len(await service.dealing.stores.store("file").names()) == 2


async def test_ossa_2015_020_no_more_data_than_the_limit_however_many_come_at_once(api, identity):
    identity.kept["p1"] = {"image_size_total": 4}
    images = [await made(api) for _ in range(8)]

    async def fill(number, image):
        data = bytes([number]) * (2 * MIB)
        return (await api.put(f"{AT}/{image}/file", content=data, headers=OCTETS)).status_code

    statuses = await asyncio.gather(*[fill(number, image) for number, image in enumerate(images)])
    assert sorted(statuses) == [204] * 2 + [413] * 6


async def test_staged_data_beyond_the_limit_are_refused(api, identity):
    identity.kept["p1"] = {"image_stage_total": 1}
    await filled(api, MIB, path="stage")
    image = await filled(api, 2 * MIB, 413, path="stage")
    assert (await api.get(f"{AT}/{image}")).json()["status"] == "queued"
    assert (await usage(api))["image_stage_total"]["usage"] == 1


async def test_images_that_are_being_filled_are_counted(api, identity):
    identity.kept["p1"] = {"image_count_uploading": 1}
    await filled(api, 5, path="stage")
    await filled(api, 5, 413)
    await filled(api, 5, 413, path="stage")


async def test_a_projects_limit_counts_before_the_regions_and_that_before_all(quick_store):
    def registered(own, name, limit, region=None):
        return {"id": own, "service_id": "s", "region_id": region, "resource_name": name, "default_limit": limit}

    async with quick_store.write() as tx:
        for own, type_ in (("s", "image"), ("t", "compute")):
            await tx.insert(SERVICES, {"id": own, "type": type_, "enabled": True, "extra": {}})
        await tx.insert(
            REGISTERED_LIMITS,
            [
                registered("1", "everywhere", 1),
                registered("2", "here", 1),
                registered("3", "here", 2, "R"),
                registered("4", "elsewhere", 1, "Q"),
                registered("5", "own", 1),
                {**registered("6", "other", 1), "service_id": "t"},
            ],
        )
        own = {"id": "l", "registered_limit_id": "5", "service_id": "s", "resource_name": "own", "resource_limit": 9}
        await tx.insert(LIMITS, {**own, "project_id": "p1"})
        assert await limits_of(tx, "image", "R", "p1") == {"everywhere": 1, "here": 2, "own": 9}
        assert await limits_of(tx, "image", "R", "p2") == {"everywhere": 1, "here": 2, "own": 1}
