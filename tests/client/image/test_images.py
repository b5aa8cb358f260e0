"""`openstack image …`: upload, change, download."""

import hashlib

import pytest

from client.clouds import ClientFailed


@pytest.mark.parametrize("kind", ["qcow2", "raw"])
def test_upload_change_save_delete(cloud, name, tmp_path, qcow2, kind):
    file, title = qcow2, name("image")
    if kind == "raw":
        file = tmp_path / "disk.raw"
        file.write_bytes(bytes(3 << 20) + b"end")
    made = cloud.json("image", "create", "--file", str(file), "--disk-format", kind, "--property", "hw_rng=yes", title)
    shown = cloud.json("image", "show", title)
    assert shown["id"] == made["id"]
    assert shown["status"] == "active"
    assert shown["size"] == file.stat().st_size
    assert shown["checksum"] == hashlib.md5(file.read_bytes()).hexdigest()
    assert shown["properties"]["os_hash_value"] == hashlib.sha512(file.read_bytes()).hexdigest()
    assert shown["properties"]["hw_rng"] == "yes"
    assert {"ID": made["id"], "Name": title, "Status": "active"} in cloud.json("image", "list")
    cloud.openstack("image", "set", "--name", title + "x", "--min-ram", "64", "--property", "a=b", "--tag", "t", title)
    cloud.openstack("image", "set", "--public", title + "x")
    shown = cloud.json("image", "show", title + "x")
    assert (shown["min_ram"], shown["tags"], shown["visibility"]) == (64, ["t"], "public")
    assert shown["properties"]["a"] == "b"
    cloud.openstack("image", "unset", "--property", "a", "--tag", "t", title + "x")
    shown = cloud.json("image", "show", title + "x")
    assert "a" not in shown["properties"]
    assert shown["tags"] == []
    saved = tmp_path / "saved"
    cloud.openstack("image", "save", "--file", str(saved), title + "x")
    assert saved.read_bytes() == file.read_bytes()
    cloud.openstack("image", "set", "--protected", title + "x")
    with pytest.raises(ClientFailed, match=r"protected|Failed to delete"):
        cloud.openstack("image", "delete", title + "x")
    cloud.openstack("image", "set", "--unprotected", title + "x")
    cloud.openstack("image", "delete", title + "x")
    with pytest.raises(ClientFailed, match="No Image found"):
        cloud.openstack("image", "show", title + "x")


def test_members_share_and_see_their_own(cloud, name, tmp_path):
    file, title = tmp_path / "disk", name("mine")
    file.write_bytes(b"x" * 1024)
    cloud.openstack("image", "create", "--file", str(file), "--disk-format", "raw", "--shared", title, cloud="pileus")
    with pytest.raises(ClientFailed, match=r"403|Forbidden|not allowed|authorized"):
        cloud.openstack("image", "set", "--public", title, cloud="pileus")
    admin = cloud.json("project", "show", "admin")["id"]
    assert cloud.json("image", "add", "project", title, admin, cloud="pileus")["status"] == "pending"
    shared = cloud.json("image", "show", title, cloud="pileus")["id"]
    cloud.openstack("image", "set", "--accept", shared)
    assert [m["Status"] for m in cloud.json("image", "member", "list", title, cloud="pileus")] == ["accepted"]
    cloud.openstack("image", "remove", "project", title, admin, cloud="pileus")
    cloud.openstack("image", "set", "--deactivate", shared)
    with pytest.raises(ClientFailed, match=r"403|Forbidden|mismatch"):
        cloud.openstack("image", "save", "--file", str(tmp_path / "no"), title, cloud="pileus")
    cloud.openstack("image", "delete", title, cloud="pileus")
