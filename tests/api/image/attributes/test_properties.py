"""What may stand in an image: free properties and who may touch them, and how many of everything."""

import pytest

from pileus.image.images.protections import Protections
from pileus.image.settings import ImageSettings
from pileus.kernel.settings import InvalidSettings

AT = "/image/v2/images"
NEW = {"Content-Type": "application/openstack-images-v2.1-json-patch"}
OLD = {"Content-Type": "application/openstack-images-v2.0-json-patch"}
ADMIN = {"X-Auth-Token": "admin:p1"}
UUID = "01234567-89ab-cdef-0123-456789abcdef"


async def made(api, headers=None, **body):
    answer = await api.post(AT, json=body, headers=headers or {})
    assert answer.status_code == 201, answer.text
    return answer.json()


async def changed(api, image, *document, headers=NEW, who=None):
    return await api.patch(f"{AT}/{image['id']}", json=list(document), headers={**headers, **(who or {})})


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({"size": 1}, 403),
        ({"status": "active"}, 403),
        ({"checksum": "x"}, 403),
        ({"created_at": "x"}, 403),
        ({"self": "x"}, 403),
        ({"direct_url": "x"}, 403),
        ({"stores": "x"}, 403),
        ({"schema": "x"}, 403),
        ({"deleted": "x"}, 403),
        ({"location": "x"}, 403),
        ({"os_glance_x": "x"}, 403),
        ({"id": "x"}, 400),
        ({"name": "x" * 256}, 400),
        ({"min_ram": -1}, 400),
        ({"min_ram": "1"}, 400),
        ({"disk_format": "x"}, 400),
        ({"container_format": "x"}, 400),
        ({"visibility": "x"}, 400),
        ({"tags": ["x" * 256]}, 400),
        ({"tags": "x"}, 400),
        ({"free": 1}, 400),
        ({"free": None}, 400),
        ({"x" * 256: "x"}, 400),
        ({"kernel_id": "x"}, 400),
        ({"cinder_encryption_key_deletion_policy": "x"}, 400),
        ({"protected": "true"}, 400),
        ({"owner": "p2"}, 403),
        ({"tags": [str(number) for number in range(129)]}, 413),
        ({f"p{number}": "x" for number in range(129)}, 413),
        ({"kernel_id": UUID, "ramdisk_id": None, "free": "x", "owner": None}, 201),
        ({"id": UUID}, 201),
    ],
)
async def test_what_an_image_may_be_made_with(api, body, status):
    answer = await api.post(AT, json=body)
    assert answer.status_code == status, answer.text


async def test_an_id_is_taken_once(api):
    await made(api, id=UUID)
    assert (await api.post(AT, json={"id": UUID}, headers=ADMIN)).status_code == 409


