"""`openstack image metadef …`, `openstack cached image …`, tasks and quotas: what operators do with images."""

import json

import pytest

from client.clouds import ClientFailed


def named(rows):
    """The names in a list; some of the command's lists write the column in capitals."""
    return [row.get("name", row.get("Name")) for row in rows]


def test_namespaces(cloud, name):
    space = name("Space")
    made = cloud.json("image", "metadef", "namespace", "create", "--public", "--display-name", "Mine", space)
    assert (made["namespace"], made["visibility"], made["display_name"]) == (space, "public", "Mine")
    cloud.openstack(
        "image", "metadef", "namespace", "set", "--description", "About", "--protected", "--tag", "t", space
    )
    shown = cloud.json("image", "metadef", "namespace", "show", space)
    assert (shown["description"], shown["protected"]) == ("About", True)
    listed = cloud.json("image", "metadef", "namespace", "list")
    assert {space, "OS::Compute::Watchdog", "OS::Glance::Signatures"} <= {entry["namespace"] for entry in listed}
    with pytest.raises(ClientFailed, match=r"protected|Failed"):
        cloud.openstack("image", "metadef", "namespace", "delete", space)
    cloud.openstack("image", "metadef", "namespace", "set", "--unprotected", space)
    cloud.openstack("image", "metadef", "namespace", "unset", "--tag", "t", space)
    cloud.openstack("image", "metadef", "namespace", "delete", space)
    with pytest.raises(ClientFailed):
        cloud.openstack("image", "metadef", "namespace", "show", space)
    with pytest.raises(ClientFailed, match=r"403|Forbidden|Policy|policy"):
        cloud.openstack("image", "metadef", "namespace", "create", space, cloud="pileus")


def test_properties_objects_and_resource_types(cloud, name):
    space = name("Space")
    cloud.openstack("image", "metadef", "namespace", "create", space)
    of_property = ("image", "metadef", "property")
    schema = json.dumps({"enum": ["a", "b"], "default": "a"})
    options = ("--name", "speed", "--title", "Speed", "--type", "string", "--schema", schema)
    assert cloud.json(*of_property, "create", *options, space)["title"] == "Speed"
    cloud.openstack(*of_property, "set", "--title", "How fast", space, "speed")
    assert cloud.json(*of_property, "show", space, "speed")["title"] == "How fast"
    assert named(cloud.json(*of_property, "list", space)) == ["speed"]
    cloud.openstack(*of_property, "delete", space, "speed")
    assert cloud.json(*of_property, "list", space) == []
    of_object = ("image", "metadef", "object")
    cloud.openstack(*of_object, "create", "--namespace", space, "engine")
    assert cloud.json(*of_object, "show", space, "engine")["name"] == "engine"
    cloud.openstack(*of_object, "update", space, "engine", "--name", "motor")
    assert named(cloud.json(*of_object, "list", space)) == ["motor"]
    cloud.openstack(*of_object, "delete", space, "motor")
    limits = cloud.json(*of_object, "property", "show", "OS::Compute::Quota", "CPU Limits", "quota:cpu_period")
    assert str(limits["maximum"]) == "1000000"
    types = ("image", "metadef", "resource", "type")
    cloud.openstack(*types, "association", "create", space, "OS::Nova::Flavor")
    assert named(cloud.json(*types, "association", "list", space)) == ["OS::Nova::Flavor"]
    cloud.openstack(*types, "association", "delete", space, "OS::Nova::Flavor")
    assert {"OS::Glance::Image", "OS::Nova::Flavor"} <= set(named(cloud.json(*types, "list")))
    cloud.openstack("image", "metadef", "namespace", "delete", space)


def test_the_cache(cloud, image):
    cloud.openstack("cached", "image", "queue", image)
    listed = cloud.json("cached", "image", "list")
    assert image in {entry["ID"] for entry in listed}
    cloud.openstack("cached", "image", "delete", image)
    cloud.openstack("cached", "image", "clear")
    assert cloud.json("cached", "image", "list") == []
    with pytest.raises(ClientFailed, match=r"403|Forbidden|Policy|policy"):
        cloud.openstack("cached", "image", "list", cloud="pileus")


def test_tasks(cloud):
    task = cloud.connection().image.create_task(type="import", input={"import_from": "http://none", "x": 1})
    assert task.id in {entry["ID"] for entry in cloud.json("image", "task", "list")}
    assert cloud.json("image", "task", "show", task.id)["id"] == task.id


def test_quotas_are_registered_limits(cloud, name):
    resource = ("--service", "image", "--region", "RegionOne")
    made = cloud.json("registered", "limit", "create", *resource, "--default-limit", "2", "image_count_total")
    try:
        demo = cloud.connection("pileus").image
        usage = demo.get("/info/usage").json()["usage"]["image_count_total"]
        assert usage["limit"] == 2
        answers = [demo.post("/images", json={"name": name("quota")}) for _ in range(3 - usage["usage"])]
        assert [answer.status_code for answer in answers] == [201] * (2 - usage["usage"]) + [413]
        assert "image_count_total is over limit of 2" in answers[-1].text
        for answer in answers[:-1]:
            demo.delete(f"/images/{answer.json()['id']}")
    finally:
        cloud.openstack("registered", "limit", "delete", made["id"])
