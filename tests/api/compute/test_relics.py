"""What only passes requests on to the network service, what only old clients ask for, and what is gone."""

import pytest

from pileus.compute.tombstones.api import GONE

GROUPS, RULES = "/os-security-groups", "/os-security-group-rules"


async def made(client, name="g"):
    answer = await client.post(GROUPS, json={"security_group": {"name": name, "description": "d"}})
    assert answer.status_code == 200, answer.text
    return answer.json()["security_group"]


async def test_security_groups(admin, member, other, at):
    first = (await member.get(GROUPS)).json()["security_groups"]
    assert [g["name"] for g in first] == ["default"]
    group = await made(member)
    assert group == {"id": group["id"], "name": "g", "tenant_id": "b" * 32, "rules": [], "description": "d"}
    listed = (await member.get(GROUPS)).json()["security_groups"]
    assert group in listed
    assert group not in (await admin.get(GROUPS)).json()["security_groups"]
    assert group in (await admin.get(f"{GROUPS}?all_tenants=true")).json()["security_groups"]
    assert group not in (await other.get(f"{GROUPS}?all_tenants=true")).json()["security_groups"]
    url = f"{GROUPS}/{group['id']}"
    assert (await member.get(url)).json()["security_group"] == group
    assert (await other.get(url)).status_code == 404
    changed = await member.put(url, json={"security_group": {"name": "n", "description": "e"}})
    assert (changed.status_code, changed.json()["security_group"]) == (200, {**group, "name": "n", "description": "e"})
    assert (await member.get(GROUPS, headers=at("2.36"))).status_code == 404
    answer = await member.delete(url)
    assert (answer.status_code, answer.content) == (202, b"")
    assert (await member.get(url)).status_code == 404
    assert (await member.delete(url)).status_code == 404
    assert (await member.get(f"{GROUPS}/x")).status_code == 400


async def test_bad_security_groups(member):
    for body in ({"name": "g"}, {"name": "x" * 256, "description": ""}, {"name": "default", "description": ""}):
        assert (await member.post(GROUPS, json={"security_group": body})).status_code == 400, body


async def test_rules(member):
    group = await made(member)
    url = f"{GROUPS}/{group['id']}"

    async def rule(status=200, **attributes):
        body = {"security_group_rule": {"parent_group_id": group["id"], **attributes}}
        answer = await member.post(RULES, json=body)
        assert answer.status_code == status, answer.text
        return answer.json()["security_group_rule"] if status == 200 else answer.json()

    tcp = await rule(ip_protocol="tcp", from_port=22, to_port=22)
    assert tcp == {
        "id": tcp["id"],
        "parent_group_id": group["id"],
        "ip_protocol": "tcp",
        "from_port": 22,
        "to_port": 22,
        "ip_range": {"cidr": "0.0.0.0/0"},
        "group": {},
    }
    icmp = await rule(ip_protocol="icmp", from_port=-1, to_port=-1, cidr="192.0.2.0/24")
    assert (icmp["from_port"], icmp["to_port"], icmp["ip_range"]) == (-1, -1, {"cidr": "192.0.2.0/24"})
    peers = await rule(ip_protocol="tcp", from_port=1, to_port=9, group_id=group["id"])
    assert (peers["group"], peers["ip_range"]) == ({"name": "g", "tenant_id": "b" * 32}, {})
    shown = (await member.get(url)).json()["security_group"]["rules"]
    assert sorted(r["id"] for r in shown) == sorted(r["id"] for r in (tcp, icmp, peers))
    assert tcp in shown
    assert peers in shown
    await rule(400, ip_protocol="tcp", from_port=22, to_port=22)
    await rule(400, ip_protocol="tcp", from_port=23, to_port=22)
    await rule(400, ip_protocol="tcp", from_port=0, to_port=22)
    await rule(400, ip_protocol="tcp", from_port=1, to_port=65536)
    await rule(400, ip_protocol="tcp", from_port="x", to_port=22)
    await rule(400, ip_protocol="nothing", from_port=1, to_port=22)
    await rule(400, ip_protocol="tcp", from_port=1, to_port=22, cidr="192.0.2.0/99")
    await rule(400)
    await rule(404, ip_protocol="tcp", from_port=1, to_port=22, group_id="d" * 32)
    answer = await member.delete(f"{RULES}/{tcp['id']}")
    assert (answer.status_code, answer.content) == (202, b"")
    assert (await member.delete(f"{RULES}/{tcp['id']}")).status_code == 404
    unknown = {"security_group_rule": {"parent_group_id": "d" * 32, "ip_protocol": "tcp"}}
    assert (await member.post(RULES, json=unknown)).status_code == 404


@pytest.fixture
async def public(admin):
    """An external network with addresses."""
    url = "http://cloud/networking/v2.0"
    body = {"network": {"name": "public", "router:external": True}}
    network = (await admin.post(f"{url}/networks", json=body)).json()["network"]
    subnet = {"network_id": network["id"], "cidr": "203.0.113.0/28", "ip_version": 4}
    assert (await admin.post(f"{url}/subnets", json={"subnet": subnet})).status_code == 201
    return network["id"]