@pytest.mark.parametrize(
    ("document", "headers", "status"),
    [
        ([], NEW, 200),
        ([{"op": "add", "path": "/name", "value": "x"}], NEW, 200),
        ([{"op": "add", "path": "/a~1b~0c", "value": "x"}], NEW, 200),
        ([{"op": "add", "path": "/there", "value": "x"}], NEW, 200),
        ([{"op": "replace", "path": "/kernel_id", "value": None}], NEW, 409),
        ([{"op": "add", "path": "/kernel_id", "value": None}], NEW, 200),
        ([{"op": "add", "path": "/kernel_id", "value": "x"}], NEW, 400),
        ([{"op": "add", "path": "/x", "value": None}], NEW, 400),
        ([{"op": "replace", "path": "/tags", "value": ["a", "a"]}], NEW, 200),
        ([{"op": "replace", "path": "/tags", "value": [str(n) for n in range(129)]}], NEW, 413),
        ([{"op": "add", "path": f"/p{n}", "value": "x"} for n in range(128)], NEW, 413),
        ([{"op": "add", "path": f"/p{n}", "value": "x"} for n in range(127)], NEW, 200),
        ([{"op": "add", "path": "/tags/-", "value": "x"}], NEW, 400),
        ([{"op": "add", "path": "//x", "value": "x"}], NEW, 400),
        ([{"op": "add", "path": "/x/", "value": "x"}], NEW, 400),
        ([{"op": "add", "path": "/", "value": "x"}], NEW, 400),
        ([{"op": "add", "path": "/x~2", "value": "x"}], NEW, 400),
        ([{"op": "add", "path": "/x~", "value": "x"}], NEW, 400),
        ([{"op": "add", "value": "x"}], NEW, 400),
        ([{"path": "/x", "value": "x"}], NEW, 400),
        ([{"add": "/x", "value": "x"}], NEW, 400),
        ([{"op": "replace", "path": "/status", "value": "active"}], NEW, 403),
        ([{"op": "replace", "path": "/deleted", "value": "x"}], NEW, 403),
        ([{"op": "add", "path": "/os_glance_x", "value": "x"}], NEW, 403),
        ([{"op": "remove", "path": "/none"}], NEW, 409),
        ([{"add": "/x", "value": "x"}], OLD, 200),
        ([{"add": "/there", "value": "x"}], OLD, 409),
        ([{"add": "/name", "value": "x"}], OLD, 409),
        ([{"replace": "/there", "value": "x"}], OLD, 200),
        ([{"remove": "/there"}], OLD, 200),
        ([{"remove": "/there", "add": "/x", "value": "x"}], OLD, 400),
        ([{"op": "add", "path": "/x", "value": "x"}], OLD, 400),
        ([{"op": "add", "path": "/x", "value": "x"}], {"Content-Type": "application/json"}, 415),
        ([{"op": "add", "path": "/x", "value": "x"}], {"Content-Type": "application/json-patch+json"}, 415),
    ],
)
async def test_patches_as_glance_takes_them(api, document, headers, status):
    image = await made(api, there="y", name="n")
    answer = await changed(api, image, *document, headers=headers)
    assert answer.status_code == status, answer.text
    if status == 415:
        assert answer.headers["Accept-Patch"] == ", ".join((OLD["Content-Type"], NEW["Content-Type"]))
    if status != 200:
        after = (await api.get(f"{AT}/{image['id']}")).json()
        assert after == image


async def test_a_pointer_is_unescaped(api):
    image = await made(api)
    answer = await changed(api, image, {"op": "add", "path": "/a~1b~0c", "value": "x"})
    assert answer.json()["a/b~c"] == "x"


async def test_an_images_formats_are_settled_with_its_data(api):
    image = await made(api, disk_format="raw", container_format="bare")
    octets = {"Content-Type": "application/octet-stream"}
    await api.put(f"{AT}/{image['id']}/file", content=b"x", headers=octets)
    for name, value in (("disk_format", "qcow2"), ("container_format", "ova"), ("disk_format", None)):
        answer = await changed(api, image, {"op": "replace", "path": f"/{name}", "value": value})
        assert answer.status_code == 403, name


async def test_members_are_the_business_of_shared_images_and_are_bounded(api, monkeypatch):
    image = await made(api)
    monkeypatch.setattr("pileus.image.members.api.MOST_MEMBERS", 2)
    url = f"{AT}/{image['id']}/members"
    for number, status in ((1, 200), (1, 409), (2, 200), (3, 413)):
        assert (await api.post(url, json={"member": f"m{number}"})).status_code == status, number
    for body in ({}, {"member": ""}, {"member": 1}):
        assert (await api.post(url, json=body)).status_code == 400, body
    for body in ({}, {"status": "x"}):
        answer = await api.put(f"{url}/m1", json=body, headers={"X-Auth-Token": "member:m1"})
        assert answer.status_code == 400, body
    await changed(api, image, {"op": "replace", "path": "/visibility", "value": "private"})
    assert (await api.get(url)).status_code == 403
    assert (await api.post(url, json={"member": "m9"})).status_code == 403
    assert (await api.get(f"{url}/m1")).status_code == 404


ROLES = """
[^x_.*]
create = admin, member
read = admin,member
update = admin
delete = admin

[^all_.*]
create = @
read = @
update = @
delete = !

[^(admin_|a_).*]
create = admin
read = admin
update = admin
delete = admin
"""
POLICIES = """
[^x_.*]
create = x_maker
read = default
update = context_is_admin
delete = !
[.*]
create = @
read = @
update = @
delete = @
"""


