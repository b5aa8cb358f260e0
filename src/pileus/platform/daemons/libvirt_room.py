"""Runs libvirtd in a room of its own: a mount namespace in which libvirt's fixed places lie in the state folder.

libvirt has /etc/libvirt, /var/lib/libvirt, /run/libvirt and two more compiled in, so two daemons on one machine would
share their domains and locks.  Here each of these is a bind mount that only libvirtd and its guests see; it is gone
with the last of them.  Guests outlive libvirtd: the next one mounts the same folders and finds them again.

It is run as a file, by a Python that loads nothing else, and becomes libvirtd within milliseconds.

Usage: python -I -S libvirt_room.py ACCOUNTS_FOLDER PLACE=FOLDER... -- COMMAND [ARGUMENT...]
"""

import ctypes
import grp
import os
import pwd
import sys
from pathlib import Path

_CLONE_NEWNS = 0x00020000  # <linux/sched.h>
_ACCOUNT = "libvirt-qemu"
"""Debian's compiled-in default user and group of guests."""
_NOBODY = 65534

_MS_BIND, _MS_REC, _MS_SLAVE = 0x1000, 0x4000, 0x80000  # <linux/mount.h>
_MNT_DETACH = 2
_NAMESPACES = Path("/run/netns")


def enter(accounts: Path, mounts: dict[Path, Path]) -> None:
    """Move this process into a new mount namespace and mount the folders over the places.

    Args:
        accounts: a folder for account files, if the machine lacks an account.
        mounts: place -> folder to be seen there.

    Raises:
        OSError: the kernel refuses (CAP_SYS_ADMIN is missing), or a folder does not exist.
    """
    libc = ctypes.CDLL(None, use_errno=True)
    _check(libc.unshare(_CLONE_NEWNS), "unshare")
    # Nothing mounted here may be seen outside, whatever the propagation of the machine's own mounts is; what is
    # unmounted outside should go here too.
    _mount(libc, None, Path("/"), _MS_REC | _MS_SLAVE)
    # A copy of these mounts would keep network namespaces alive that have been deleted.
    while libc.umount2(bytes(_NAMESPACES), _MNT_DETACH) == 0:
        pass  # until it is no mount point; mounts can lie on each other
    for place, folder in {**mounts, **_accounts(accounts)}.items():
        _mount(libc, folder, place, _MS_BIND)


def _accounts(folder: Path) -> dict[Path, Path]:
    """Account files for the room, if the machine lacks the account that libvirt was compiled to run guests as.

    libvirtd looks it up before it reads which one is wanted, and does not start without.  Debian makes it with a
    package that also starts a system-wide libvirtd; here only the room knows it.
    """
    try:
        pwd.getpwnam(_ACCOUNT)
        grp.getgrnam(_ACCOUNT)
    except KeyError:
        pass
    else:
        return {}
    lines = {
        Path("/etc/passwd"): f"{_ACCOUNT}:x:{_NOBODY}:{_NOBODY}::/nonexistent:/usr/sbin/nologin\n",
        Path("/etc/group"): f"{_ACCOUNT}:x:{_NOBODY}:\n",
    }
    folder.mkdir(exist_ok=True)
    for place, line in lines.items():
        (folder / place.name).write_text(place.read_text(encoding="utf-8") + line, encoding="utf-8")
    return {place: folder / place.name for place in lines}


def _mount(libc: ctypes.CDLL, source: Path | None, target: Path, flags: int) -> None:
    text = bytes(source) if source is not None else b"none"
    _check(libc.mount(text, bytes(target), None, ctypes.c_ulong(flags), None), f"mount {target}")


def _check(result: int, what: str) -> None:
    if result != 0:
        number = ctypes.get_errno()
        raise OSError(number, f"{what}: {os.strerror(number)}")


def main(arguments: list[str]) -> None:
    """Enter the room and become the command."""
    split = arguments.index("--")
    accounts, *pairs = arguments[:split]
    command = arguments[split + 1 :]
    try:
        enter(
            Path(accounts), {Path(place): Path(folder) for place, _, folder in (pair.partition("=") for pair in pairs)}
        )
    except OSError as error:
        sys.exit(f"no room for libvirtd: {error}")
    os.execvp(command[0], command)  # noqa: S606  an argument list is what is wanted


if __name__ == "__main__":
    main(sys.argv[1:])
