"""What can be done to a server that exists."""

import pytest


async def acted(api, own, body, status=202, **options):
    answer = await api.act(own, body, **options)
    assert answer.status_code == status, answer.text
    if status == 202:
        assert answer.content == b""
    await api.cloud.engine.idle()
    return answer


@pytest.mark.parametrize(
    ("first", "status", "power", "refused", "back"),
    [
        ({"os-stop": None}, "SHUTOFF", 4, {"pause": None}, {"os-start": None}),
        ({"pause": None}, "PAUSED", 3, {"os-stop": None}, {"unpause": None}),
        ({"suspend": None}, "SUSPENDED", 4, {"reboot": {"type": "SOFT"}}, {"resume": None}),
        ({"reboot": {"type": "SOFT"}}, "ACTIVE", 1, {"os-start": None}, {"reboot": {"type": "HARD"}}),
    ],
)
async def test_power_there_and_back(api, first, status, power, refused, back):
    server = await api.make()
    own = server["id"]
    await acted(api, own, first)
    shown = await api.show(own)
    assert (shown["status"], shown["OS-EXT-STS:power_state"], shown["OS-EXT-STS:task_state"]) == (status, power, None)
    answer = await acted(api, own, refused, 409)
    [verb] = refused
    verb = verb.removeprefix("os-")
    assert answer.json()["conflictingRequest"]["message"] == (
        f"Cannot '{verb}' instance {own} while it is in vm_state {shown['OS-EXT-STS:vm_state']}"
    )
    await acted(api, own, back)
    assert (await api.show(own))["status"] == "ACTIVE"


async def test_a_second_action_waits_for_nobody(api):
    server = await api.make()
    assert (await api.act(server["id"], {"reboot": {"type": "HARD"}})).status_code == 202
    answer = await api.act(server["id"], {"reboot": {"type": "HARD"}})
    assert answer.status_code == 409
    assert "task_state rebooting_hard" in answer.text
    assert (await api.show(server["id"]))["status"] == "HARD_REBOOT"
    await api.cloud.engine.idle()


async def test_a_locked_server_refuses_its_users(api):
    own = (await api.make())["id"]
    await acted(api, own, {"lock": None})
    for body in ({"os-stop": None}, {"reboot": {"type": "HARD"}}, {"forceDelete": None}):
        assert (await acted(api, own, body, 409)).json()["conflictingRequest"]["message"] == f"Instance {own} is locked"
    assert (await api.call("DELETE", f"/servers/{own}")).status_code == 409
    await acted(api, own, {"unlock": None})
    await acted(api, own, {"lock": {"locked_reason": "because"}}, who="admin:p1", at="2.73")
    shown = await api.show(own, at="2.73")
    assert (shown["locked"], shown["locked_reason"]) == (True, "because")
    assert (await api.act(own, {"unlock": None})).status_code == 403
    assert (await api.act(own, {"lock": {"locked_reason": "x"}})).status_code == 400
    assert [s["id"] for s in (await api.call("GET", "/servers?locked=true", at="2.73")).json()["servers"]] == [own]
    await acted(api, own, {"unlock": None}, who="admin:p1")
    await acted(api, own, {"os-stop": None})


async def test_reset_state_and_force_delete(api):
    own = (await api.make())["id"]
    assert (await api.act(own, {"os-resetState": {"state": "error"}})).status_code == 403
    await acted(api, own, {"os-resetState": {"state": "error"}}, who="admin:p1")
    assert (await api.show(own))["status"] == "ERROR"
    await acted(api, own, {"os-resetState": {"state": "active"}}, who="admin:p1")
    assert (await api.show(own))["status"] == "ACTIVE"
    await acted(api, own, {"forceDelete": None})
    assert (await api.call("GET", f"/servers/{own}")).status_code == 404
    assert (await api.act(own, {"os-start": None})).status_code == 404


async def test_consoles_and_diagnostics(api, cloud):
    own = (await api.make())["id"]
    output = (await acted(api, own, {"os-getConsoleOutput": {}}, 200)).json()["output"]
    assert "Linux version" in output
    short = (await acted(api, own, {"os-getConsoleOutput": {"length": 2}}, 200)).json()["output"]
    assert short == "\n".join(output.splitlines()[-2:])
    old = (await acted(api, own, {"os-getVNCConsole": {"type": "novnc"}}, 200)).json()["console"]
    assert old["type"] == "novnc"
    body = {"remote_console": {"protocol": "vnc", "type": "novnc"}}
    new = (await api.call("POST", f"/servers/{own}/remote-consoles", body, at="2.6")).json()["remote_console"]
    assert new["url"].startswith("http://cloud/console/vnc_lite.html?path=%3Ftoken%3D")
    assert new["url"] != old["url"]
    token = new["url"].rpartition("%3D")[2]
    path = f"/os-console-auth-tokens/{token}"
    assert (await api.call("GET", path, at="2.31")).status_code == 403
    found = (await api.call("GET", path, at="2.31", who="admin:p1")).json()["console"]
    assert (found["instance_uuid"], found["port"]) == (own, 5900)
    from pileus.compute.console.logic import redeem

    async with cloud.store.write() as tx:
        assert (await redeem(tx, cloud.world, token))["server_id"] == own
    async with cloud.store.write() as tx:
        assert await redeem(tx, cloud.world, token) is None
    assert (await api.call("GET", path, at="2.31", who="admin:p1")).status_code == 404
    assert (await api.call("GET", f"/servers/{own}/diagnostics")).status_code == 403
    standard = (await api.call("GET", f"/servers/{own}/diagnostics", at="2.48", who="admin:p1")).json()
    assert (standard["state"], standard["num_cpus"], standard["num_nics"]) == ("running", 1, 1)
    assert "memory" in (await api.call("GET", f"/servers/{own}/diagnostics", who="admin:p1")).json()


