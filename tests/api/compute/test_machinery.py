"""What operators see of hosts, over HTTP: services, hypervisors, aggregates, availability zones."""

import pytest


async def test_services_in_each_version(admin, member, host, at):
    uuid, _ = await host()
    (service,) = (await admin.get("/os-services")).json()["services"]
    assert set(service) == {"id", "binary", "host", "zone", "status", "state", "updated_at", "disabled_reason"}
    assert isinstance(service["id"], int)
    assert (service["zone"], service["status"], service["state"]) == ("nova", "enabled", "up")
    (service,) = (await admin.get("/os-services", headers=at("2.11"))).json()["services"]
    assert service["forced_down"] is False
    (service,) = (await admin.get("/os-services?binary=nova-compute&host=h1", headers=at("2.53"))).json()["services"]
    assert service["id"] == uuid
    assert (await admin.get("/os-services?host=h2")).json()["services"] == []
    assert (await member.get("/os-services")).status_code == 403


async def test_decisions_of_old_versions(admin, host, at):
    await host()
    body = {"host": "h1", "binary": "nova-compute"}
    answer = await admin.put("/os-services/disable", json=body)
    assert answer.json() == {"service": {**body, "status": "disabled"}}
    reasoned = {**body, "disabled_reason": "broken"}
    answer = await admin.put("/os-services/disable-log-reason", json=reasoned)
    assert answer.json() == {"service": {**reasoned, "status": "disabled"}}
    (service,) = (await admin.get("/os-services")).json()["services"]
    assert (service["status"], service["disabled_reason"]) == ("disabled", "broken")
    await admin.put("/os-services/enable", json=body)
    (service,) = (await admin.get("/os-services")).json()["services"]
    assert (service["status"], service["disabled_reason"]) == ("enabled", None)
    forced = {**body, "forced_down": True}
    assert (await admin.put("/os-services/force-down", json=forced)).status_code == 400
    assert (await admin.put("/os-services/force-down", json=forced, headers=at("2.11"))).json() == {"service": forced}
    assert (await admin.get("/os-services")).json()["services"][0]["state"] == "down"
    for verb, bad, status in (
        ("nothing", body, 404),
        ("enable", {"host": "h1"}, 400),
        ("enable", {**body, "host": "h2"}, 404),
        ("disable-log-reason", body, 400),
        ("enable", {**body, "x": 1}, 400),
    ):
        assert (await admin.put(f"/os-services/{verb}", json=bad)).status_code == status, verb


async def test_decisions_of_new_versions(admin, host, at):
    uuid, _ = await host()
    new, url = at("2.53"), f"/os-services/{uuid}"
    answer = await admin.put(url, json={"status": "disabled", "disabled_reason": "r", "forced_down": True}, headers=new)
    assert answer.status_code == 200
    service = answer.json()["service"]
    assert (service["id"], service["status"], service["state"]) == (uuid, "disabled", "down")
    for bad in ({}, {"disabled_reason": "r"}, {"status": "enabled", "disabled_reason": "r"}, {"status": "x"}):
        assert (await admin.put(url, json=bad, headers=new)).status_code == 400, bad
    assert (await admin.put("/os-services/disable", json={"status": "enabled"}, headers=new)).status_code == 400


async def test_forgetting_a_host(admin, host, server, placement, at):
    uuid, node = await host()
    await server(host="h1")
    new = at("2.53")
    assert (await admin.delete(f"/os-services/{uuid}", headers=new)).status_code == 409
    spare, spare_node = await host("h2")
    assert (await admin.delete(f"/os-services/{spare}", headers=new)).status_code == 204
    assert placement.removed == [spare_node]
    assert (await admin.delete(f"/os-services/{spare}", headers=new)).status_code == 404
    assert (await admin.delete("/os-services/1", headers=new)).status_code == 400
    assert (await admin.delete("/os-services/999")).status_code == 404
    shown = (await admin.get("/os-hypervisors", headers=new)).json()["hypervisors"]
    assert [h["id"] for h in shown] == [node]


