"""Which Debian packages an image is made of, and how their files reach the build.

Two kinds are kept apart. *Build packages* are tools that run on this machine and have to be installed.
*Guest packages* only give files to the image: they are downloaded by apt (so mirrors, proxies, keys and
pinning are the machine's own) and unpacked into a cache, never installed. Building a guest therefore neither
puts a second kernel on the machine nor depends on what happens to be installed on it.
"""

import os
import re
from collections.abc import Sequence
from pathlib import Path

import msgspec

from pileus.guest_image.steps import BuildError, Progress, run, scratch

BUILD_PACKAGES = ("e2fsprogs", "kmod", "mtools", "qemu-utils", "syslinux", "syslinux-common")
"""Debian packages that must be installed to build the tiny guest."""

DEBIAN_BUILD_PACKAGES = ("debian-archive-keyring", "debootstrap", "e2fsprogs", "qemu-utils")
"""Debian packages that must be installed to build the Debian image."""

KERNEL_PACKAGE = "linux-image-cloud-amd64"
"""An empty package that depends on the newest cloud kernel."""

GUEST_PACKAGES = (
    # the system itself
    *("busybox-static", "dropbear-bin", "openssh-sftp-server", "libc6", "libcrypt1", "zlib1g"),
    *("libtomcrypt1", "libtommath1", "libgmp10"),
    # file systems and block devices
    *(
        "e2fsprogs",
        "libext2fs2",
        "libcom-err2",
        "libss2",
        "dosfstools",
        "util-linux",
        "libblkid1",
        "libuuid1",
    ),
    *("libmount1", "libsmartcols1", "libudev1", "libselinux1", "libpcre2-8-0"),
    # what scripts expect of a shell account
    *("bash", "libtinfo6", "socat", "libwrap0", "libnsl2", "libtirpc3"),
    # curl, and all that its one library is linked with
    *(
        "curl",
        "libcurl4",
        "libbrotli1",
        "libffi8",
        "libgnutls30",
        "libgssapi-krb5-2",
        "libhogweed6",
        "libidn2-0",
    ),
    *("libk5crypto3", "libkeyutils1", "libkrb5-3", "libkrb5support0", "libldap-2.5-0", "libnettle8"),
    *(
        "libnghttp2-14",
        "libp11-kit0",
        "libpsl5",
        "librtmp1",
        "libsasl2-2",
        "libssh2-1",
        "libssl3",
        "libtasn1-6",
    ),
    *("libunistring2", "libzstd1"),
)
"""Debian packages whose files go into the tiny guest."""

COMPILER_PACKAGE = "tcc"
"""The C compiler for the guest's one compiled program; 300 kB, run from the cache."""


class Deb(msgspec.Struct, frozen=True):
    """One package file as the machine's apt would download it now."""

    package: str
    file_name: str
    digest: str


def resolve() -> tuple[Deb, ...]:
    """Ask apt which package files make up a tiny guest today; the kernel is the first.

    Raises:
        BuildError: apt has no package lists, or does not know one of the packages.
    """
    shown = run(["apt-cache", "show", "--no-all-versions", KERNEL_PACKAGE])
    kernel = re.search(r"^Depends:.*?\b(linux-image-[0-9][^ ,]*)", shown, re.MULTILINE)
    if kernel is None:
        raise BuildError(f"apt knows no {KERNEL_PACKAGE}; is this Debian, and has `apt-get update` been run?")
    wanted = (kernel[1], *GUEST_PACKAGES, COMPILER_PACKAGE)
    listed = run(["apt-get", "download", "--print-uris", *wanted])
    found = {}
    for file_name, digest in re.findall(r"^'[^']+' (\S+\.deb) \d+ (\S+)$", listed, re.MULTILINE):
        found[file_name.split("_")[0]] = Deb(package=file_name.split("_")[0], file_name=file_name, digest=digest)
    missing = [name for name in wanted if name not in found]
    if missing:
        raise BuildError(f"apt cannot download {', '.join(missing)}")
    return tuple(found[name] for name in wanted)


def fetch(debs: Sequence[Deb], cache: Path, progress: Progress) -> dict[str, Path]:
    """Download and unpack package files; what the cache already holds is not fetched again.

    Args:
        debs: The package files, as `resolve` gave them.
        cache: Folder that keeps one unpacked tree for each package file. Builds may share it.
        progress: Told how many packages are downloaded.

    Returns:
        The folder of each package's files, by package name.
    """
    trees = {deb.package: cache / deb.file_name.removesuffix(".deb") for deb in debs}
    absent = [deb for deb in debs if not trees[deb.package].is_dir()]
    if absent:
        progress(f"downloading {len(absent)} packages")
        with scratch(cache) as work:
            # Left alone, apt run by root would drop its rights and then be unable to write here.
            names = [deb.package for deb in absent]
            run(["apt-get", "-q", "-o", "APT::Sandbox::User=root", "download", *names], cwd=work)
            for deb in absent:
                tree = work / deb.package
                run(["dpkg-deb", "--extract", work / deb.file_name, tree])
                _keep(tree, trees[deb.package])
    return trees


def _keep(tree: Path, place: Path) -> None:
    """Move an unpacked tree into the cache, unless another build was faster."""
    try:
        tree.rename(place)
    except OSError:
        if not place.is_dir():
            raise


def default_cache() -> Path:
    """The folder for downloaded packages when none is named: the user's cache folder."""
    root = os.environ.get("XDG_CACHE_HOME")
    return (Path(root) if root else Path.home() / ".cache") / "pileus" / "guest-image"
