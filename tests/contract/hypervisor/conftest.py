"""Every driver of the hypervisor protocol, each as a `Bench` that the same tests run on."""

import uuid
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from pileus.host.hypervisor.protocol import Hypervisor
from pileus.host.hypervisor.spec import Disk, FileSource, Graphics, Labels, ServerSpec
from pileus.simulated.hypervisor.driver import SimulatedHypervisor
from pileus.simulated.hypervisor.machine import Latency, machine


@dataclass
class Bench:
    """A driver under test and what it needs to be fed with."""

    driver: Hypervisor
    folder: Path
    make_disk: Callable[[str], Path]
    bridge: str = "br-int"

    def spec(self, **fields: object) -> ServerSpec:
        """Return the spec of a small server with a blank disk of its own."""
        server_id = str(fields.pop("id", uuid.uuid4()))
        folder = self.folder / server_id
        folder.mkdir(exist_ok=True)
        root = Disk(source=FileSource(str(self.make_disk(f"{server_id}/disk"))), target="vda", boot_order=1)
        given: dict[str, object] = {
            "name": f"instance-{server_id[:8]}",
            "vcpus": 1,
            "memory_mib": 64,
            "disks": (root,),
            "console_log": str(folder / "console.log"),
            "serial_socket": f"/tmp/{server_id[:13]}.sock",
            "graphics": Graphics(vnc_listen="127.0.0.1"),
            "labels": Labels(name="web <1>", flavor="m1.tiny"),
        }
        return ServerSpec(id=server_id, **(given | fields))  # type: ignore[arg-type]


@pytest.fixture(params=["simulated", pytest.param("libvirt", marks=[pytest.mark.root, pytest.mark.slow])])
async def bench(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Bench]:
    """Give a driver; at the end no domain may be left behind by it."""
    if request.param == "libvirt":
        private = request.getfixturevalue("private_libvirtd")
        async for made in private.bench(tmp_path):
            yield made
        return
    # A blank disk never answers the power button, so neither does the simulated guest.
    driver = SimulatedHypervisor(machine("sim"), latency=Latency(shutdown=9999, unplug=0.01), sleep=_no_sleep)
    yield Bench(driver, tmp_path, lambda name: tmp_path / name)
    await driver.close()


async def _no_sleep(seconds: float) -> None:
    """A clock that runs as fast as it can."""