NAME = {"id", "hypervisor_hostname", "state", "status"}
FIGURES = {
    "cpu_info",
    "vcpus",
    "vcpus_used",
    "memory_mb",
    "memory_mb_used",
    "free_ram_mb",
    "local_gb",
    "local_gb_used",
    "free_disk_gb",
    "disk_available_least",
    "current_workload",
    "running_vms",
}
LASTING = NAME | {"hypervisor_type", "hypervisor_version", "host_ip", "service"}


async def test_hypervisors_in_each_version(admin, host, server, at):
    _, uuid = await host()
    await server(host="h1", vcpus=2, memory_mib=1000, root_gib=5)
    (old,) = (await admin.get("/os-hypervisors/detail")).json()["hypervisors"]
    assert set(old) == LASTING | FIGURES
    assert isinstance(old["cpu_info"], str)
    assert (old["vcpus_used"], old["memory_mb_used"], old["free_ram_mb"]) == (2, 1512, 14488)
    assert (old["local_gb_used"], old["free_disk_gb"], old["running_vms"]) == (5, 95, 1)
    assert (await admin.get(f"/os-hypervisors/{old['id']}")).json()["hypervisor"] == old
    (named,) = (await admin.get("/os-hypervisors")).json()["hypervisors"]
    assert set(named) == NAME
    (middle,) = (await admin.get("/os-hypervisors/detail", headers=at("2.53"))).json()["hypervisors"]
    assert middle["cpu_info"] == {"arch": "x86_64"}
    assert middle["id"] == uuid
    (new,) = (await admin.get("/os-hypervisors/detail", headers=at("2.88"))).json()["hypervisors"]
    assert set(new) == LASTING | {"uptime"}
    assert (await admin.get(f"/os-hypervisors/{uuid}", headers=at("2.88"))).json()["hypervisor"] == new


async def test_hypervisors_and_their_servers(admin, host, server, at):
    _, uuid = await host()
    await host("h2")
    web = await server(host="h1", name="web")
    (found,) = (await admin.get("/os-hypervisors/h1/servers")).json()["hypervisors"]
    assert found["servers"] == [{"name": "web", "uuid": web}]
    assert len((await admin.get("/os-hypervisors/example/search")).json()["hypervisors"]) == 2
    assert (await admin.get("/os-hypervisors/nothing/search")).status_code == 404
    assert (await admin.get("/os-hypervisors/h1/servers", headers=at("2.53"))).status_code == 404
    query = "/os-hypervisors?hypervisor_hostname_pattern=h1&with_servers=true"
    (found,) = (await admin.get(query, headers=at("2.53"))).json()["hypervisors"]
    assert found["servers"] == [{"name": "web", "uuid": web}]
    shown = (await admin.get(f"/os-hypervisors/{uuid}?with_servers=1", headers=at("2.53"))).json()["hypervisor"]
    assert len(shown["servers"]) == 1
    assert (await admin.get(f"{query}&limit=1", headers=at("2.53"))).status_code == 400
    assert (await admin.get("/os-hypervisors/1", headers=at("2.53"))).status_code == 400
    assert (await admin.get("/os-hypervisors/x")).status_code == 404


async def test_pages_and_sums_of_hypervisors(admin, member, host, at):
    for name in ("h1", "h2", "h3"):
        await host(name)
    page = (await admin.get("/os-hypervisors?limit=2", headers=at("2.33"))).json()
    assert len(page["hypervisors"]) == 2
    rest = (await admin.get(page["hypervisors_links"][0]["href"], headers=at("2.33"))).json()
    assert [h["hypervisor_hostname"] for h in rest["hypervisors"]] == ["h3.example.org"]
    sums = (await admin.get("/os-hypervisors/statistics")).json()["hypervisor_statistics"]
    assert (sums["count"], sums["vcpus"], sums["memory_mb"]) == (3, 24, 48000)
    assert (await admin.get("/os-hypervisors/statistics", headers=at("2.88"))).status_code in {400, 404}
    assert (await member.get("/os-hypervisors")).status_code == 403


async def made(admin, name="a", **more):
    answer = await admin.post("/os-aggregates", json={"aggregate": {"name": name, **more}})
    assert answer.status_code == 200, answer.text
    return answer.json()["aggregate"]


