"""openstacksdk's image proxy: every method that the service offers."""

import pytest
from openstack import exceptions


@pytest.fixture(scope="module")
def sdk(cloud):
    return cloud.connection().image


def test_images_with_data(sdk, name, tmp_path):
    empty = sdk.create_image(name("sdk"), disk_format="raw", container_format="bare", allow_duplicates=True)
    assert sdk.get_image(empty.id).status == "queued"
    sdk.delete_image(empty.id)
    whole = {"disk_format": "raw", "container_format": "bare"}
    image = sdk.create_image(name("sdk"), data=b"data" * 100, wait=True, allow_duplicates=True, **whole)
    assert sdk.get_image(image.id).size == 400
    assert sdk.download_image(image.id).content == b"data" * 100
    assert sdk.find_image(image.name).id == image.id
    assert image.id in {found.id for found in sdk.images(status="active", owner=image.owner_id, limit=1)}
    changed = sdk.update_image(image.id, name=name("sdk"), min_disk=1, hw_disk_bus="scsi")
    assert (changed.min_disk, changed.hw_disk_bus) == (1, "scsi")
    assert sdk.update_image_properties(image=sdk.get_image(image.id), os_distro="debian")
    sdk.add_tag(image.id, "word")
    assert sdk.get_image(image.id).tags == ["word"]
    sdk.remove_tag(image.id, "word")
    assert sdk.get_image(image.id).tags == []
    sdk.deactivate_image(image.id)
    assert sdk.get_image(image.id).status == "deactivated"
    sdk.reactivate_image(image.id)
    assert sdk.get_image(image.id).status == "active"
    assert list(sdk.image_tasks(image.id)) == []
    assert [store.id for store in sdk.stores()]
    assert sdk.get_import_info().import_methods
    sdk.delete_image(image.id, ignore_missing=False)
    assert sdk.find_image(image.id) is None


def test_staged_data(sdk, name):
    image = sdk.create_image(name("sdk"), disk_format="raw", container_format="bare", allow_duplicates=True)
    image = sdk.get_image(image.id)
    sdk.stage_image(image, data=b"x" * 1024)
    sdk.import_image(image, method="glance-direct")
    image = sdk.wait_for_status(sdk.get_image(image.id), "active", failures=["queued"], interval=0.1, wait=30)
    assert image.size == 1024
    (task,) = sdk.image_tasks(image.id)
    assert task.status in {"processing", "success"}
    sdk.delete_image(image.id)


def test_members(cloud, sdk, name):
    project = cloud.json("project", "show", "demo")["id"]
    image = sdk.create_image(name("sdk"), visibility="shared", disk_format="raw", container_format="bare")
    assert sdk.add_member(image.id, member_id=project).status == "pending"
    assert sdk.get_member(project, image.id).member_id == project
    assert sdk.find_member(project, image.id).member_id == project
    assert [member.member_id for member in sdk.members(image.id)] == [project]
    theirs = cloud.connection("pileus").image
    assert theirs.update_member(project, image.id, status="accepted").status == "accepted"
    assert image.id in {found.id for found in theirs.images()}
    sdk.remove_member(project, image.id, ignore_missing=False)
    with pytest.raises(exceptions.NotFoundException):
        theirs.get_image(image.id)
    sdk.delete_image(image.id)


def test_metadata_definitions(sdk, name):
    space = sdk.create_metadef_namespace(namespace=name("Sdk"), visibility="public")
    assert sdk.get_metadef_namespace(space.namespace).visibility == "public"
    assert space.namespace in {found.namespace for found in sdk.metadef_namespaces()}
    changed = sdk.update_metadef_namespace(space.namespace, display_name="D", visibility="private")
    assert (changed.display_name, changed.visibility) == ("D", "private")
    sdk.add_tag_to_metadef_namespace(space.namespace, "one")
    sdk.add_tag_to_metadef_namespace(space.namespace, "two")
    sdk.remove_tag_from_metadef_namespace(space.namespace, "one")
    sdk.remove_tags_from_metadef_namespace(space.namespace)
    described = {"title": "T", "type": "string", "enum": ["a"]}
    sdk.create_metadef_object(space.namespace, name="o", properties={"p": described})
    assert sdk.get_metadef_object("o", space.namespace).properties == {"p": described}
    assert sdk.update_metadef_object("o", space.namespace, name="n").name == "n"
    assert [found.name for found in sdk.metadef_objects(space.namespace)] == ["n"]
    sdk.delete_metadef_object("n", space.namespace)
    sdk.delete_all_metadef_objects(space.namespace)
    sdk.create_metadef_property(space.namespace, name="p", **described)
    assert sdk.get_metadef_property("p", space.namespace).enum == ["a"]
    assert sdk.update_metadef_property("p", space.namespace, name="p", title="U", type="string").title == "U"
    assert [found.name for found in sdk.metadef_properties(space.namespace)] == ["p"]
    sdk.delete_metadef_property("p", space.namespace)
    sdk.delete_all_metadef_properties(space.namespace)
    sdk.create_metadef_resource_type_association(space.namespace, name="OS::Sdk", prefix="s:")
    (association,) = sdk.metadef_resource_type_associations(space.namespace)
    assert (association.name, association.prefix) == ("OS::Sdk", "s:")
    sdk.delete_metadef_resource_type_association("OS::Sdk", space.namespace)
    assert "OS::Sdk" in {found.name for found in sdk.metadef_resource_types()}
    sdk.delete_metadef_namespace(space.namespace, ignore_missing=False)


def test_schemas(sdk):
    for kind in ("image", "images", "member", "members", "task", "tasks"):
        assert getattr(sdk, f"get_{kind}_schema")().properties
    for kind in ("namespace", "object", "property", "resource_type", "tag"):
        plural = "properties" if kind == "property" else f"{kind}s"
        for each in (kind, plural):
            assert getattr(sdk, f"get_metadef_{each}_schema")().properties, each


def test_cache_and_tasks(sdk, image):
    sdk.queue_image(image)
    state = sdk.get_image_cache()
    assert image in {*state.queued_images, *(entry["image_id"] for entry in state.cached_images)}
    sdk.cache_delete_image(image)
    sdk.clear_cache("both")
    assert sdk.get_image_cache().queued_images == []
    task = sdk.create_task(type="import", input={"import_from": "http://none"})
    assert sdk.get_task(task.id).type == "import"
    assert task.id in {found.id for found in sdk.tasks()}
