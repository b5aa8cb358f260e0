"""`openstack image` and openstacksdk: staging, importing, several stores, and another cloud's images."""

import hashlib
import os
import shutil
import subprocess
import time

import pytest

from client.clouds import free_port, simulated

SETTINGS = """
[image.download]
allowed_ports = []
allowed_networks = ["127.0.0.0/8"]
[image.imports]
plugins = ["image_decompression"]
[[image.stores]]
id = "file"
[[image.stores]]
id = "second"
description = "Another folder"
[[image.stores]]
id = "web"
kind = "http"
"""


@pytest.fixture(scope="module")
def stores(tmp_path_factory):
    """A cloud with several stores."""
    state = tmp_path_factory.mktemp("stores")
    (state / "settings.toml").write_text(SETTINGS)
    with simulated(state) as running:
        yield running


@pytest.fixture
def disk(tmp_path):
    path = tmp_path / "disk.raw"
    path.write_bytes(os.urandom(3 << 20))
    return path


def empty(cloud, title, disk_format="raw"):
    """An image without data; the command would read them from its stdin."""
    proxy = cloud.connection().image
    body = {"name": title, "disk_format": disk_format, "container_format": "bare"}
    return proxy.post("/images", json=body).json()


def shown(cloud, image):
    return cloud.connection().image.get(f"/images/{image}").json()


def settled(cloud, image, status="active"):
    for _ in range(150):
        found = shown(cloud, image)
        if found["status"] == status and not found.get("os_glance_importing_to_stores"):
            return found
        time.sleep(0.1)
    tasks = cloud.connection().image.get(f"/images/{image}/tasks").json()
    raise AssertionError(f"{found}: {tasks}")


def test_the_command_stages_imports_and_copies(stores, name, disk):
    assert "glance-direct" in stores.openstack("image", "import", "info")
    listed = stores.openstack("image", "stores", "list")
    assert all(store in listed for store in ("file", "second", "web"))
    made = empty(stores, name("staged"))
    stores.openstack("image", "stage", "--file", str(disk), made["id"])
    stores.openstack("image", "import", made["id"], "--method", "glance-direct", "--store", "second")
    found = settled(stores, made["id"])
    assert (found["size"], found["stores"]) == (3 << 20, "second")
    assert found["os_hash_value"] == hashlib.sha512(disk.read_bytes()).hexdigest()
    stores.openstack("image", "import", made["id"], "--method", "copy-image", "--store", "file")
    for _ in range(100):
        if "file" in settled(stores, made["id"])["stores"]:
            break
        time.sleep(0.1)
    assert set(settled(stores, made["id"])["stores"].split(",")) == {"file", "second"}
    stores.openstack("image", "delete", "--store", "second", made["id"])
    assert settled(stores, made["id"])["stores"] == "file"
    tasks = stores.json("image", "task", "list")
    assert [task["Status"] for task in tasks][:2] == ["success", "success"]
    imported = stores.json("image", "create", "--import", "--file", str(disk), "--disk-format", "raw", name("imported"))
    assert settled(stores, imported["id"])["size"] == 3 << 20


def test_the_sdk_imports_from_the_web_and_adds_locations(stores, name, disk, tmp_path):
    web = free_port()
    server = subprocess.Popen(
        ["python3", "-m", "http.server", str(web), "--bind", "127.0.0.1", "--directory", str(tmp_path)],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    url = f"http://127.0.0.1:{web}/{disk.name}"
    try:
        for _ in range(100):
            if (
                subprocess.run(
                    ["python3", "-c", f"import urllib.request as u; u.urlopen('{url}')"],
                    capture_output=True,
                    check=False,
                ).returncode
                == 0
            ):
                break
        image = stores.connection().image
        made = image.create_image(name=name("web"), disk_format="raw", container_format="bare")
        image.import_image(made, method="web-download", uri=url, all_stores=True)
        found = settled(stores, made.id)
        assert set(found["stores"].split(",")) == {"file", "second"}
        assert image.download_image(made.id).content == disk.read_bytes()
        placed = image.create_image(name=name("placed"), disk_format="raw", container_format="bare")
        image.add_image_location(placed.id, url)
        assert settled(stores, placed.id)["stores"] == "web"
        assert [place.url for place in image.image_locations(placed.id)] == [url]
        assert image.download_image(placed.id).content == disk.read_bytes()
    finally:
        server.kill()
        server.wait()


def test_another_clouds_image_is_downloaded(tmp_path, disk):
    """Two clouds that know the same users, as two regions do: the second begins as a copy of the first."""
    one, two, port = tmp_path / "one", tmp_path / "two", free_port()
    with simulated(one):
        pass
    shutil.copytree(one, two, ignore=shutil.ignore_patterns("*.sock", "*.pid", "*.lock"))
    with simulated(one) as first, simulated(two, port) as second:
        there = second.json("image", "create", "--file", str(disk), "--disk-format", "raw", "--property", "os_distro=x",
                            "--property", "speed=88", "far")  # fmt: skip
        first.openstack("region", "create", "Far")
        first.openstack("endpoint", "create", "--region", "Far", "image", "public", f"{second.url}/image")
        here = empty(first, "near", "qcow2")
        method = ["--method", "glance-download", "--remote-service-interface", "public", "--remote-region", "Far"]
        method += ["--remote-image", there["id"]]
        first.openstack("image", "import", *method, here["id"])
        found = settled(first, here["id"])
        assert (found["disk_format"], found["size"], found["os_distro"]) == ("raw", 3 << 20, "x")
        assert "speed" not in found
        lost = empty(first, "lost")
        method[-1] = "36d4b546-64a2-4bb9-bdd0-ba676aa48f2c"
        first.openstack("image", "import", *method, lost["id"])
        for _ in range(100):
            tasks = list(first.connection().image.image_tasks(lost["id"]))
            if tasks[0].status == "failure":
                break
            time.sleep(0.1)
        assert (tasks[0].status, "404" in tasks[0].message) == ("failure", True)
        assert first.json("image", "show", lost["id"])["status"] == "queued"