async def test_aggregates(admin, member, host, at):
    await host()
    aggregate = await made(admin, availability_zone="z1")
    short = {"id", "name", "availability_zone", "created_at", "updated_at", "deleted", "deleted_at"}
    assert set(aggregate) == short
    assert aggregate["created_at"] is not None
    assert aggregate["updated_at"] is None
    url = f"/os-aggregates/{aggregate['id']}"
    shown = (await admin.get(url)).json()["aggregate"]
    assert set(shown) == short | {"hosts", "metadata"}
    assert shown["metadata"] == {"availability_zone": "z1"}
    assert "uuid" in (await admin.get(url, headers=at("2.41"))).json()["aggregate"]
    answer = await admin.post(url + "/action", json={"add_host": {"host": "h1"}})
    assert (answer.status_code, answer.json()["aggregate"]["hosts"]) == (200, ["h1"])
    assert (await admin.post(url + "/action", json={"add_host": {"host": "h1"}})).status_code == 409
    assert (await admin.post(url + "/action", json={"add_host": {"host": "h9"}})).status_code == 404
    assert (await admin.get("/os-services")).json()["services"][0]["zone"] == "z1"
    second = await made(admin, "b", availability_zone="z2")
    answer = await admin.post(f"/os-aggregates/{second['id']}/action", json={"add_host": {"host": "h1"}})
    assert answer.status_code == 409
    body = {"set_metadata": {"metadata": {"ssd": "true", "gone": None}}}
    answer = await admin.post(url + "/action", json=body)
    assert answer.json()["aggregate"]["metadata"] == {"availability_zone": "z1", "ssd": "true"}
    assert (await admin.delete(url)).status_code == 400
    answer = await admin.post(url + "/action", json={"remove_host": {"host": "h1"}})
    assert answer.json()["aggregate"]["hosts"] == []
    assert (await admin.post(url + "/action", json={"remove_host": {"host": "h1"}})).status_code == 404
    answer = await admin.put(url, json={"aggregate": {"name": "c", "availability_zone": "z3"}})
    assert (answer.json()["aggregate"]["name"], answer.json()["aggregate"]["availability_zone"]) == ("c", "z3")
    assert len((await admin.get("/os-aggregates")).json()["aggregates"]) == 2
    answer = await admin.delete(url)
    assert (answer.status_code, answer.content) == (200, b"")
    assert (await admin.get(url)).status_code == 404
    assert (await member.get("/os-aggregates")).status_code == 403


@pytest.mark.parametrize(
    "bad", [{"name": ""}, {"name": "x" * 256}, {"availability_zone": ""}, {"availability_zone": "a:b"}, {"hosts": []}]
)
async def test_bad_aggregates(admin, bad):
    assert (await admin.post("/os-aggregates", json={"aggregate": {"name": "n", **bad}})).status_code == 400


async def test_bad_requests_on_aggregates(admin):
    aggregate = await made(admin)
    assert (await admin.post("/os-aggregates", json={"aggregate": {"name": "a"}})).status_code == 409
    assert (await admin.put(f"/os-aggregates/{aggregate['id']}", json={"aggregate": {}})).status_code == 400
    assert (await admin.get("/os-aggregates/x")).status_code == 400
    assert (await admin.get("/os-aggregates/99")).status_code == 404
    assert (await admin.get("/os-aggregates/-1")).status_code == 404


async def test_a_zone_does_not_change_below_servers(admin, host, server):
    await host()
    await server(host="h1")
    zoned = await made(admin, availability_zone="z1")
    answer = await admin.post(f"/os-aggregates/{zoned['id']}/action", json={"add_host": {"host": "h1"}})
    assert answer.status_code == 409
    plain = await made(admin, "plain")
    url = f"/os-aggregates/{plain['id']}"
    assert (await admin.post(url + "/action", json={"add_host": {"host": "h1"}})).status_code == 200
    assert (await admin.put(url, json={"aggregate": {"availability_zone": "z1"}})).status_code == 400
    same = await admin.put(url, json={"aggregate": {"name": "still plain"}})
    assert same.status_code == 200