async def test_addresses_groups_and_nics(api, cloud):
    server = await api.make()
    own = server["id"]
    [network] = cloud.network.networks
    one = (await api.call("GET", f"/servers/{own}/ips")).json()["addresses"]
    assert [set(a) for a in one["private"]] == [{"version", "addr"}]
    await acted(api, own, {"addFixedIp": {"networkId": network}})
    two = (await api.call("GET", f"/servers/{own}/ips/private")).json()["private"]
    assert len(two) == 2
    await acted(api, own, {"removeFixedIp": {"address": two[1]["addr"]}})
    assert (await api.call("GET", f"/servers/{own}/ips")).json()["addresses"] == one
    assert (await api.act(own, {"addFixedIp": {"networkId": network}}, at="2.44")).status_code == 400
    await acted(api, own, {"addSecurityGroup": {"name": "web"}})
    assert (await api.show(own))["security_groups"] == [{"name": "default"}, {"name": "web"}]
    await acted(api, own, {"removeSecurityGroup": {"name": "web"}})
    assert (await api.act(own, {"addSecurityGroup": {"name": "nope"}})).status_code == 404

    url = f"/servers/{own}/os-interface"
    [first] = (await api.call("GET", url)).json()["interfaceAttachments"]
    assert set(first) == {"port_state", "fixed_ips", "port_id", "net_id", "mac_addr"}
    made = await api.call("POST", url, {"interfaceAttachment": {"net_id": network}})
    assert made.status_code == 200
    port = made.json()["interfaceAttachment"]["port_id"]
    await cloud.engine.idle()
    shown = (await api.call("GET", f"{url}/{port}", at="2.70")).json()["interfaceAttachment"]
    assert (shown["port_state"], shown["tag"]) == ("ACTIVE", None)
    host = cloud.fleet.hosts[(await api.show(own, who="admin:p1"))["OS-EXT-SRV-ATTR:host"]]
    assert [n.port_id for n in host.hypervisor._domains[own].spec.nics] == [first["port_id"], port]
    gone = await api.call("DELETE", f"{url}/{port}")
    assert (gone.status_code, gone.content) == (202, b"")
    await cloud.engine.idle()
    assert (await api.call("GET", f"{url}/{port}")).status_code == 404
    assert [n.port_id for n in host.hypervisor._domains[own].spec.nics] == [first["port_id"]]
    both = {"interfaceAttachment": {"net_id": network, "port_id": port}}
    assert (await api.call("POST", url, both)).status_code == 400


async def test_metadata(api):
    own = (await api.make(metadata={"a": "1"}))["id"]
    url = f"/servers/{own}/metadata"
    assert (await api.call("GET", url)).json() == {"metadata": {"a": "1"}}
    assert (await api.call("POST", url, {"metadata": {"b": "2"}})).json() == {"metadata": {"a": "1", "b": "2"}}
    assert (await api.call("PUT", url, {"metadata": {"c": "3"}})).json() == {"metadata": {"c": "3"}}
    assert (await api.call("PUT", f"{url}/c", {"meta": {"c": "4"}})).json() == {"meta": {"c": "4"}}
    assert (await api.call("PUT", f"{url}/c", {"meta": {"d": "4"}})).status_code == 400
    assert (await api.call("GET", f"{url}/c")).json() == {"meta": {"c": "4"}}
    gone = await api.call("DELETE", f"{url}/c")
    assert (gone.status_code, gone.content) == (204, b"")
    assert (await api.call("DELETE", f"{url}/c")).status_code == 404
    assert (await api.call("POST", url, {"metadata": {f"k{i}": "v" for i in range(129)}})).status_code == 403
    assert (await api.call("POST", url, {"metadata": {"k": None}})).status_code == 400


