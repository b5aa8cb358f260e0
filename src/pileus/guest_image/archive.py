"""A writer for the one archive format that the kernel unpacks at boot: cpio, "newc" flavour.

Source: Documentation/driver-api/early-userspace/buffer-format.rst of the Linux kernel. Written here rather
than by the cpio program because all files in it belong to root, whoever builds the image.
"""

import stat
from pathlib import Path


def write_initramfs(tree: Path, target: Path) -> None:
    """Write everything below `tree` to `target` as an uncompressed initramfs, owned by root.

    It stays uncompressed: unpacking costs an emulated processor more than reading twice the bytes does.
    """
    with target.open("wb") as out:
        for number, path in enumerate(sorted(tree.rglob("*")), start=1):
            mode = path.lstat().st_mode
            content = b""
            if stat.S_ISLNK(mode):
                content = str(path.readlink()).encode()
            elif stat.S_ISREG(mode):
                content = path.read_bytes()
            out.write(_entry(number, str(path.relative_to(tree)), mode, content))
        out.write(_entry(0, "TRAILER!!!", 0, b""))


def _entry(number: int, name: str, mode: int, content: bytes) -> bytes:
    """One archive member: a header of thirteen hexadecimal numbers, then name and content, padded."""
    encoded = name.encode() + b"\0"
    links, owner, group, mtime, device = 1, 0, 0, 0, 0
    numbers = (number, mode, owner, group, links, mtime, len(content), *(device,) * 4, len(encoded), 0)
    header = b"070701" + b"".join(b"%08x" % value for value in numbers)
    return _padded(header + encoded) + _padded(content)


def _padded(data: bytes) -> bytes:
    """Lengthen `data` with zero bytes to a multiple of four."""
    return data + b"\0" * (-len(data) % 4)
