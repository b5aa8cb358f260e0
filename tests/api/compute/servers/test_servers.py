"""Servers from creation to deletion, over simulated hosts."""

import re

import pytest

CREATED = {"id", "links", "adminPass", "OS-DCF:diskConfig", "security_groups"}
SHOWN_2_1 = {
    "id",
    "name",
    "status",
    "image",
    "flavor",
    "user_id",
    "tenant_id",
    "created",
    "updated",
    "metadata",
    "links",
    "addresses",
    "hostId",
    "progress",
    "OS-DCF:diskConfig",
    "accessIPv4",
    "accessIPv6",
    "key_name",
    "security_groups",
    "OS-SRV-USG:launched_at",
    "OS-SRV-USG:terminated_at",
    "OS-EXT-AZ:availability_zone",
    "OS-EXT-STS:task_state",
    "OS-EXT-STS:vm_state",
    "OS-EXT-STS:power_state",
    "os-extended-volumes:volumes_attached",
    "config_drive",
}
ADMIN_2_1 = {"OS-EXT-SRV-ATTR:host", "OS-EXT-SRV-ATTR:instance_name", "OS-EXT-SRV-ATTR:hypervisor_hostname"}


async def test_a_server_from_creation_to_deletion(api, cloud):
    answer = await api.post(
        metadata={"hello": "world"},
        accessIPv4="1.1.1.1",
        accessIPv6="0000:0000:0000:0000:0000:babe:220.12.22.2",
        key_name="k",
        user_data="IyEvYmluL3No",
        security_groups=[{"name": "web"}],
    )
    assert answer.status_code == 202, answer.text
    created = answer.json()["server"]
    assert set(created) == CREATED
    assert len(created["adminPass"]) == 12
    assert created["security_groups"] == [{"name": "web"}]
    assert (
        answer.headers["Location"]
        == created["links"][0]["href"]
        == f"http://cloud/compute/v2.1/servers/{created['id']}"
    )
    assert answer.headers["X-Compute-Request-Id"].startswith("req-")
    await cloud.engine.idle()
    server = await api.show(created["id"])
    assert set(server) == SHOWN_2_1
    assert (server["status"], server["OS-EXT-STS:task_state"], server["OS-EXT-STS:power_state"]) == ("ACTIVE", None, 1)
    assert (server["accessIPv4"], server["accessIPv6"]) == ("1.1.1.1", "::babe:dc0c:1602")
    assert server["metadata"] == {"hello": "world"}
    assert server["image"]["id"] == api.image
    assert server["flavor"]["id"] == "1"
    assert server["security_groups"] == [{"name": "web"}]
    [[address]] = server["addresses"].values()
    assert set(address) == {"version", "addr", "OS-EXT-IPS:type", "OS-EXT-IPS-MAC:mac_addr"}
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", server["created"])
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}", server["OS-SRV-USG:launched_at"])
    seen_by_admin = await api.show(created["id"], who="admin:p9")
    assert set(seen_by_admin) == SHOWN_2_1 | ADMIN_2_1
    host = cloud.fleet.hosts[seen_by_admin["OS-EXT-SRV-ATTR:host"]]
    assert [d.id for d in await host.hypervisor.domains()] == [created["id"]]
    listed = (await api.call("GET", "/servers")).json()["servers"]
    assert [set(s) for s in listed] == [{"id", "name", "links"}]
    detailed = (await api.call("GET", "/servers/detail")).json()["servers"]
    assert detailed == [server]
    gone = await api.call("DELETE", f"/servers/{created['id']}")
    assert (gone.status_code, gone.content) == (204, b"")
    await cloud.engine.idle()
    assert (await api.call("GET", f"/servers/{created['id']}")).status_code == 404
    assert list(await host.hypervisor.domains()) == []
    assert await host.disks.servers() == ()
    async with cloud.store.read() as tx:
        assert await cloud.network.ports(tx, [created["id"]]) == {}
        assert await cloud.server_parts.placement.consumers(tx) == {}


@pytest.mark.parametrize(
    ("more", "status", "words"),
    [
        ({"flavorRef": "99"}, 400, "Flavor 99 could not be found."),
        ({"imageRef": "4a2fbbaa-d3e7-4b3e-8d19-b3b8a5f4e3c1"}, 400, "Can not find requested image"),
        ({"imageRef": ""}, 400, "Invalid imageRef provided."),
        ({"key_name": "nope"}, 400, "Invalid key_name provided."),
        ({"name": ""}, 400, "Invalid input for field/attribute name."),
        ({"name": " x"}, 400, "Invalid input for field/attribute name."),
        ({"unknown": 1}, 400, "Additional properties are not allowed"),
        ({"networks": [{"uuid": "4a2fbbaa-d3e7-4b3e-8d19-b3b8a5f4e3c1"}]}, 400, "could not be found"),
        ({"networks": [{"uuid": "x"}]}, 400, "network uuid is not in proper format"),
        ({"security_groups": [{"name": "nope"}]}, 400, "Security group nope"),
        ({"availability_zone": "moon"}, 400, "The requested availability zone is not available"),
        ({"availability_zone": "nova:h1"}, 403, "os_compute_api:servers:create:forced_host"),
        ({"min_count": 3, "max_count": 2}, 400, "min_count must be <= max_count"),
        ({"min_count": 11}, 403, "Quota exceeded for instances: Requested 11, but already used 0 of 10 instances"),
        (
            {"block_device_mapping_v2": [{"source_type": "volume", "uuid": "v", "destination_type": "volume"}]},
            400,
            "volumes",
        ),
        ({"accessIPv4": "nonsense"}, 400, "accessIPv4"),
        ({"user_data": "%%%"}, 400, "user_data"),
        ({"metadata": {"k": 1}}, 400, "Invalid input"),
        ({"tags": ["a"]}, 400, "tags"),
    ],
)
async def test_refused_bodies_leave_nothing(api, cloud, more, status, words):
    answer = await api.post(**more)
    assert answer.status_code == status, answer.text
    [[name, inside]] = answer.json().items()
    assert name == {400: "badRequest", 403: "forbidden"}[status]
    assert inside["code"] == status
    assert words in inside["message"]
    assert (await api.call("GET", "/servers")).json() == {"servers": []}
    async with cloud.store.read() as tx:
        assert await cloud.server_parts.placement.consumers(tx) == {}


