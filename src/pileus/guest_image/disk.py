"""Making file systems and a bootable disk out of folders: no root, no loop device, nothing mounted."""

import struct
from collections.abc import Iterable, Mapping
from pathlib import Path

from pileus.guest_image.steps import BuildError, run

MIB = 1024 * 1024
SECTOR = 512
SYSLINUX_BOOT_RECORD = Path("/usr/lib/syslinux/mbr/mbr.bin")
FAT16, LINUX = 0x06, 0x83
_BOOT_CODE_BYTES = 440


def ext4_image(
    tree: Path,
    image: Path,
    *,
    size: int,
    label: str,
    modes: Mapping[str, tuple[int, int]] | None,
    options: Iterable[str] = (),
) -> None:
    """Make an ext4 file system of a folder's files.

    Args:
        tree: The files.
        image: File to make.
        size: Bytes of the file system.
        label: Name of the file system, at most 16 letters.
        modes: For some paths (without leading slash): owner (user and group alike) and permission bits. All
            other files belong to root. If None, owners and bits are those that the files have in `tree`.
        options: More arguments for mke2fs.
    """
    with image.open("wb") as out:
        out.truncate(size)
    run(["mke2fs", "-q", "-F", "-t", "ext4", "-m", "0", "-L", label, *options, "-d", tree, image])
    if modes is not None:
        _set_owners(tree, image, modes)


def _set_owners(tree: Path, image: Path, modes: Mapping[str, tuple[int, int]]) -> None:
    """Write owners and permission bits into a file system that was made from `tree`."""
    commands = []
    # mke2fs takes owners from the files, which belong to whoever builds; so they are written over.
    for path in [tree, *sorted(tree.rglob("*"))]:
        name = str(path.relative_to(tree))
        owner, bits = modes.get(name, (0, None))
        inside = "/" if name == "." else f"/{name}"
        commands += [f'set_inode_field "{inside}" uid {owner}', f'set_inode_field "{inside}" gid {owner}']
        if bits is not None:
            kind = path.lstat().st_mode & 0o170000
            commands.append(f'set_inode_field "{inside}" mode 0{kind | bits:o}')
    run(["debugfs", "-w", "-f", "-", image], stdin="\n".join(commands) + "\n")


def boot_record(boot_code: bytes, partitions: Iterable[tuple[int, int, int]]) -> bytes:
    """A master boot record of 512 bytes.

    Args:
        boot_code: The program the BIOS starts; at most 440 bytes of it are taken.
        partitions: Type, first byte and length in bytes of each; the first is marked as the one to boot from.
    """
    table = b""
    for number, (kind, start, length) in enumerate(partitions):
        # The two old cylinder-head-sector fields hold the value that means "too large for this field".
        flag = 0x80 if number == 0 else 0
        table += struct.pack(
            "<B3sB3sII", flag, b"\xfe\xff\xff", kind, b"\xfe\xff\xff", start // SECTOR, length // SECTOR
        )
    code = boot_code[:_BOOT_CODE_BYTES].ljust(_BOOT_CODE_BYTES, b"\0")
    return code + struct.pack("<IH", 0x50494C45, 0) + table.ljust(64, b"\0") + b"\x55\xaa"


def syslinux_disk(image: Path, *, boot_files: Iterable[Path], root: Path, boot_size: int) -> None:
    """Make a disk that a BIOS starts: a FAT partition with syslinux and `boot_files`, then the root.

    Args:
        image: Raw disk to make.
        boot_files: Kernel, initramfs and syslinux.cfg.
        root: Image of the root file system.
        boot_size: Bytes of the boot partition, a multiple of 1 MiB.
    """
    root_start = MIB + boot_size
    partitions = [(FAT16, MIB, boot_size), (LINUX, root_start, root.stat().st_size)]
    with image.open("wb") as out:
        out.write(boot_record(SYSLINUX_BOOT_RECORD.read_bytes(), partitions))
        out.truncate(root_start + root.stat().st_size)
    quiet = {"MTOOLS_SKIP_CHECK": "1"}
    # Clusters of 32 KiB: with small ones the boot loader spends seconds reading the kernel piece by piece.
    geometry = ["-c", "64", "-T", boot_size // SECTOR, "-h", "16", "-s", "63", "-H", MIB // SECTOR]
    run(["mformat", "-i", f"{image}@@1M", *map(str, geometry), "::"], env=quiet)
    run(["mcopy", "-i", f"{image}@@1M", *boot_files, "::"], env=quiet)
    run(["syslinux", "--offset", str(MIB), "--install", image])
    copy_into(root, image, root_start)


def grub_disk(image: Path, *, boot_code: bytes, core: bytes, root: Path) -> None:
    """Make a disk with one partition that a BIOS starts through GRUB.

    GRUB's first sector looks for the rest in the second sector of the disk, and its image already holds its
    own length; so both are written where they belong, and no installer has to look at devices.

    Args:
        image: Raw disk to make.
        boot_code: GRUB's boot.img.
        core: The image that grub-mkimage made; it must fit before the first partition.
        root: Image of the root file system.
    """
    if len(core) > MIB - SECTOR:
        raise BuildError(f"GRUB's core image of {len(core)} bytes does not fit before the first partition")
    size = root.stat().st_size
    with image.open("wb") as out:
        out.write(boot_record(boot_code, [(LINUX, MIB, size)]) + core)
        out.truncate(MIB + size)
    copy_into(root, image, MIB)


def copy_into(part: Path, image: Path, start: int) -> None:
    """Write a file into another at byte `start`, leaving holes where there are only zeros."""
    with part.open("rb") as source, image.open("r+b") as target:
        position = start
        while block := source.read(MIB):
            if block.strip(b"\0"):
                target.seek(position)
                target.write(block)
            position += len(block)


def qcow2(raw: Path, image: Path) -> None:
    """Convert a raw disk to a compressed qcow2."""
    run(["qemu-img", "convert", "-f", "raw", "-O", "qcow2", "-c", raw, image])
