"""Server folders: disks, config drives, inventory. With real files and the real tools."""

import asyncio
import json
import subprocess
import uuid
from pathlib import Path

import pytest

from pileus.host.storage.disk_store import DiskStore
from pileus.host.storage.errors import DiskTooSmall
from pileus.host.storage.image_cache import Base

GIB = 2**30


@pytest.fixture
def store(tmp_path: Path) -> DiskStore:
    return DiskStore(tmp_path / "servers")


@pytest.fixture
def base(tmp_path: Path) -> Base:
    path = tmp_path / "base.raw"
    path.write_bytes(b"base".ljust(2**20, b"."))
    return Base("7c9d", path, 2**20)


def info(path: Path) -> dict[str, object]:
    command = ["qemu-img", "info", "-U", "-f", "qcow2", "--output=json", str(path)]
    return json.loads(subprocess.run(command, check=True, capture_output=True).stdout)


async def test_a_root_disk_stands_on_its_base(store, base):
    server = str(uuid.uuid4())
    path = await store.create_root(server, base, 1)
    seen = info(path)
    assert seen["virtual-size"] == GIB
    assert seen["backing-filename"] == str(base.path)
    assert seen["backing-filename-format"] == "raw"


async def test_making_it_again_keeps_what_is_on_it(store, base):
    server = str(uuid.uuid4())
    path = await store.create_root(server, base, 1)
    subprocess.run(["qemu-io", "-f", "qcow2", "-c", "write -P 7 0 64k", str(path)], check=True, capture_output=True)
    before = path.read_bytes()
    assert await store.create_root(server, base, 1) == path
    assert path.read_bytes() == before


async def test_size_zero_is_the_size_of_the_image(store, base):
    assert info(await store.create_root(str(uuid.uuid4()), base, 0))["virtual-size"] == 2**20


async def test_a_small_disk_is_refused(store, base):
    with pytest.raises(DiskTooSmall, match="2 GiB"):
        await store.create_root(str(uuid.uuid4()), Base("1", base.path, GIB + 1), 1)
    with pytest.raises(DiskTooSmall):
        await store.create_root(str(uuid.uuid4()), None, 0)


async def test_a_blank_root_disk(store):
    seen = info(await store.create_root(str(uuid.uuid4()), None, 1))
    assert "backing-filename" not in seen


async def test_swap_and_ephemeral_disks(store):
    server = str(uuid.uuid4())
    swap = await store.create_swap(server, 64)
    extra = await store.create_ephemeral(server, 1, 1)

    def kind(path: Path) -> str:
        return subprocess.run(["blkid", "-p", str(path)], check=True, capture_output=True, text=True).stdout

    assert 'TYPE="swap"' in kind(swap)
    assert swap.stat().st_size == 64 * 2**20
    assert 'LABEL="ephemeral1"' in kind(extra)
    assert extra.stat().st_size == GIB
    assert extra.stat().st_blocks * 512 < GIB // 4


async def test_inventory_and_delete(store, base):
    one, two = str(uuid.uuid4()), str(uuid.uuid4())
    await asyncio.gather(store.create_root(one, base, 1), store.create_root(two, None, 1))
    found = {entry.server_id: entry for entry in await store.inventory()}
    assert set(found) == {one, two}
    assert found[one].image_id == "7c9d"
    assert found[two].image_id == ""
    assert found[one].bytes_on_disk > 0
    for _ in range(2):
        await store.delete(one)
    assert [entry.server_id for entry in await store.inventory()] == [two]


@pytest.mark.parametrize("bad", ["../x", "", "x/y", "not-a-uuid"])
async def test_only_uuids_are_folders(store, bad):
    with pytest.raises(ValueError):
        await store.delete(bad)


async def test_a_config_drive_holds_the_files_under_its_label(store):
    server = str(uuid.uuid4())
    files = {
        "openstack/latest/meta_data.json": b'{"uuid": "x"}',
        "openstack/latest/user_data": b"#!/bin/sh\necho hi\n",
        "openstack/content/0000": bytes(range(256)),
    }
    for _ in range(2):
        path = await store.create_config_drive(server, files)
    assert path.stat().st_mode & 0o777 == 0o600
    assert path.read_bytes()[32808 : 32808 + 32].strip() == b"config-2"
    for name, content in files.items():
        command = ["isoinfo", "-R", "-i", str(path), "-x", f"/{name}"]
        assert subprocess.run(command, check=True, capture_output=True).stdout == content
    assert [entry.name for entry in path.parent.iterdir()] == ["disk.config"]


@pytest.mark.parametrize("name", ["/etc/passwd", "../up", "a/../../b"])
async def test_a_config_drive_stays_within_itself(store, name):
    with pytest.raises(ValueError):
        await store.create_config_drive(str(uuid.uuid4()), {name: b""})
