"""`openstack server …`: create, act, plug, delete."""

import base64

import pytest

from .clouds import ClientFailed


@pytest.fixture(scope="module")
def nets(cloud, name):
    """Two networks with a subnet each; the first has a router to the public network."""
    made = []
    for number in (1, 2):
        title = name("net")
        cloud.openstack("network", "create", title)
        cloud.openstack("subnet", "create", f"{title}-s", "--network", title, "--subnet-range", f"10.20{number}.0.0/24")
        made.append(title)
    router = name("router")
    cloud.openstack("router", "create", router, "--external-gateway", "public")
    cloud.openstack("router", "add", "subnet", router, f"{made[0]}-s")
    return made


@pytest.fixture(scope="module")
def server(cloud, name, image, nets):
    """A server on the first network."""
    title = name("server")
    cloud.openstack("server", "create", title, "--image", image, "--flavor", "m1.tiny", "--network", nets[0], "--wait")
    return title


def status(cloud, server):
    return cloud.json("server", "show", server)["status"]


def test_create_with_everything(cloud, name, image, nets, tmp_path):
    title, key, group = name("server"), name("key"), name("group")
    cloud.openstack("keypair", "create", key)
    cloud.openstack("security", "group", "create", group)
    port = cloud.json("port", "create", name("port"), "--network", nets[1], "--security-group", group)
    data = tmp_path / "data"
    data.write_text("#!/bin/sh\necho hello\n")
    made = cloud.json(
        "server", "create", title, "--image", image, "--flavor", "m1.tiny", "--wait", "--key-name", key,
        "--nic", f"net-id={cloud.json('network', 'show', nets[0])['id']}", "--port", port["id"],
        "--user-data", str(data), "--property", "role=web", "--config-drive", "True", "--security-group", group,
        "--availability-zone", "nova", "--description", "for a test", "--tag", "one",
    )  # fmt: skip
    assert made["status"] == "ACTIVE"
    shown = cloud.json("server", "show", title)
    assert set(shown["addresses"]) == set(nets)
    assert shown["addresses"][nets[1]] == [port["fixed_ips"][0]["ip_address"]]
    assert (shown["key_name"], shown["config_drive"], shown["description"]) == (key, "True", "for a test")
    assert shown["properties"] == {"role": "web"}
    assert base64.b64decode(shown["OS-EXT-SRV-ATTR:user_data"]).decode() == data.read_text()
    assert shown["OS-EXT-SRV-ATTR:host"].startswith("simulated-")
    assert group in [each["name"] for each in shown["security_groups"]]
    assert cloud.json("port", "show", port["id"])["status"] == "ACTIVE"
    cloud.openstack("server", "set", "--property", "more=yes", "--name", title + "x", title)
    cloud.openstack("server", "unset", "--property", "role", title + "x")
    assert cloud.json("server", "show", title + "x")["properties"] == {"more": "yes"}
    events = cloud.json("server", "event", "list", title + "x")
    assert "create" in [event["Action"] for event in events]
    cloud.openstack("server", "delete", "--wait", title + "x")
    assert cloud.json("port", "show", port["id"])["device_id"] == "", "a port that was given stays"
    assert cloud.json("port", "list", "--device-id", shown["id"]) == []


def test_several_at_once(cloud, name, image, nets):
    title = name("many")
    words = ["--image", image, "--flavor", "m1.nano", "--network", nets[0], "--wait"]
    cloud.openstack("server", "create", title, *words, "--min", "2", "--max", "3")
    rows = cloud.json("server", "list", "--name", f"^{title}-")
    assert sorted(row["Name"] for row in rows) == [f"{title}-{n}" for n in (1, 2, 3)]
    assert {row["Status"] for row in rows} == {"ACTIVE"}
    cloud.openstack("server", "delete", "--wait", *[row["ID"] for row in rows])
    assert cloud.json("server", "list", "--name", f"^{title}-") == []


