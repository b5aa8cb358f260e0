"""Images become bases: once, whole, and only if they are what they say. With the real qemu-img."""

import asyncio
import hashlib
import os
import struct
import subprocess
import uuid
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from pileus.host.storage import child
from pileus.host.storage.errors import ImageDamaged, ImageRefused, StorageError, ToolFailed, ToolTimedOut
from pileus.host.storage.image_cache import Base, ImageCache, ImageRef, Opener
from pileus.kernel.clock import SimulatedClock

MIB = 2**20


def qemu_img(*arguments: object) -> None:
    subprocess.run(["qemu-img", *map(str, arguments)], check=True, capture_output=True)


def local(path: Path) -> Opener:
    async def opener() -> Path:
        return path

    return opener


def remote(content: bytes, log: list[str] | None = None) -> Opener:
    async def chunks() -> AsyncIterator[bytes]:
        for start in range(0, len(content), 65536):
            await asyncio.sleep(0)
            yield content[start : start + 65536]

    async def opener() -> AsyncIterator[bytes]:
        if log is not None:
            log.append("opened")
        return chunks()

    return opener


def image(disk_format: str, **fields: object) -> ImageRef:
    return ImageRef(id=str(uuid.uuid4()), disk_format=disk_format, **fields)  # type: ignore[arg-type]


@pytest.fixture
def cache(tmp_path: Path) -> ImageCache:
    return ImageCache(tmp_path / "bases", max_virtual_size=100 * MIB)


@pytest.fixture
def disk(tmp_path: Path) -> Path:
    """A raw disk with something on it."""
    path = tmp_path / "disk.raw"
    path.write_bytes(b"boot me".ljust(4096, b"\0") + os.urandom(MIB) + bytes(3 * MIB - 4096))
    return path


async def refused(cache: ImageCache, path: Path, disk_format: str, words: str) -> None:
    """The image is refused in words that explain it, and nothing is left behind."""
    ref = image(disk_format)
    for opener in (local(path), remote(path.read_bytes())):
        with pytest.raises(ImageRefused, match=words):
            await cache.fetch(ref, opener)
    assert cache.find(ref.id) is None
    assert list((path.parent / "bases").iterdir()) == []


@pytest.mark.parametrize("disk_format", ["qcow2", "vmdk", "vdi", "vhd", "vhdx"])
async def test_every_format_becomes_the_same_flat_base(cache, disk, tmp_path, disk_format):
    path = tmp_path / "image"
    more = ["-o", "force_size=on"] if disk_format == "vhd" else []
    target = {"vhd": "vpc"}.get(disk_format, disk_format)
    more += ["-o", "subformat=streamOptimized"] if disk_format == "vmdk" else []
    qemu_img("convert", "-f", "raw", "-O", target, *more, disk, path)
    base = await cache.fetch(image(disk_format), local(path))
    assert base.path.read_bytes() == disk.read_bytes()
    assert base.virtual_size == disk.stat().st_size


async def test_a_raw_image_is_not_copied(cache, disk):
    base = await cache.fetch(image("raw"), local(disk))
    assert base.path.read_bytes() == disk.read_bytes()
    assert base.path.stat().st_ino == disk.stat().st_ino or base.path.stat().st_blocks <= disk.stat().st_blocks


async def test_bytes_from_afar_are_compared_with_the_promise(cache, disk):
    content = disk.read_bytes()
    good = hashlib.sha512(content).hexdigest()
    await cache.fetch(image("raw", size=len(content), hash_value=good), remote(content))
    for promise in ({"hash_value": "0" * 128}, {"size": len(content) + 1}, {"size": len(content) - 1}):
        ref = image("raw", **promise)
        with pytest.raises(ImageDamaged):
            await cache.fetch(ref, remote(content))
        assert cache.find(ref.id) is None


async def test_many_want_it_one_fetches_it(cache, disk):
    log: list[str] = []
    ref = image("raw")
    bases = await asyncio.gather(*(cache.fetch(ref, remote(disk.read_bytes(), log)) for _ in range(20)))
    assert log == ["opened"]
    assert len({base.path for base in bases}) == 1


async def test_the_next_one_tries_again_after_a_failure(cache, disk):
    async def broken() -> Path:
        raise ConnectionResetError("gone")

    ref = image("raw")
    results = await asyncio.gather(cache.fetch(ref, broken), cache.fetch(ref, local(disk)), return_exceptions=True)
    assert isinstance(results[0], ConnectionResetError)
    assert isinstance(results[1], Base)


async def test_a_cancelled_fetch_leaves_nothing(cache, disk, tmp_path):
    started = asyncio.Event()

    async def endless() -> AsyncIterator[bytes]:
        while True:
            started.set()
            yield b"x"

    async def opener() -> AsyncIterator[bytes]:
        return endless()

    fetching = asyncio.create_task(cache.fetch(image("raw"), opener))
    await started.wait()
    fetching.cancel()
    await asyncio.gather(fetching, return_exceptions=True)
    assert list((tmp_path / "bases").iterdir()) == []


async def test_what_a_killed_process_left_is_swept(tmp_path):
    (tmp_path / ".x.flat.part").write_text("half")
    ImageCache(tmp_path)
    assert list(tmp_path.iterdir()) == []


