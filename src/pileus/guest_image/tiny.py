"""The recipe of the tiny guest: a CirrOS-like system of cloud kernel, busybox and dropbear."""

from collections.abc import Mapping
from pathlib import Path

import msgspec

from pileus.guest_image import disk, packages, stamp
from pileus.guest_image.archive import write_initramfs
from pileus.guest_image.steps import Progress, require_tools, run, scratch
from pileus.guest_image.tree import Tree

NAME = "pileus-guest"
"""File name of the images, without ending."""

ROOT_LABEL = "pileus-root"
"""Name of the root file system, by which the initramfs finds it."""

USER_ID = 1000
BOOT_SIZE = 24 * disk.MIB
ROOT_SIZE = 64 * disk.MIB

_DATA = Path(__file__).parent / "data" / "tiny"
_TOOLS = {
    "mke2fs": "e2fsprogs",
    "debugfs": "e2fsprogs",
    "depmod": "kmod",
    "mformat": "mtools",
    "mcopy": "mtools",
    "qemu-img": "qemu-utils",
    "syslinux": "syslinux",
}
_INITRAMFS_COMMANDS = (
    "sh",
    "cat",
    "dd",
    "grep",
    "mkdir",
    "modprobe",
    "mount",
    "sleep",
    "sort",
    "switch_root",
)
_INITRAMFS_MODULES = ("virtio_pci", "virtio_blk", "virtio_scsi", "sd_mod", "ata_piix")
_ROOT_MODULES = (
    *_INITRAMFS_MODULES,
    *("virtio_net", "virtio_balloon", "virtio_console", "virtio_rng", "sr_mod"),
    *("isofs", "vfat", "nls_cp437", "nls_ascii", "nls_iso8859_1", "nls_utf8"),
    *("8021q", "button", "evdev", "qemu_fw_cfg"),
)
_PROGRAMS = {
    "usr/sbin/dropbear": "dropbear-bin",
    "usr/bin/dropbearkey": "dropbear-bin",
    "usr/bin/dbclient": "dropbear-bin",
    "usr/lib/openssh/sftp-server": "openssh-sftp-server",
    "sbin/mke2fs": "e2fsprogs",
    "sbin/e2fsck": "e2fsprogs",
    "sbin/resize2fs": "e2fsprogs",
    "sbin/mkfs.fat": "dosfstools",
    "sbin/mkfs": "util-linux",
    "sbin/blkid": "util-linux",
    "bin/lsblk": "util-linux",
    "bin/bash": "bash",
    "usr/bin/curl": "curl",
    "usr/bin/socat": "socat",
}
_LINKS = {
    **{f"sbin/mkfs.ext{n}": "mke2fs" for n in (2, 3, 4)},
    **{f"sbin/fsck.ext{n}": "e2fsck" for n in (2, 3, 4)},
    "sbin/mkfs.vfat": "mkfs.fat",
    "usr/lib/sftp-server": "openssh/sftp-server",
    "usr/bin/ssh": "dbclient",
    "etc/mtab": "/proc/mounts",
    "var/run": "/run",
    "usr/bin/env": "/bin/env",
    "bin/nc": "/usr/bin/nc",
}
_SYSTEM_COMMANDS = ("init", "reboot", "poweroff", "halt", "modprobe", "ip", "getty", "mkswap", "udhcpc")
"""Applets that scripts and the kernel expect in /sbin."""

_LEFT_OUT = {"busybox", "dpkg", "dpkg-deb", "rpm", "mke2fs", "mkdosfs", "nc", "linuxrc"}
"""Applets that get no name of their own: of no use here, or a fuller program has the name."""

_MODES: Mapping[str, tuple[int, int]] = {
    # busybox gives the right up at once for every applet that does not need it (ping and su do)
    "bin/busybox": (0, 0o4755),
    "usr/bin/sudo": (0, 0o4755),
    "etc/shadow": (0, 0o600),
    "root": (0, 0o700),
    "tmp": (0, 0o1777),
    "home/cirros": (USER_ID, 0o755),
}


class Built(msgspec.Struct, frozen=True):
    """The finished images, and whether they had to be made."""

    qcow2: Path
    raw: Path
    fresh: bool