async def test_networks(member, admin, public, at):
    (network,) = (await member.get("/os-tenant-networks")).json()["networks"]
    assert network == {"id": public, "cidr": "None", "label": "public"}
    assert (await member.get(f"/os-tenant-networks/{public}")).json()["network"] == network
    shown = (await member.get(f"/os-networks/{public}")).json()["network"]
    assert (shown["id"], shown["label"], shown["cidr"], "vlan" in shown) == (public, "public", None, False)
    assert "vlan" in (await admin.get("/os-networks")).json()["networks"][0]
    assert (await member.get("/os-networks/nothing")).status_code == 404
    assert (await member.get("/os-networks", headers=at("2.36"))).status_code == 404


async def test_floating_ips(member, other, public, at):
    assert (await member.get("/os-floating-ip-pools")).json() == {"floating_ip_pools": [{"name": "public"}]}
    answer = await member.post("/os-floating-ips", json={"pool": None})
    assert answer.status_code == 200, answer.text
    made = answer.json()["floating_ip"]
    assert made["ip"].startswith("203.0.113.")
    assert (made["pool"], made["fixed_ip"], made["instance_id"]) == ("public", None, None)
    assert (await member.get("/os-floating-ips")).json()["floating_ips"] == [made]
    assert (await other.get("/os-floating-ips")).json()["floating_ips"] == []
    url = f"/os-floating-ips/{made['id']}"
    assert (await member.get(url)).json()["floating_ip"] == made
    assert (await other.get(url)).status_code == 404
    assert (await member.post("/os-floating-ips", json={"pool": "nothing"})).status_code == 404
    answer = await member.delete(url)
    assert (answer.status_code, answer.content) == (202, b"")
    assert (await member.get(url)).status_code == 404
    assert (await member.get("/os-floating-ips", headers=at("2.36"))).status_code == 404


async def test_extensions(member):
    found = (await member.get("/extensions")).json()["extensions"]
    assert {"os-keypairs", "os-flavor-manage", "OS-EXT-STS"} <= {e["alias"] for e in found}
    assert (await member.get("/extensions/os-keypairs")).json()["extension"] in found
    assert (await member.get("/extensions/nothing")).status_code == 404


@pytest.mark.parametrize(("path", "verb"), [(path, verb) for path, verbs in GONE.items() for verb in verbs])
async def test_what_is_gone(member, path, verb):
    url = path.replace("{id}", "1").replace("{domain_id}", "2").replace("{server_id}", "3")
    answer = await member.request(verb, url, **({"json": {"x": {}}} if verb in {"POST", "PUT"} else {}))
    assert answer.status_code == 410, answer.text


async def test_migrations(admin, member, at):
    assert (await admin.get("/os-migrations")).json() == {"migrations": []}
    assert (await member.get("/os-migrations")).status_code == 403
    assert (await admin.get("/os-migrations?nothing=1", headers=at("2.59"))).status_code == 400
    assert (await admin.get("/os-migrations?limit=x", headers=at("2.59"))).status_code == 400


async def test_audit_log(admin, host):
    await host()
    log = (await admin.get("/os-instance_usage_audit_log")).json()["instance_usage_audit_logs"]
    assert (log["num_hosts"], log["hosts_not_run"], log["log"]) == (1, ["h1"], {})
    answer = await admin.get("/os-instance_usage_audit_log/2026-03-15 10:00:00")
    assert answer.json()["instance_usage_audit_log"]["period_beginning"] == "2026-02-01 00:00:00"
    assert (await admin.get("/os-instance_usage_audit_log/nothing")).status_code == 400


async def test_usage(admin, member, other, server, parts, at):
    from datetime import timedelta

    from sqlalchemy import update

    from pileus.compute.servers.table import SERVERS

    await server(vcpus=2, memory_mib=100, root_gib=3)
    now = parts.world.clock.now()
    async with parts.store.write() as tx:
        await tx.run(update(SERVERS).values(launched_at=now - timedelta(hours=10)))
    start, end = (moment.strftime("%Y-%m-%dT%H:%M:%S") for moment in (now - timedelta(hours=5), now))
    url = f"/os-simple-tenant-usage/{'b' * 32}?start={start}&end={end}"
    usage = (await member.get(url)).json()["tenant_usage"]
    assert usage["total_hours"] == pytest.approx(5, abs=0.01)
    assert usage["total_vcpus_usage"] == pytest.approx(10, abs=0.02)
    (one,) = usage["server_usages"]
    assert (one["state"], one["flavor"], one["ended_at"], one["local_gb"]) == ("active", "m1.tiny", None, 3)
    (listed,) = (await admin.get(f"/os-simple-tenant-usage?start={start}&end={end}")).json()["tenant_usages"]
    assert "server_usages" not in listed
    detailed = (await admin.get(f"/os-simple-tenant-usage?start={start}&end={end}&detailed=1")).json()["tenant_usages"]
    assert len(detailed[0]["server_usages"]) == 1
    assert (await other.get(url)).status_code == 403
    assert (await member.get("/os-simple-tenant-usage")).status_code == 403
    empty = f"/os-simple-tenant-usage/{'c' * 32}?start={start}"
    assert (await other.get(empty)).json() == {"tenant_usage": {}}
    assert (await admin.get("/os-simple-tenant-usage")).status_code == 200
    for bad in (f"start={end}&end={start}", "start=nothing"):
        assert (await member.get(f"/os-simple-tenant-usage/{'b' * 32}?{bad}")).status_code == 400
    await server()
    paged = (await admin.get(f"/os-simple-tenant-usage?start={start}&limit=1", headers=at("2.40"))).json()
    assert paged["tenant_usages_links"][0]["rel"] == "next"
