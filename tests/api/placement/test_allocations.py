"""Allocations in every form they have had, usages, the reshaper, and many writers at once."""

import asyncio
import uuid

import pytest
from sqlalchemy import func, select

from pileus.kernel.serving.server import Application
from pileus.placement.allocations.table import ALLOCATIONS
from pileus.placement.service import DoesNotFit, Inventory
from pileus.placement.wiring import wire

from .conftest import Client, Tokens, parts_of


def consumer():
    return str(uuid.uuid4())


def body(host, amounts, **more):
    said = {"allocations": {host: {"resources": amounts}} if amounts else {}, "project_id": "p", "user_id": "u"}
    return {**said, "consumer_generation": None, "consumer_type": "INSTANCE", **more}


async def test_every_form_of_allocations(ask):
    host = await ask.provider("host", {"VCPU": 100})
    listed = {"allocations": [{"resource_provider": {"uuid": host}, "resources": {"VCPU": 1}}]}
    owner = {"project_id": "p", "user_id": "u"}
    keyed = {"allocations": {host: {"resources": {"VCPU": 1}}}, **owner}
    generation = {"consumer_generation": None}
    mapped = {"mappings": {"_A": [host]}}
    kind = {"consumer_type": "MIGRATION"}
    forms = {
        "1.0": listed,
        "1.7": listed,
        "1.8": {**listed, **owner},
        "1.11": {**listed, **owner},
        "1.12": keyed,
        "1.27": keyed,
        "1.28": {**keyed, **generation},
        "1.33": {**keyed, **generation},
        "1.34": {**keyed, **generation, **mapped},
        "1.37": {**keyed, **generation},
        "1.38": {**keyed, **generation, **mapped, **kind},
        "1.39": {**keyed, **generation, **kind},
    }
    for version, form in forms.items():
        uid = consumer()
        await ask("PUT", f"/allocations/{uid}", form, version=version, status=204)
        shown = (await ask("GET", f"/allocations/{uid}")).json()
        assert shown["allocations"][host]["resources"] == {"VCPU": 1}
        named = version not in {"1.0", "1.7"}
        assert shown["project_id"] == ("p" if named else "00000000-0000-0000-0000-000000000000")
        assert shown["consumer_type"] == ("MIGRATION" if version in {"1.38", "1.39"} else "unknown")
        assert shown["consumer_generation"] == 1
    wrong = [("1.8", listed), ("1.11", keyed), ("1.12", {**listed, **owner}), ("1.27", forms["1.28"])]
    wrong += [("1.28", keyed), ("1.33", forms["1.34"]), ("1.38", forms["1.37"]), ("1.37", forms["1.39"])]
    for version, form in wrong:
        await ask("PUT", f"/allocations/{consumer()}", form, version=version, status=400)
    await ask("PUT", "/allocations/nobody", forms["1.39"], status=400)
    assert set((await ask("GET", f"/allocations/{uid}", version="1.11")).json()) == {"allocations"}
    of_host = (await ask("GET", f"/resource_providers/{host}/allocations")).json()["allocations"]
    assert len(of_host) == len(forms)
    assert of_host[uid] == {"resources": {"VCPU": 1}, "consumer_generation": 1}


async def test_consumers_have_generations_since_1_28(ask):
    host, uid = await ask.provider("host", {"VCPU": 4}), consumer()
    path = f"/allocations/{uid}"
    error = (await ask("PUT", path, body(host, {"VCPU": 1}, consumer_generation=3), status=409)).json()["errors"][0]
    assert (error["code"], "expected null but got 3" in error["detail"]) == ("placement.concurrent_update", True)
    await ask("PUT", path, body(host, {"VCPU": 1}), status=204)
    assert "expected 1 but got None" in (await ask("PUT", path, body(host, {"VCPU": 1}), status=409)).text
    await ask("PUT", path, body(host, {"VCPU": 2}, consumer_generation=1), status=204)
    await ask("PUT", path, body(host, {}, consumer_generation=2), status=204)
    assert (await ask("GET", path)).json() == {"allocations": {}}
    await ask("PUT", path, body(host, {"VCPU": 1}), status=204)
    await ask("DELETE", path, status=204)
    await ask("DELETE", path, status=404)