def build(output: Path, cache: Path, progress: Progress, *, force: bool = False) -> Built:
    """Make the tiny guest in `output`, unless the image there is what would be made.

    Args:
        output: Folder for pileus-guest.qcow2 and .raw; made if missing.
        cache: Folder for downloaded packages.
        progress: Told of each step.
        force: Whether to build even if nothing changed.

    Raises:
        BuildError: A tool or package is missing, or a step failed; existing images are left alone.
    """
    require_tools(_TOOLS)
    progress("asking apt for the newest packages")
    debs = packages.resolve()
    mark = stamp.stamp_of(f"{deb.file_name} {deb.digest}" for deb in debs)
    built = Built(qcow2=output / f"{NAME}.qcow2", raw=output / f"{NAME}.raw", fresh=False)
    if not force and stamp.is_current([built.qcow2, built.raw], mark):
        progress(f"{built.qcow2} is current")
        return built
    trees = packages.fetch(debs, cache, progress)
    kernel = debs[0].package
    with scratch(output) as work:
        _initramfs(work, trees, kernel, progress)
        _root(work, trees, kernel, progress)
        progress("making the disk")
        vmlinuz = next((trees[kernel] / "boot").glob("vmlinuz-*"))
        (work / "vmlinuz").write_bytes(vmlinuz.read_bytes())
        boot_files = [work / "vmlinuz", work / "initrd", _DATA / "syslinux.cfg"]
        disk.syslinux_disk(work / "raw", boot_files=boot_files, root=work / "ext4", boot_size=BOOT_SIZE)
        progress("compressing it")
        disk.qcow2(work / "raw", work / "qcow2")
        stamp.clear_stamp(built.qcow2)
        (work / "raw").rename(built.raw)
        (work / "qcow2").rename(built.qcow2)
    stamp.write_stamp(built.qcow2, mark)
    return msgspec.structs.replace(built, fresh=True)


def _initramfs(work: Path, trees: Mapping[str, Path], kernel: str, progress: Progress) -> None:
    """Make `work`/initrd: busybox, the disk drivers, and the program that finds the root."""
    progress("putting the initramfs together")
    tree = Tree(work / "initramfs", trees)
    tree.folders("dev", "proc", "sys", "root", "etc")
    tree.copy("busybox-static", "bin/busybox")
    for command in _INITRAMFS_COMMANDS:
        tree.link(f"bin/{command}", "busybox")
    tree.modules(kernel, _INITRAMFS_MODULES)
    tree.recipe(_DATA / "initramfs")
    write_initramfs(tree.root, work / "initrd")


def _root(work: Path, trees: Mapping[str, Path], kernel: str, progress: Progress) -> None:
    """Make `work`/ext4, the root file system."""
    progress("putting the root file system together")
    tree = Tree(work / "root", trees)
    tree.folders("dev", "proc", "sys", "run", "tmp", "mnt", "root", "home/cirros")
    tree.folders("var/lib/cloud", "var/log", "etc/dropbear", "usr/bin", "usr/sbin")
    tree.recipe(_DATA / "root")
    busybox = tree.copy("busybox-static", "bin/busybox")
    for path, package in _PROGRAMS.items():
        tree.program(package, path)
    tree.copy("e2fsprogs", "etc/mke2fs.conf")
    for path, target in _LINKS.items():
        tree.link(path, target)
    tree.modules(kernel, _ROOT_MODULES)
    _compile_sudo(tree, trees[packages.COMPILER_PACKAGE])
    for command in _SYSTEM_COMMANDS:
        tree.link(f"sbin/{command}", "/bin/busybox")
    for command in run([busybox, "--list"]).split():
        if command not in _LEFT_OUT:
            tree.link(f"bin/{command}", "/bin/busybox")
    # Without checksums on metadata and 64-bit block numbers mounting takes fewer instructions.
    options = ["-O", "^metadata_csum,^64bit", "-J", "size=1", "-N", "4096"]
    disk.ext4_image(tree.root, work / "ext4", size=ROOT_SIZE, label=ROOT_LABEL, modes=_MODES, options=options)


def _compile_sudo(tree: Tree, compiler: Path) -> None:
    """Compile the guest's own sudo; see data/tiny/sudo.c."""
    program = tree.root / "usr/bin/sudo"
    flags = ["-nostdlib", "-static", "-nostdinc"]
    run([compiler / "usr/bin/tcc", *flags, "-o", program, _DATA / "sudo.c"])
    program.chmod(0o755)