async def test_eviction_takes_the_oldest_unused(tmp_path, disk):
    clock = SimulatedClock()
    cache = ImageCache(tmp_path / "bases", clock=clock)
    refs = [image("raw") for _ in range(4)]
    for ref in refs:
        await cache.fetch(ref, remote(disk.read_bytes()))
        await clock.advance(10_000)
    await cache.fetch(refs[0], remote(b""))
    used = {refs[1].id}
    assert await cache.evict(used, keep_bytes=2**40) == []
    assert await cache.evict(used) == [refs[2].id, refs[3].id]
    await clock.advance(10_000)
    assert await cache.evict(used) == [refs[0].id]
    assert cache.find(refs[1].id)


# ---- attacks


async def test_a_backing_file_is_refused(cache, tmp_path):
    secret = tmp_path / "secret"
    secret.write_bytes(b"top secret".ljust(MIB, b"."))
    path = tmp_path / "evil.qcow2"
    qemu_img("create", "-f", "qcow2", "-b", secret, "-F", "raw", path)
    await refused(cache, path, "qcow2", "backing")


async def test_a_data_file_is_refused(cache, tmp_path):
    secret = tmp_path / "secret"
    path = tmp_path / "evil.qcow2"
    qemu_img("create", "-f", "qcow2", "-o", f"data_file={secret},data_file_raw=on", path, "1M")
    await refused(cache, path, "qcow2", "data")


async def test_a_descriptor_that_names_other_files_is_refused(cache, tmp_path):
    path = tmp_path / "evil.vmdk"
    path.write_text(
        "# Disk DescriptorFile\nversion=1\nCID=01234567\nparentCID=ffffffff\n"
        'createType="monolithicFlat"\n\n# Extent description\nRW 8 FLAT "/etc/passwd" 0\n\n'
        "# The Disk Data Base\n#DDB\n\n".ljust(1024, "\n")
    )
    await refused(cache, path, "vmdk", "declared as vmdk|not safe|read as")


async def test_a_sparse_vmdk_with_a_foreign_extent_is_refused(cache, disk, tmp_path):
    path = tmp_path / "evil.vmdk"
    qemu_img("convert", "-f", "raw", "-O", "vmdk", "-o", "subformat=monolithicSparse", disk, path)
    content = path.read_bytes()
    at = content.index(b'SPARSE "')
    end = content.index(b"\n", at)
    line = b'FLAT "/etc/passwd" 0'.ljust(end - at)[: end - at]
    path.write_bytes(content[:at] + line + content[end:])
    await refused(cache, path, "vmdk", "not safe|declared")


@pytest.mark.parametrize("inside", ["qcow2", "vmdk", "vdi", "vhdx"])
async def test_another_format_in_the_guise_of_raw_is_refused(cache, disk, tmp_path, inside):
    path = tmp_path / "evil.raw"
    qemu_img("convert", "-f", "raw", "-O", inside, disk, path)
    await refused(cache, path, "raw", f"declared as raw but its content is {inside}")


async def test_raw_in_the_guise_of_qcow2_is_refused(cache, disk):
    await refused(cache, disk, "qcow2", "declared as qcow2 but its content is raw")


async def test_a_bomb_is_refused(cache, tmp_path):
    path = tmp_path / "bomb.qcow2"
    qemu_img("create", "-f", "qcow2", path, "1P")
    await refused(cache, path, "qcow2", "limit|table")


async def test_a_huge_table_is_refused(cache, disk, tmp_path):
    path = tmp_path / "evil.qcow2"
    qemu_img("convert", "-f", "raw", "-O", "qcow2", disk, path)
    content = bytearray(path.read_bytes())
    content[36:40] = struct.pack(">I", 2**31)
    path.write_bytes(content)
    await refused(cache, path, "qcow2", "table")


async def test_a_torn_image_is_refused(cache, disk, tmp_path):
    path = tmp_path / "torn.qcow2"
    qemu_img("convert", "-f", "raw", "-O", "qcow2", disk, path)
    content = bytearray(path.read_bytes())
    content[40:48] = struct.pack(">Q", 2**40 + 1)  # the first-level table lies behind the end, and crooked
    path.write_bytes(content)
    await refused(cache, path, "qcow2", "cannot be converted")


@pytest.mark.parametrize("disk_format", ["raw", "qcow2", "iso"])
async def test_an_empty_image_is_refused(cache, tmp_path, disk_format):
    path = tmp_path / "empty"
    path.write_bytes(b"")
    await refused(cache, path, disk_format, "empty|declared")


async def test_an_unknown_format_is_refused(cache, disk):
    await refused(cache, disk, "qed", "cannot be used here")


@pytest.mark.parametrize("name", ["../x", "a/b", "", ".hidden"])
async def test_an_id_is_no_path(cache, disk, name):
    with pytest.raises(StorageError):
        await cache.fetch(ImageRef(id=name, disk_format="raw"), local(disk))


# ---- the leash


async def test_a_slow_child_is_ended_with_its_children():
    with pytest.raises(ToolTimedOut):
        await child.run_child(["sh", "-c", "sleep 4321 & wait"], child.Limits(seconds=0.3))
    found = await asyncio.create_subprocess_exec("pgrep", "-f", "^sleep 4321$")
    assert await found.wait() == 1


async def test_a_child_cannot_write_more_than_allowed(tmp_path):
    command = ["dd", "if=/dev/zero", f"of={tmp_path}/big", "bs=1M", "count=8"]
    with pytest.raises(ToolFailed):
        await child.run_child(command, child.Limits(file_bytes=MIB))
    assert (tmp_path / "big").stat().st_size <= MIB