async def test_what_does_not_fit_is_refused_and_changes_nothing(ask):
    sizes = {"total": 16, "reserved": 4, "min_unit": 2, "max_unit": 8, "step_size": 2, "allocation_ratio": 1.5}
    host = await ask.provider("host", {"VCPU": sizes})
    before = (await ask("GET", f"/resource_providers/{host}")).json()["generation"]
    for amounts, reason in (
        ({"VCPU": 1}, "constraints"),
        ({"VCPU": 3}, "constraints"),
        ({"VCPU": 10}, "constraints"),
        ({"DISK_GB": 1}, "invalid"),
    ):
        assert reason in (await ask("PUT", f"/allocations/{consumer()}", body(host, amounts), status=409)).text
    await ask("PUT", f"/allocations/{consumer()}", body(host, {"CUSTOM_NO": 1}), status=400)
    await ask("PUT", f"/allocations/{consumer()}", body(consumer(), {"VCPU": 2}), status=400)
    assert (await ask("GET", f"/resource_providers/{host}")).json()["generation"] == before
    ids = [consumer() for _ in range(3)]
    for uid, amount in zip(ids, (8, 8, 2), strict=True):
        await ask("PUT", f"/allocations/{uid}", body(host, {"VCPU": amount}), status=204)
    assert "capacity" in (await ask("PUT", f"/allocations/{consumer()}", body(host, {"VCPU": 2}), status=409)).text
    two = {ids[0]: body(host, {}, consumer_generation=1), consumer(): body(host, {"VCPU": 8})}
    await ask("POST", "/allocations", two, status=204)
    bad = {ids[1]: body(host, {}, consumer_generation=1), consumer(): body(host, {"VCPU": 8}, consumer_generation=9)}
    await ask("POST", "/allocations", bad, status=409)
    usages = (await ask("GET", f"/resource_providers/{host}/usages")).json()["usages"]
    assert usages == {"VCPU": 18}
    shrunk = (await ask("GET", f"/resource_providers/{host}")).json()["generation"]
    await ask(
        "PUT", f"/resource_providers/{host}/inventories/VCPU", {"total": 8, "resource_provider_generation": shrunk}
    )
    await ask("PUT", f"/allocations/{ids[1]}", body(host, {"VCPU": 4}, consumer_generation=1), status=204)
    await ask("PUT", f"/allocations/{ids[1]}", body(host, {"VCPU": 6}, consumer_generation=2), status=409)


async def test_inventories_in_use_stay(ask):
    host = await ask.provider("host", {"VCPU": 4, "DISK_GB": 4})
    await ask("PUT", f"/allocations/{consumer()}", body(host, {"VCPU": 1, "DISK_GB": 1}), status=204)
    path = f"/resource_providers/{host}"
    error = (await ask("DELETE", f"{path}/inventories", status=409)).json()["errors"][0]
    assert (error["code"], "'VCPU, DISK_GB'" in error["detail"]) == ("placement.inventory.inuse", True)
    assert (await ask("DELETE", f"{path}/inventories/VCPU", status=409)).json()["errors"][0]["code"].endswith("update")
    error = (await ask("DELETE", path, status=409)).json()["errors"][0]
    assert error["code"] == "placement.resource_provider.inuse"


async def test_usages_are_grouped_by_type_since_1_38(ask):
    host = await ask.provider("host", {"VCPU": 10, "DISK_GB": 10})
    await ask("PUT", f"/allocations/{consumer()}", body(host, {"VCPU": 1, "DISK_GB": 2}), status=204)
    await ask("PUT", f"/allocations/{consumer()}", body(host, {"VCPU": 2}, user_id="v"), status=204)
    old = body(host, {"VCPU": 4})
    del old["consumer_type"]
    await ask("PUT", f"/allocations/{consumer()}", old, version="1.37", status=204)
    await ask("PUT", f"/allocations/{consumer()}", body(host, {"VCPU": 1}, project_id="q"), status=204)

    async def usages(query, version="1.39"):
        return (await ask("GET", f"/usages?{query}", version=version)).json()["usages"]

    assert await usages("project_id=p", "1.37") == {"DISK_GB": 2, "VCPU": 7}
    assert await usages("project_id=p") == {
        "INSTANCE": {"DISK_GB": 2, "VCPU": 3, "consumer_count": 2},
        "unknown": {"VCPU": 4, "consumer_count": 1},
    }
    assert await usages("project_id=p&consumer_type=all") == {"all": {"DISK_GB": 2, "VCPU": 7, "consumer_count": 3}}
    assert await usages("project_id=p&consumer_type=unknown") == {"unknown": {"VCPU": 4, "consumer_count": 1}}
    assert await usages("project_id=p&user_id=v") == {"INSTANCE": {"VCPU": 2, "consumer_count": 1}}
    assert await usages("project_id=nobody") == {}
    for query, version in (("", "1.39"), ("project_id=p&consumer_type=INSTANCE", "1.37"), ("project_id=", "1.39")):
        await ask("GET", f"/usages?{query}", version=version, status=400)
    await ask("GET", "/usages?project_id=p", version="1.8", status=404)