async def test_strangers_do_not_learn_of_servers(api):
    server = await api.make()
    for method, path in (("GET", ""), ("DELETE", ""), ("PUT", "")):
        answer = await api.call(method, f"/servers/{server['id']}{path}", {"server": {"name": "x"}}, who="member:p2")
        assert answer.status_code == 404, method
        assert answer.json()["itemNotFound"]["message"] == f"Instance {server['id']} could not be found."
    assert (await api.call("GET", "/servers", who="member:p2")).json() == {"servers": []}
    assert (await api.call("DELETE", f"/servers/{server['id']}", who="reader:p1")).status_code == 403


async def test_several_at_once(api, cloud):
    answer = await api.post(min_count=2, max_count=4, return_reservation_id=True)
    assert set(answer.json()) == {"reservation_id"}
    await cloud.engine.idle()
    listed = (await api.call("GET", f"/servers/detail?reservation_id={answer.json()['reservation_id']}")).json()[
        "servers"
    ]
    assert sorted(s["name"] for s in listed) == ["vm-1", "vm-2", "vm-3", "vm-4"]
    assert {s["status"] for s in listed} == {"ACTIVE"}


async def test_no_host_is_an_error_that_explains_itself(api, cloud):
    cloud.near.flavor["big"] = cloud.near.flavor["1"].__class__(id="big", name="big", vcpus=1, ram=10**7, disk=1)
    cloud.near.limit["ram"] = -1
    answer = await api.post(flavorRef="big")
    await cloud.engine.idle()
    server = await api.show(answer.json()["server"]["id"])
    assert server["status"] == "ERROR"
    assert server["fault"]["code"] == 500
    assert server["fault"]["message"].startswith(
        "No valid host was found. Of 2 hosts: resources removed 2. Nearest was h1: "
    )
    assert (await api.call("DELETE", f"/servers/{server['id']}")).status_code == 204
    await cloud.engine.idle()
    assert (await api.call("GET", f"/servers/{server['id']}")).status_code == 404


async def test_the_forced_host_and_the_newest_form(api):
    server = await api.make(availability_zone="nova:h2", who="admin:p1")
    newest = await api.show(server["id"], who="admin:p1", at="latest")
    assert newest["OS-EXT-SRV-ATTR:host"] == "h2"
    assert newest["flavor"]["original_name"] == "m1.tiny"
    assert newest["host_status"] == "UP"
    assert newest["server_groups"] == []
    assert newest["image"]["properties"]["disk_format"] == "qcow2"
    member = await api.show(server["id"], at="latest")
    assert member["OS-EXT-SRV-ATTR:hostname"] == "vm"
    assert {"host_status", "OS-EXT-SRV-ATTR:host", "OS-EXT-SRV-ATTR:user_data"}.isdisjoint(member)


async def test_changing_a_server(api):
    server = await api.make()
    body = {"server": {"name": "new", "accessIPv4": "2.2.2.2"}}
    answer = await api.call("PUT", f"/servers/{server['id']}", body)
    assert answer.status_code == 200
    assert answer.json()["server"]["name"] == "new"
    assert not any(key.startswith("OS-EXT") or key == "security_groups" for key in answer.json()["server"])
    later = (await api.call("PUT", f"/servers/{server['id']}", body, at="2.75")).json()["server"]
    assert later == await api.show(server["id"], at="2.75")
    unknown = await api.call("PUT", f"/servers/{server['id']}", {"server": {"description": "d"}})
    assert unknown.status_code == 400


async def test_deleting_while_it_is_built(api, cloud):
    answer = await api.post()
    server_id = answer.json()["server"]["id"]
    assert (await api.call("DELETE", f"/servers/{server_id}")).status_code == 204
    assert (await api.call("DELETE", f"/servers/{server_id}")).status_code == 204
    await cloud.engine.idle()
    assert (await api.call("GET", f"/servers/{server_id}")).status_code == 404
    for host in cloud.fleet.hosts.values():
        assert not await host.hypervisor.domains()
        assert not await host.disks.servers()
    async with cloud.store.read() as tx:
        assert await cloud.server_parts.placement.consumers(tx) == {}
        assert await cloud.network.ports(tx, [server_id]) == {}