class TestProtections:
    """Properties protected by a file."""

    @pytest.fixture
    def settings(self, tmp_path):
        path = tmp_path / "protections.conf"
        path.write_text(ROLES)
        return ImageSettings(property_protections=f"roles:{path}")

    async def test_each_deed_is_for_who_may_do_it(self, api):
        image = await made(api, x_one="1", all_one="1")
        for name in ("a_one", "admin_one", "none"):
            assert (await api.post(AT, json={name: "1"})).status_code == 403, name
        await changed(api, image, {"op": "add", "path": "/a_one", "value": "1"}, who=ADMIN)
        assert (await api.get(f"{AT}/{image['id']}", headers=ADMIN)).json()["a_one"] == "1"
        assert "a_one" not in (await api.get(f"{AT}/{image['id']}")).json()
        assert "a_one" not in (await api.get(AT)).json()["images"][0]
        assert "x_one" not in (await api.get(AT, headers={"X-Auth-Token": "reader:p1"})).json()["images"][0]
        for operation, name, status in (
            ("add", "x_two", 200),
            ("replace", "x_one", 403),
            ("remove", "x_one", 403),
            ("replace", "all_one", 200),
            ("remove", "all_one", 403),
            ("add", "a_two", 403),
            ("replace", "a_one", 409),
            ("remove", "a_one", 409),
        ):
            answer = await changed(api, image, {"op": operation, "path": f"/{name}", "value": "2"})
            assert answer.status_code == status, (operation, name)
        answer = await changed(api, image, {"op": "replace", "path": "/x_one", "value": "2"}, who=ADMIN)
        assert (answer.json()["x_one"], answer.json()["a_one"]) == ("2", "1")

    async def test_a_patch_keeps_what_the_caller_does_not_see(self, api):
        image = await made(api, x_one="1")
        await changed(api, image, {"op": "add", "path": "/a_one", "value": "1"}, who=ADMIN)
        await changed(api, image, {"op": "replace", "path": "/name", "value": "n"})
        assert (await api.get(f"{AT}/{image['id']}", headers=ADMIN)).json()["a_one"] == "1"


class TestProtectionsByPolicy:
    """Properties protected by rules of the policy, of which a policy file may define further ones."""

    @pytest.fixture
    def settings(self, tmp_path):
        path = tmp_path / "protections.conf"
        path.write_text(POLICIES)
        return ImageSettings(property_protections=f"policies:{path}")

    async def test_each_deed_is_for_who_may_do_it(self, api, service):
        service.api.policy.rules.pop("x_maker")
        service.api.policy.add(type(service.api.policy.rules["default"])("x_maker", "role:member", "Makers."))
        image = await made(api, x_one="1", other="1")
        assert image["x_one"] == "1"
        for operation, name, status in (
            ("replace", "x_one", 403),
            ("remove", "x_one", 403),
            ("remove", "other", 200),
        ):
            answer = await changed(api, image, {"op": operation, "path": f"/{name}", "value": "2"})
            assert answer.status_code == status, (operation, name)
        answer = await changed(api, image, {"op": "replace", "path": "/x_one", "value": "2"}, who=ADMIN)
        assert answer.status_code == 200


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("[(]\ncreate=@\nread=@\nupdate=@\ndelete=@\n", "roles"),
        ("[a]\ncreate=@\nread=@\nupdate=@\n", "roles"),
        ("[a]\ncreate=@,!\nread=@\nupdate=@\ndelete=@\n", "roles"),
        ("[a]\ncreate=x,y\nread=@\nupdate=@\ndelete=@\n", "policies"),
        ("create=@\n", "roles"),
    ],
)
def test_a_wrong_file_of_protections_stops_the_service(tmp_path, text, kind):
    path = tmp_path / "p"
    path.write_text(text)
    with pytest.raises(InvalidSettings):
        Protections(f"{kind}:{path}")
    for setting in (f"{kind}:{tmp_path}/none", str(path)):
        with pytest.raises(InvalidSettings):
            Protections(setting)