async def test_the_reshaper_moves_everything_or_nothing(ask):
    host, uid = await ask.provider("host", {"VCPU": 8, "VGPU": 2}), consumer()
    child = await ask.provider("child", parent=host)
    await ask("PUT", f"/allocations/{uid}", body(host, {"VCPU": 2, "VGPU": 1}), status=204)
    generation = (await ask("GET", f"/resource_providers/{host}")).json()["generation"]
    shape = {
        "inventories": {
            host: {"resource_provider_generation": generation, "inventories": {"VCPU": {"total": 8}}},
            child: {"resource_provider_generation": 0, "inventories": {"VGPU": {"total": 2}}},
        },
        "allocations": {
            uid: {
                **body(host, {"VCPU": 2}, consumer_generation=1),
                "allocations": {host: {"resources": {"VCPU": 2}}, child: {"resources": {"VGPU": 1}}},
            }
        },
    }
    await ask("POST", "/reshaper", shape, version="1.29", token="service:s", status=404)
    still = {**shape, "allocations": {}}
    error = (await ask("POST", "/reshaper", still, token="service:s", status=409)).json()["errors"][0]
    assert error["code"] == "placement.inventory.inuse"
    stale = {**shape, "inventories": {child: {"resource_provider_generation": 7, "inventories": {}}}}
    await ask("POST", "/reshaper", stale, token="service:s", status=409)
    lost = {**shape, "inventories": {consumer(): {"resource_provider_generation": 0, "inventories": {}}}}
    error = (await ask("POST", "/reshaper", lost, token="service:s", status=400)).json()["errors"][0]
    assert error["code"] == "placement.resource_provider.not_found"
    assert (await ask("GET", f"/resource_providers/{child}/inventories")).json()["inventories"] == {}
    await ask("POST", "/reshaper", shape, token="service:s", status=204)
    assert (await ask("GET", f"/resource_providers/{child}/usages")).json()["usages"] == {"VGPU": 1}
    assert (await ask("GET", f"/resource_providers/{host}/usages")).json()["usages"] == {"VCPU": 2}


@pytest.fixture
async def served(store, world, tmp_path, client_of):
    """The API over each kind of database."""
    service = wire(parts_of(store, world, tmp_path))
    async with client_of(Application([service.api], store, world, Tokens())) as http:
        made = Client(http)
        made.service, made.store = service, store
        yield made


async def test_of_64_writers_as_many_win_as_fit(served):
    host = await served.provider("host", {"VCPU": 43, "MEMORY_MB": 1000})
    await served("PUT", f"/allocations/{consumer()}", body(host, {"VCPU": 40}), status=204)

    async def write(amount):
        headers = {"X-Auth-Token": "admin:p", "OpenStack-API-Version": "placement 1.39"}
        path = f"/placement/allocations/{consumer()}"
        answer = await served.http.put(path, json=body(host, {"VCPU": 1, "MEMORY_MB": amount}), headers=headers)
        return answer.status_code

    answers = await asyncio.gather(*(write(1 + number % 7) for number in range(64)))
    assert sorted(answers) == [204] * 3 + [409] * 61
    async with served.store.read() as tx:
        used = select(func.sum(ALLOCATIONS.c.used)).where(ALLOCATIONS.c.resource_class == "VCPU")
        assert int(await tx.scalar(used)) == 43


async def test_what_other_services_are_promised(served):
    service, store = served.service, served.store
    inventory = {"VCPU": Inventory(total=4), "MEMORY_MB": Inventory(total=1024, reserved=24)}
    host, uid = consumer(), consumer()

    async def keep(traits):
        async with store.write() as tx:
            await service.keep_provider(tx, host, "host", inventory, frozenset(traits))

    async def seen():
        async with store.read() as tx:
            return (await service.snapshot(tx))[0]

    await keep({"CUSTOM_NEW", "HW_CPU_X86_AVX"})
    first = await seen()
    assert (first.inventories, first.traits) == (inventory, {"CUSTOM_NEW", "HW_CPU_X86_AVX"})
    await keep({"CUSTOM_NEW", "HW_CPU_X86_AVX"})
    assert (await seen()).generation == first.generation
    async with store.write() as tx:
        await service.claim(tx, uid, {host: {"VCPU": 3}}, project_id="p", user_id="u")
    with pytest.raises(DoesNotFit):
        async with store.write() as tx:
            await service.claim(tx, consumer(), {host: {"VCPU": 2}}, project_id="p", user_id="u")
    assert (await seen()).used == {"VCPU": 3}
    async with store.read() as tx:
        assert await service.consumers(tx) == {uid: {host: {"VCPU": 3}}}
    async with store.write() as tx:
        await service.release(tx, uid)
        await service.release(tx, uid)
        await service.remove_provider(tx, host)
        await service.remove_provider(tx, host)
    async with store.read() as tx:
        assert await service.snapshot(tx) == []