def test_actions(cloud, server):
    for verb, then in [
        ("stop", "SHUTOFF"), ("start", "ACTIVE"), ("pause", "PAUSED"), ("unpause", "ACTIVE"),
        ("suspend", "SUSPENDED"), ("resume", "ACTIVE"),
    ]:  # fmt: skip
        cloud.openstack("server", verb, server)
        cloud.connection().compute.wait_for_server(
            cloud.connection().compute.find_server(server), status=then, interval=0.2, wait=30
        )
    for kind in ("--soft", "--hard"):
        cloud.openstack("server", "reboot", kind, "--wait", server)
        assert status(cloud, server) == "ACTIVE"
    cloud.openstack("server", "lock", "--reason", "mine", server)
    shown = cloud.json("server", "show", server)
    assert (shown["locked"], shown["locked_reason"]) == (True, "mine")
    cloud.openstack("server", "unlock", server)
    with pytest.raises(ClientFailed, match=r"409|while it is in vm_state"):
        cloud.openstack("server", "unpause", server)


def test_console(cloud, server):
    assert cloud.openstack("console", "log", "show", server).strip()
    assert cloud.json("console", "url", "show", "--novnc", server)["url"].startswith("http")


def test_floating_ip_ports_networks_and_groups(cloud, name, nets, server):
    public = cloud.json("floating", "ip", "create", "public")["floating_ip_address"]
    cloud.openstack("server", "add", "floating", "ip", server, public)
    assert public in cloud.json("server", "show", server)["addresses"][nets[0]]
    cloud.openstack("server", "remove", "floating", "ip", server, public)
    assert public not in cloud.json("server", "show", server)["addresses"][nets[0]]
    port = cloud.json("port", "create", name("port"), "--network", nets[1])
    cloud.openstack("server", "add", "port", server, port["id"])
    assert nets[1] in cloud.json("server", "show", server)["addresses"]
    cloud.openstack("server", "remove", "port", server, port["id"])
    assert nets[1] not in cloud.json("server", "show", server)["addresses"]
    cloud.openstack("server", "add", "network", server, nets[1])
    assert nets[1] in cloud.json("server", "show", server)["addresses"]
    cloud.openstack("server", "remove", "network", server, nets[1])
    assert nets[1] not in cloud.json("server", "show", server)["addresses"]
    cloud.openstack("server", "add", "fixed", "ip", "--fixed-ip-address", "10.202.0.99", server, nets[1])
    assert cloud.json("server", "show", server)["addresses"][nets[1]] == ["10.202.0.99"]
    [plugged] = cloud.json("port", "list", "--fixed-ip", "ip-address=10.202.0.99")
    cloud.openstack("server", "remove", "port", server, plugged["ID"])
    group = name("group")
    cloud.openstack("security", "group", "create", group)
    cloud.openstack("server", "add", "security", "group", server, group)
    assert group in [each["name"] for each in cloud.json("server", "show", server)["security_groups"]]
    cloud.openstack("server", "remove", "security", "group", server, group)
    cloud.openstack("security", "group", "delete", group)
    cloud.openstack("floating", "ip", "delete", public)


def test_usage_counts_it(cloud, server):
    rows = cloud.json("usage", "list")
    assert cloud.json("project", "show", "admin")["id"] in [row["Project"] for row in rows]
    assert cloud.json("usage", "show", "--project", "admin")["CPU Hours"] >= 0


def test_what_cannot_be(cloud, name, image, nets, server):
    base = ["server", "create", name("no"), "--flavor", "m1.tiny"]
    for words, match in [
        (["--image", "nowhere", "--network", nets[0]], "No Image found|404|not found"),
        (["--image", image, "--network", "nowhere"], "No Network found"),
        (["--image", image, "--network", nets[0], "--key-name", "nokey"], "key"),
        (["--image", image, "--network", nets[0], "--availability-zone", "moon"], "zone"),
        (["--image", image, "--network", nets[0], "--security-group", "nogroup"], "[Gg]roup"),
    ]:
        with pytest.raises(ClientFailed, match=match):
            cloud.openstack(*base, *words)
    with pytest.raises(ClientFailed, match="No Server found"):
        cloud.openstack("server", "show", server, cloud="pileus")
    with pytest.raises(ClientFailed, match=r"No (Server|server)"):
        cloud.openstack("server", "delete", "nowhere")


def test_delete(cloud, name, image, nets):
    title = name("short")
    cloud.openstack("server", "create", title, "--image", image, "--flavor", "m1.nano", "--nic", "none", "--wait")
    assert cloud.json("server", "show", title)["addresses"] == {}
    cloud.openstack("server", "delete", "--wait", title)
    with pytest.raises(ClientFailed, match="No Server found"):
        cloud.openstack("server", "show", title)
