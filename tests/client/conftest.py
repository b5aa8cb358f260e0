"""One simulated cloud for all journeys of a run, and names that no other journey uses."""

import itertools
import shutil
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from .clouds import SimulatedCloud, simulated


@pytest.fixture(scope="session")
def cloud(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SimulatedCloud]:
    """A simulated cloud."""
    with simulated(tmp_path_factory.mktemp("cloud")) as running:
        yield running


@pytest.fixture(scope="session")
def name() -> Callable[[str], str]:
    """Makes names: `name("net")` is another one each time."""
    numbers = itertools.count(1)
    return lambda kind: f"{kind}-{next(numbers)}"


@pytest.fixture(scope="session")
def qcow2(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small qcow2 file."""
    if shutil.which("qemu-img") is None:
        pytest.skip("qemu-img is not installed")
    path = tmp_path_factory.mktemp("disks") / "disk.qcow2"
    subprocess.run(["qemu-img", "create", "-q", "-f", "qcow2", str(path), "64M"], check=True)
    return path


@pytest.fixture(scope="session")
def image(cloud: SimulatedCloud, qcow2: Path) -> str:
    """The id of a public image that servers can boot from."""
    shown = cloud.json("image", "create", "--file", str(qcow2), "--disk-format", "qcow2", "--public", "guest")
    return str(shown["id"])
