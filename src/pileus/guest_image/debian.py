"""The recipe of the Debian image: Debian 12 with cloud-init, OpenSSH and a serial console.

It needs root, because debootstrap unpacks packages into a folder and runs their installation scripts there.
Every step runs in mount and process namespaces of its own, so nothing stays mounted or running afterwards.
"""

import os
import re
import shutil
from collections.abc import Sequence
from pathlib import Path

from pileus.guest_image import disk, stamp
from pileus.guest_image.steps import BuildError, Progress, require_tools, run, scratch

NAME = "debian-12"
"""File name of the image, without ending."""

SUITE = "bookworm"
ROOT_LABEL = "debian-root"
ROOT_SIZE = 2048 * disk.MIB - disk.MIB
"""The whole disk is 2 GiB; cloud-init grows the root to what the flavor gives."""

BASE_PACKAGES = ("ca-certificates", "dbus", "systemd-sysv", "udev")
PACKAGES = (
    *("linux-image-cloud-amd64", "initramfs-tools", "grub-pc-bin", "grub2-common"),
    *("cloud-init", "cloud-guest-utils", "openssh-server", "sudo", "netplan.io", "systemd-resolved"),
    *("curl", "e2fsprogs", "iproute2", "iputils-ping", "less", "netcat-openbsd", "procps", "vim-tiny"),
)
_GRUB_MODULES = (
    "biosdisk",
    "part_msdos",
    "ext2",
    "normal",
    "configfile",
    "search",
    "search_label",
    "linux",
    "echo",
)
_DATA = Path(__file__).parent / "data" / "debian" / "root"
_TOOLS = {"debootstrap": "debootstrap", "mke2fs": "e2fsprogs", "qemu-img": "qemu-utils"}
_KEYRING = Path("/usr/share/keyrings/debian-archive-keyring.gpg")


def build(output: Path, progress: Progress, *, force: bool = False) -> Path:
    """Make debian-12.qcow2 in `output`, unless it was made by the same recipe before.

    Debian's own updates do not make an image stale; `force` picks them up.

    Raises:
        BuildError: Not run as root, a tool is missing, or a step failed; an existing image is left alone.
    """
    require_tools(_TOOLS)
    image = output / f"{NAME}.qcow2"
    mark = stamp.stamp_of(["debian"])
    if not force and stamp.is_current([image], mark):
        progress(f"{image} is current")
        return image
    if os.geteuid() != 0:
        raise BuildError("the Debian image can only be made by root (debootstrap needs it)")
    sources = _sources()
    with scratch(output) as work:
        tree = work / "root"
        _bootstrap(tree, sources, progress)
        _install(tree, sources, progress)
        core, boot_code = _boot_loader(tree)
        _tidy(tree)
        progress("making the file system")
        disk.ext4_image(tree, work / "ext4", size=ROOT_SIZE, label=ROOT_LABEL, modes=None)
        disk.grub_disk(work / "raw", boot_code=boot_code, core=core, root=work / "ext4")
        progress("compressing it")
        disk.qcow2(work / "raw", work / "qcow2")
        stamp.clear_stamp(image)
        (work / "qcow2").rename(image)
    stamp.write_stamp(image, mark)
    return image


def _sources() -> list[tuple[str, str]]:
    """Mirror and release of each apt source of this machine for the suite; the suite itself first."""
    listed = run(["apt-get", "indextargets", "--format", "$(SITE) $(RELEASE) $(COMPONENT)", "Identifier: Packages"])
    found = {
        (site, release)
        for site, release, part in re.findall(r"^(\S+) (\S+) (\S+)$", listed, re.MULTILINE)
        if part == "main"
    }
    wanted = [f"{SUITE}", f"{SUITE}-updates", f"{SUITE}-security"]
    sources = sorted((pair for pair in found if pair[1] in wanted), key=lambda pair: wanted.index(pair[1]))
    if not sources or sources[0][1] != SUITE:
        raise BuildError(f"no apt source of this machine has {SUITE}; has `apt-get update` been run?")
    return sources