async def test_tags(api):
    own = (await api.make(at="2.52", tags=["x"]))["id"]
    url = f"/servers/{own}/tags"
    assert (await api.call("GET", url)).status_code == 404
    assert (await api.call("GET", url, at="2.26")).json() == {"tags": ["x"]}
    added = await api.call("PUT", f"{url}/y", at="2.26")
    assert (added.status_code, added.content) == (201, b"")
    assert (await api.call("PUT", f"{url}/y", at="2.26")).status_code == 204
    assert (await api.call("GET", f"{url}/y", at="2.26")).status_code == 204
    assert (await api.call("GET", f"{url}/z", at="2.26")).status_code == 404
    assert (await api.show(own, at="2.26"))["tags"] == ["x", "y"]
    for query, found in (
        ("tags=x,y", 1),
        ("tags=x,z", 0),
        ("tags-any=x,z", 1),
        ("not-tags=x,y", 0),
        ("not-tags-any=z", 1),
    ):
        assert len((await api.call("GET", f"/servers?{query}", at="2.26")).json()["servers"]) == found, query
    assert (await api.call("DELETE", f"{url}/y", at="2.26")).status_code == 204
    assert (await api.call("PUT", url, {"tags": ["q", "q", "r"]}, at="2.26")).json() == {"tags": ["q", "r"]}
    assert (await api.call("DELETE", url, at="2.26")).status_code == 204
    assert (await api.call("GET", url, at="2.26")).json() == {"tags": []}


async def test_the_journal_is_what_was_done(api, cloud):
    created = await api.post()
    own = created.json()["server"]["id"]
    await cloud.engine.idle()
    await acted(api, own, {"reboot": {"type": "HARD"}})
    url = f"/servers/{own}/os-instance-actions"
    actions = (await api.call("GET", url)).json()["instanceActions"]
    assert [a["action"] for a in actions] == ["reboot", "create"]
    assert set(actions[0]) == {
        "action",
        "instance_uuid",
        "request_id",
        "user_id",
        "project_id",
        "start_time",
        "message",
    }
    request = created.headers["X-Compute-Request-Id"]
    assert actions[1]["request_id"] == request
    shown = (await api.call("GET", f"{url}/{request}", at="2.62")).json()["instanceAction"]
    assert [e["event"] for e in shown["events"]][:2] == ["compute_claim", "compute_image"]
    assert {e["result"] for e in shown["events"]} == {"Success"}
    assert "traceback" not in shown["events"][0]
    assert (
        "traceback" in (await api.call("GET", f"{url}/{request}", who="admin:p1")).json()["instanceAction"]["events"][0]
    )
    page = (await api.call("GET", f"{url}?limit=1", at="2.58")).json()
    assert "marker=" in page["links"][0]["href"]
    assert (await api.call("GET", f"{url}/req-x")).status_code == 404
    await api.call("DELETE", f"/servers/{own}")
    await cloud.engine.idle()
    assert (await api.call("GET", url)).status_code == 404
    after = (await api.call("GET", url, at="2.21")).json()["instanceActions"]
    assert [a["action"] for a in after] == ["delete", "reboot", "create"]
    assert (await api.call("GET", url, at="2.21", who="member:p2")).status_code == 404


async def test_lists_filter_sort_and_page(api):
    ids = [(await api.make(name=f"vm{i}"))["id"] for i in range(3)]

    async def names(query, **options):
        answer = await api.call("GET", f"/servers?{query}", **options)
        assert answer.status_code == 200, answer.text
        return [s["name"] for s in answer.json()["servers"]]

    assert await names("") == ["vm2", "vm1", "vm0"]
    assert await names("name=vm1") == ["vm1"]
    assert await names("name=^vm[01]$&sort_key=display_name&sort_dir=asc") == ["vm0", "vm1"]
    assert await names("status=ACTIVE&status=ERROR&limit=2") == ["vm2", "vm1"]
    assert await names("status=SHUTOFF") == []
    assert await names(f"marker={ids[1]}") == ["vm0"]
    assert await names("host=h9") == ["vm2", "vm1", "vm0"], "users may not filter by host, so it means nothing"
    assert await names("host=h9", who="admin:p1") == []
    assert await names("all_tenants=1", who="admin:p2") == ["vm2", "vm1", "vm0"]
    assert await names("tenant_id=p1", who="admin:p2") == [], "means nothing without all_tenants"
    assert await names("limit=0") == []
    assert (await api.call("GET", "/servers?all_tenants=1")).status_code == 403
    [address] = (await api.show(ids[0]))["addresses"]["private"]
    assert await names(f"ip={address['addr'].replace('.', '[.]')}$") == ["vm0"]
    for bad in ("limit=-1", "limit=x", "marker=nope", "sort_key=nope", "changes-since=x"):
        assert (await api.call("GET", f"/servers?{bad}")).status_code == 400, bad
    assert (await api.call("GET", "/servers?foo=bar")).status_code == 200
    assert (await api.call("GET", "/servers?foo=bar", at="2.75")).status_code == 400
    assert (await api.call("GET", "/servers?status=nope", at="2.38")).status_code == 400
    first = (await api.call("GET", "/servers/detail?limit=2")).json()
    href = first["servers_links"][0]["href"]
    assert href == f"http://cloud/compute/v2.1/servers/detail?limit=2&marker={ids[1]}"
    rest = (await api.call("GET", href.removeprefix("http://cloud/compute/v2.1"))).json()
    assert [s["id"] for s in rest["servers"]] == [ids[0]]
    assert "servers_links" not in rest
