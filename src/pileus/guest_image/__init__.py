"""Disk images for servers, made on the spot from Debian packages.

Two images: `tiny`, a test guest of some 30 MB that boots in seconds even on an emulated processor, and
`debian`, a real Debian 12 with cloud-init. Run `python -m pileus.guest_image tiny --output DIR`.

The walk of a tiny build: `tiny.build` asks `packages` for the package files, `stamp` whether anything
changed, `tree` puts files, libraries and kernel modules together, `archive` and `disk` make bootable images
of them. What the guest does when it boots is in `data/tiny`: `initramfs/init` first, then `root/etc/inittab`.
"""

from pileus.guest_image.packages import BUILD_PACKAGES, DEBIAN_BUILD_PACKAGES

__all__ = ["BUILD_PACKAGES", "DEBIAN_BUILD_PACKAGES"]
