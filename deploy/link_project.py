"""Make this source tree importable, and `pileus` runnable, in the environment whose Python runs this script.

It writes what an editable install writes (a path file, the metadata and the console script) straight from
pyproject.toml, so that no build backend has to be downloaded outside the lock.

Usage: PYTHON link_project.py SOURCE_TREE
"""

import shutil
import sys
import sysconfig
import tomllib
from pathlib import Path


def link(tree: Path) -> None:
    """Link `tree` into the running environment, replacing an earlier link."""
    project = tomllib.loads((tree / "pyproject.toml").read_text())["project"]
    name, version = project["name"], project["version"]
    packages = Path(sysconfig.get_path("purelib"))
    scripts = Path(sysconfig.get_path("scripts"))
    for earlier in packages.glob(f"{name}-*.dist-info"):
        shutil.rmtree(earlier)
    path_file = packages / f"__editable__.{name}.pth"
    path_file.write_text(f"{tree / 'src'}\n")
    written = [path_file]
    points = []
    for command, target in project.get("scripts", {}).items():
        module, _, function = target.partition(":")
        script = scripts / command
        script.write_text(
            f"#!{sys.executable}\nimport sys\n\nfrom {module} import {function}\n\nsys.exit({function}())\n"
        )
        script.chmod(0o755)
        written.append(script)
        points.append(f"{command} = {target}\n")
    info = packages / f"{name}-{version}.dist-info"
    info.mkdir()
    files = {
        "METADATA": f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\nSummary: {project['description']}\n",
        "INSTALLER": "pileus bootstrap\n",
        "entry_points.txt": "[console_scripts]\n" + "".join(points),
    }
    for file, text in files.items():
        (info / file).write_text(text)
        written.append(info / file)
    written.append(info / "RECORD")
    (info / "RECORD").write_text("".join(f"{path},,\n" for path in written))


if __name__ == "__main__":
    link(Path(sys.argv[1]).resolve())
