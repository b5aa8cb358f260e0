"""The parts that images are built of."""

from pathlib import Path

import pytest

from pileus.guest_image import disk, stamp
from pileus.guest_image.archive import write_initramfs
from pileus.guest_image.steps import BuildError, run, scratch


def test_stamp_tells_a_changed_package_and_an_interrupted_build(tmp_path: Path) -> None:
    image = tmp_path / "image"
    first, second = stamp.stamp_of(["busybox 1"]), stamp.stamp_of(["busybox 2"])
    assert first != second
    image.write_bytes(b"x")
    assert not stamp.is_current([image], first)
    stamp.write_stamp(image, first)
    assert stamp.is_current([image], first)
    assert not stamp.is_current([image], second)
    assert not stamp.is_current([image, tmp_path / "gone"], first)
    stamp.clear_stamp(image)
    assert not stamp.is_current([image], first)


def test_scratch_folder_goes_when_a_step_fails(tmp_path: Path) -> None:
    with pytest.raises(BuildError, match="ended with code 1"), scratch(tmp_path) as work:
        (work / "file").write_text("x")
        run(["false"])
    assert not list(tmp_path.iterdir())


def test_missing_tool_is_named() -> None:
    with pytest.raises(BuildError, match="no-such-tool is not installed"):
        run(["no-such-tool"])


def test_initramfs_archive_holds_files_links_and_modes(tmp_path: Path) -> None:
    tree = tmp_path / "tree"
    (tree / "bin").mkdir(parents=True)
    (tree / "bin" / "sh").symlink_to("busybox")
    (tree / "init").write_bytes(b"#!/bin/sh\n")
    (tree / "init").chmod(0o755)
    write_initramfs(tree, tmp_path / "archive")
    data = (tmp_path / "archive").read_bytes()
    entries, at = {}, 0
    while True:
        fields = [int(data[at + 6 + 8 * n : at + 14 + 8 * n], 16) for n in range(13)]
        assert data[at : at + 6] == b"070701"
        name = data[at + 110 : at + 110 + fields[11] - 1].decode()
        start = at + 110 + fields[11]
        start += -start % 4
        if name == "TRAILER!!!":
            break
        entries[name] = (fields[1], fields[2], fields[3], data[start : start + fields[6]])
        at = start + fields[6]
        at += -at % 4
    assert entries["init"] == (0o100755, 0, 0, b"#!/bin/sh\n")
    assert entries["bin/sh"][3] == b"busybox"
    assert set(entries) == {"bin", "bin/sh", "init"}


def test_boot_record_lists_partitions() -> None:
    record = disk.boot_record(b"\xeb" * 600, [(disk.FAT16, disk.MIB, 2 * disk.MIB), (disk.LINUX, 3 * disk.MIB, 512)])
    assert len(record) == 512
    assert record[510:] == b"\x55\xaa"
    assert record[439] == 0xEB
    assert record[440] != 0xEB
    assert record[446] == 0x80
    assert record[446 + 4] == disk.FAT16
    assert int.from_bytes(record[446 + 8 : 446 + 12], "little") == 2048
    assert record[462] == 0
    assert int.from_bytes(record[462 + 12 : 462 + 16], "little") == 1
