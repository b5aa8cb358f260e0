"""Knowing whether an image is already what a build would make.

A stamp is a digest over everything a build depends on: our own recipe files and the exact package files. It
lies beside the image; equal stamps mean that there is nothing to do.
"""

import hashlib
from collections.abc import Iterable
from pathlib import Path

_RECIPE = Path(__file__).parent


def stamp_of(inputs: Iterable[str]) -> str:
    """Digest of this package's own files and of `inputs` (package files with their digests, options)."""
    digest = hashlib.sha256()
    for path in sorted(_RECIPE.rglob("*")):
        if path.is_file() and "__pycache__" not in path.parts:
            digest.update(f"{path.relative_to(_RECIPE)}\0".encode() + path.read_bytes() + b"\0")
    for line in inputs:
        digest.update(line.encode() + b"\0")
    return digest.hexdigest()


def is_current(images: Iterable[Path], stamp: str) -> bool:
    """Whether all images exist and the first was built with this stamp."""
    paths = list(images)
    note = _note(paths[0])
    return all(path.is_file() for path in paths) and note.is_file() and note.read_text().strip() == stamp


def write_stamp(image: Path, stamp: str) -> None:
    """Note what `image` was built from. Called last: an interrupted build leaves no note and is repeated."""
    _note(image).write_text(stamp + "\n")


def clear_stamp(image: Path) -> None:
    """Forget what `image` was built from, before its files are replaced one by one."""
    _note(image).unlink(missing_ok=True)


def _note(image: Path) -> Path:
    return image.with_name(image.name + ".stamp")