def _bootstrap(tree: Path, sources: Sequence[tuple[str, str]], progress: Progress) -> None:
    """Make the smallest Debian that can install the rest by itself."""
    progress("debootstrap: the base system")
    keyring = [f"--keyring={_KEYRING}"] if _KEYRING.exists() else []
    options = ["--variant=minbase", f"--include={','.join(BASE_PACKAGES)}", *keyring]
    command = ["debootstrap", *options, SUITE, str(tree), sources[0][0]]
    run(["unshare", "--mount", *command], env=_proxies())


def _install(tree: Path, sources: Sequence[tuple[str, str]], progress: Progress) -> None:
    """Install kernel, cloud-init and the rest, with the updates that the machine's own sources offer."""
    progress("installing kernel, cloud-init and SSH")
    lines = [f"deb {site} {release} main\n" for site, release in sources]
    (tree / "etc/apt/sources.list").write_text("".join(lines))
    # How to reach the mirrors (proxies, time limits) is this machine's business only while building.
    settings = run(["apt-config", "dump", "Acquire"])
    borrowed = tree / "etc/apt/apt.conf.d/99build"
    borrowed.write_text('APT::Install-Recommends "false";\nAPT::Sandbox::User "root";\n' + settings)
    no_services = tree / "usr/sbin/policy-rc.d"
    no_services.write_text("#!/bin/sh\nexit 101\n")
    no_services.chmod(0o755)
    _copy_recipe(tree)
    _inside(tree, ["apt-get", "-q", "update"])
    _inside(tree, ["apt-get", "-q", "-y", "dist-upgrade"])
    _inside(tree, ["apt-get", "-q", "-y", "install", *PACKAGES])
    _inside(tree, ["systemctl", "enable", "systemd-networkd", "systemd-resolved", "ssh"])
    _inside(tree, ["apt-get", "clean"])
    borrowed.unlink()
    no_services.unlink()


def _inside(tree: Path, command: Sequence[str]) -> str:
    """Run a command in the new system, with a /proc of its own that vanishes with it."""
    jail = [
        "unshare",
        "--mount",
        "--pid",
        "--fork",
        "--kill-child",
        f"--mount-proc={tree / 'proc'}",
        "chroot",
        str(tree),
    ]
    return run([*jail, *command], env={"DEBIAN_FRONTEND": "noninteractive", **_proxies()})


def _proxies() -> dict[str, str]:
    """The proxy that apt uses, in the form other programs understand."""
    shown = run(["apt-config", "shell", "proxy", "Acquire::http::Proxy"])
    found = re.search(r"proxy='([^']+)'", shown)
    return {"http_proxy": found[1]} if found and found[1] != "DIRECT" else {}


def _copy_recipe(tree: Path) -> None:
    """Put our own configuration files into the new system."""
    for source in sorted(path for path in _DATA.rglob("*") if path.is_file()):
        place = tree / source.relative_to(_DATA)
        place.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(source, place)
        place.chmod(0o644)


def _boot_loader(tree: Path) -> tuple[bytes, bytes]:
    """Make GRUB's core image with the new system's own GRUB; returns it and the boot sector's program."""
    where = "/usr/lib/grub/i386-pc"
    target = tree / "boot/grub/i386-pc"
    target.mkdir(parents=True, exist_ok=True)
    for module in (tree / where[1:]).glob("*"):
        if module.suffix in {".mod", ".lst"}:
            shutil.copyfile(module, target / module.name)
    prefix = "(hd0,msdos1)/boot/grub"
    core = "/boot/grub/i386-pc/core.img"
    _inside(tree, ["grub-mkimage", "-d", where, "-O", "i386-pc", "-p", prefix, "-o", core, *_GRUB_MODULES])
    return (tree / core[1:]).read_bytes(), (tree / where[1:] / "boot.img").read_bytes()


def _tidy(tree: Path) -> None:
    """Remove what must be made anew by every server, or belongs to the machine that built the image."""
    for path in (*(tree / "etc/ssh").glob("ssh_host_*"), *(tree / "var/lib/apt/lists").glob("*_*")):
        path.unlink()
    shutil.rmtree(tree / "var/log/apt", ignore_errors=True)
    (tree / "etc/machine-id").write_text("")
    (tree / "etc/hostname").write_text("debian\n")
    names = tree / "etc/resolv.conf"
    names.unlink(missing_ok=True)
    names.symlink_to("../run/systemd/resolve/stub-resolv.conf")
