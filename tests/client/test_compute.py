"""`openstack flavor, keypair, hypervisor, compute service, quota …`: what stands around servers."""

import pytest

from .clouds import ClientFailed


def test_flavor(cloud, name):
    title = name("flavor")
    made = cloud.json(
        "flavor", "create", title, "--ram", "256", "--disk", "2", "--vcpus", "3", "--property", "hw:cpu_policy=shared"
    )
    assert (made["ram"], made["disk"], made["vcpus"]) == (256, 2, 3)
    assert made["properties"] == {"hw:cpu_policy": "shared"}
    cloud.openstack("flavor", "set", "--property", "a:b=c", "--description", "words", title)
    shown = cloud.json("flavor", "show", title)
    assert shown["properties"] == {"hw:cpu_policy": "shared", "a:b": "c"}
    assert shown["description"] == "words"
    cloud.openstack("flavor", "unset", "--property", "a:b", title)
    assert title in cloud.table("flavor", "list", "-c", "Name")
    cloud.openstack("flavor", "delete", title)
    with pytest.raises(ClientFailed, match="No Flavor found"):
        cloud.openstack("flavor", "show", title)
    with pytest.raises(ClientFailed, match=r"403|Policy"):
        cloud.openstack("flavor", "create", title, cloud="pileus")


def test_a_private_flavor_is_for_whom_it_is_given_to(cloud, name):
    title = name("private")
    cloud.openstack("flavor", "create", title, "--private", "--project", "demo")
    assert title in cloud.table("flavor", "list", "-c", "Name", cloud="pileus")
    cloud.openstack("flavor", "unset", "--project", "demo", title)
    assert title not in cloud.table("flavor", "list", "-c", "Name", cloud="pileus")
    cloud.openstack("flavor", "delete", title)


def test_keypair(cloud, name, tmp_path):
    title = name("key")
    private = cloud.openstack("keypair", "create", title)
    assert private.startswith("-----BEGIN OPENSSH PRIVATE KEY-----")
    public = cloud.openstack("keypair", "show", "--public-key", title)
    assert public.startswith("ssh-ed25519 ")
    assert set(cloud.json("keypair", "list")[0]) == {"Name", "Fingerprint", "Type"}
    file = tmp_path / "key.pub"
    file.write_text(public)
    given = cloud.json("keypair", "create", "--public-key", str(file), title + "x")
    assert given["fingerprint"] == cloud.json("keypair", "show", title)["fingerprint"]
    assert given["type"] == "ssh"
    with pytest.raises(ClientFailed, match="already exists"):
        cloud.openstack("keypair", "create", title)
    cloud.openstack("keypair", "delete", title, title + "x")
    with pytest.raises(ClientFailed, match=r"No (Keypair|KeyPair) found|not found"):
        cloud.openstack("keypair", "show", title)


def test_zones_name_each_resource_once(cloud):
    rows = cloud.json("availability", "zone", "list", "--network", "--long")
    assert sorted((row["Zone Name"], row["Zone Resource"]) for row in rows) == [("nova", "network"), ("nova", "router")]
    assert [row["Zone Name"] for row in cloud.json("availability", "zone", "list", "--compute", cloud="pileus")] == [
        "nova"
    ]


def test_hypervisors_services_and_limits(cloud):
    listed = cloud.json("hypervisor", "list", "--long")
    assert [row["State"] for row in listed] == ["up"] * 3
    shown = cloud.json("hypervisor", "show", listed[0]["ID"])
    assert shown["hypervisor_hostname"] == listed[0]["Hypervisor Hostname"]
    assert shown["status"] == "enabled"
    assert cloud.json("hypervisor", "stats", "show")["count"] == 3
    services = cloud.json("compute", "service", "list")
    assert {row["Binary"] for row in services} >= {"nova-compute"}
    host = next(row["Host"] for row in services if row["Binary"] == "nova-compute")
    cloud.openstack("compute", "service", "set", "--disable", "--disable-reason", "maintenance", host, "nova-compute")
    row = cloud.json("compute", "service", "list", "--host", host, "--service", "nova-compute", "--long")[0]
    assert (row["Status"], row["Disabled Reason"]) == ("disabled", "maintenance")
    cloud.openstack("compute", "service", "set", "--enable", host, "nova-compute")
    with pytest.raises(ClientFailed, match=r"403|Policy"):
        cloud.openstack("hypervisor", "list", cloud="pileus")
    limits = {row["Name"]: row["Value"] for row in cloud.json("limits", "show", "--absolute", cloud="pileus")}
    assert limits["total_instances_used" if "total_instances_used" in limits else "instances_used"] == 0


def test_quota(cloud, name):
    project = name("project")
    cloud.openstack("project", "create", project)
    cloud.openstack("quota", "set", "--instances", "3", "--cores", "4", "--ram", "4096", project)
    shown = {row["Resource"]: row["Limit"] for row in cloud.json("quota", "show", project)}
    assert (shown["instances"], shown["cores"], shown["ram"]) == (3, 4, 4096)
    cloud.openstack("quota", "delete", "--compute", project)
    shown = {row["Resource"]: row["Limit"] for row in cloud.json("quota", "show", "--compute", project)}
    assert shown["instances"] == 10
    cloud.openstack("project", "delete", project)


def test_aggregate(cloud, name):
    title = name("aggregate")
    cloud.openstack("aggregate", "create", title, "--zone", title, "--property", "ssd=true")
    cloud.openstack("aggregate", "add", "host", title, "simulated-3")
    shown = cloud.json("aggregate", "show", title)
    assert shown["hosts"] == ["simulated-3"]
    assert shown["properties"]["ssd"] == "true"
    assert title in [row["Zone Name"] for row in cloud.json("availability", "zone", "list", "--compute")]
    cloud.openstack("aggregate", "remove", "host", title, "simulated-3")
    cloud.openstack("aggregate", "delete", title)