async def test_availability_zones(admin, member, host):
    await host()
    await host("h2")
    aggregate = await made(admin, availability_zone="z1")
    await admin.post(f"/os-aggregates/{aggregate['id']}/action", json={"add_host": {"host": "h2"}})
    shown = (await member.get("/os-availability-zone")).json()["availabilityZoneInfo"]
    assert shown == [{"zoneName": z, "zoneState": {"available": True}, "hosts": None} for z in ("nova", "z1")]
    detail = (await admin.get("/os-availability-zone/detail")).json()["availabilityZoneInfo"]
    service = detail[1]["hosts"]["h2"]["nova-compute"]
    assert set(service) == {"available", "active", "updated_at"}
    assert service["available"] is True
    assert (await member.get("/os-availability-zone/detail")).status_code == 403
    await admin.put("/os-services/disable", json={"host": "h2", "binary": "nova-compute"})
    shown = (await member.get("/os-availability-zone")).json()["availabilityZoneInfo"]
    assert {"zoneName": "z1", "zoneState": {"available": False}, "hosts": None} in shown


async def test_hosts_of_old_versions(admin, member, host, server, at):
    await host()
    await server(host="h1", vcpus=2, memory_mib=100, root_gib=3)
    shown = (await admin.get("/os-hosts")).json()["hosts"]
    assert shown == [{"host_name": "h1", "service": "compute", "zone": "nova"}]
    assert (await admin.get("/os-hosts?zone=z9")).json()["hosts"] == []
    assert (await admin.get("/os-hosts?zone=")).json()["hosts"] == shown
    found = [entry["resource"] for entry in (await admin.get("/os-hosts/h1")).json()["host"]]
    assert [r["project"] for r in found] == ["(total)", "(used_now)", "(used_max)", "b" * 32]
    assert (found[0]["cpu"], found[1]["memory_mb"], found[3]["disk_gb"]) == (8, 612, 3)
    assert (await admin.get("/os-hosts/h9")).status_code == 404
    assert (await admin.get("/os-hosts", headers=at("2.43"))).status_code == 404
    assert (await member.get("/os-hosts")).status_code == 403


async def test_hosts_of_old_versions_are_switched(admin, member, host):
    await host()
    url = "/os-hosts/h1"
    answer = await admin.put(url, json={"status": "disable"})
    assert (answer.status_code, answer.json()) == (200, {"host": "h1", "status": "disabled"})
    assert (await admin.get("/os-services")).json()["services"][0]["status"] == "disabled"
    assert (await admin.put(url, json={"status": "enable"})).json()["status"] == "enabled"
    for bad in ({}, {"status": "invalid"}, {"maintenance_mode": "x"}, {"status": "enable", "param": "eval"}):
        assert (await admin.put(url, json=bad)).status_code == 400, bad
    assert (await admin.put("/os-hosts/h9", json={"status": "enable"})).status_code == 404
    assert (await member.put(url, json={"status": "enable"})).status_code == 403
    for verb in ("startup", "shutdown", "reboot"):
        assert (await admin.get(f"{url}/{verb}")).status_code == 501
        assert (await admin.get(f"/os-hosts/h9/{verb}")).status_code == 404
        assert (await member.get(f"{url}/{verb}")).status_code == 403


async def test_events_of_other_services(admin, member, server):
    known, unknown = await server(host="h1"), "00000000-0000-4000-8000-000000000000"

    def body(*servers):
        return {"events": [{"name": "network-changed", "server_uuid": each} for each in servers]}

    url = "/os-server-external-events"
    answer = await admin.post(url, json=body(known))
    event = {"name": "network-changed", "server_uuid": known, "status": "completed", "code": 200}
    assert (answer.status_code, answer.json()) == (200, {"events": [event]})
    answer = await admin.post(url, json=body(known, unknown))
    assert (answer.status_code, [each["code"] for each in answer.json()["events"]]) == (207, [200, 404])
    assert (await admin.post(url, json=body(unknown))).status_code == 404
    assert (await admin.post(url, json={"events": []})).status_code == 400
    assert (await admin.post(url, json={"events": [{"name": "x", "server_uuid": known}]})).status_code == 400
    assert (await member.post(url, json=body(known))).status_code == 403
