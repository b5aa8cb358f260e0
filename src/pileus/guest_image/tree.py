"""Putting together a folder that becomes a file system: files of packages, libraries, kernel modules."""

import re
import shutil
from collections.abc import Iterable, Mapping
from pathlib import Path

from pileus.guest_image.steps import BuildError, run

_LIBRARY_FOLDERS = (
    "lib/x86_64-linux-gnu",
    "usr/lib/x86_64-linux-gnu",
)
_LOADER = "lib/x86_64-linux-gnu/ld-linux-x86-64.so.2"
_MODPROBE_READS = ("modules.dep", "modules.alias")
"""Of depmod's files busybox reads only these."""


class Tree:
    """A folder that grows into a file system.  Paths inside it are written without the leading slash.

    Args:
        root: The folder; made if it is missing.
        packages: Folder of each unpacked package, by package name.
    """

    def __init__(self, root: Path, packages: Mapping[str, Path]) -> None:
        self.root = root
        self.packages = packages
        root.mkdir(parents=True, exist_ok=True)

    def folders(self, *paths: str) -> None:
        """Make empty folders."""
        for path in paths:
            (self.root / path).mkdir(parents=True, exist_ok=True)

    def link(self, path: str, target: str) -> None:
        """Make a symbolic link, unless something stands there already."""
        place = self.root / path
        place.parent.mkdir(parents=True, exist_ok=True)
        if not place.exists() and not place.is_symlink():
            place.symlink_to(target)

    def recipe(self, folder: Path) -> None:
        """Copy our own files; those that begin with `#!` become programs, whatever their mode is here."""
        for source in sorted(path for path in folder.rglob("*") if path.is_file()):
            place = self.root / source.relative_to(folder)
            place.parent.mkdir(parents=True, exist_ok=True)
            content = source.read_bytes()
            place.write_bytes(content)
            place.chmod(0o755 if content.startswith(b"#!") else 0o644)

    def copy(self, package: str, path: str, to: str | None = None) -> Path:
        """Copy one file of a package, to the same path or to `to`; links are followed.

        Raises:
            BuildError: The package has no such file any more.
        """
        source = self.packages[package] / path
        if not source.is_file():
            raise BuildError(f"package {package} has no file {path}")
        place = self.root / (to or path)
        place.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(source, place)
        place.chmod(0o755 if source.stat().st_mode & 0o111 else 0o644)
        return place

    def program(self, package: str, path: str, to: str | None = None) -> None:
        """Copy a dynamically linked program and every library it needs.

        The package's own loader says which these are, so that no library of this machine can slip in.

        Raises:
            BuildError: A library is in none of the packages.
        """
        self.copy(package, path, to)
        folders = [
            str(tree / lib) for tree in self.packages.values() for lib in _LIBRARY_FOLDERS if (tree / lib).is_dir()
        ]
        loader = self.packages["libc6"] / _LOADER
        search = ["--inhibit-cache", "--library-path", ":".join(folders)]
        listed = run([loader, *search, "--list", self.packages[package] / path])
        for name, found in re.findall(r"^\s*(\S+) => (\S+) ", listed, re.MULTILINE):
            library = Path(found)
            inside = next((name for name, tree in self.packages.items() if library.is_relative_to(tree)), None)
            if inside is None:
                raise BuildError(f"{path} needs {name}, which none of the guest's packages has ({found})")
            self.copy(inside, str(library.relative_to(self.packages[inside])), f"lib/{library.name}")
        self.copy("libc6", _LOADER, "lib64/ld-linux-x86-64.so.2")

    def modules(self, kernel: str, names: Iterable[str]) -> None:
        """Copy kernel modules with all that they depend on, and index them for modprobe.

        Args:
            kernel: Name of the kernel's package.
            names: Modules by name, with `_` for `-`.

        Raises:
            BuildError: The kernel has no such module.
        """
        source = self.packages[kernel]
        release = next((source / "lib/modules").iterdir()).name
        index = source / "lib/modules" / release / "modules.dep"
        if not index.is_file():
            run(["depmod", "--basedir", source, release])
        needs: dict[str, list[str]] = {}
        for line in index.read_text().splitlines():
            path, _, wanted = line.partition(":")
            needs[Path(path).stem.replace("-", "_")] = [path, *wanted.split()]
        missing = [name for name in names if name not in needs]
        if missing:
            raise BuildError(f"the kernel {release} has no modules {', '.join(missing)}")
        for path in sorted({path for name in names for path in needs[name]}):
            self.copy(kernel, f"lib/modules/{release}/{path}")
        ours = self.root / "lib/modules" / release
        for name in ("modules.order", "modules.builtin"):
            self.copy(kernel, f"lib/modules/{release}/{name}")
        run(["depmod", "--basedir", self.root, release])
        for extra in ours.glob("modules.*"):
            if extra.name not in _MODPROBE_READS:
                extra.unlink()
