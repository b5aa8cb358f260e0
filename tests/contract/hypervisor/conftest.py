"""Every driver of the hypervisor protocol, each as a `Bench` that the same tests run on."""

import os
import shutil
import signal
import subprocess
import time
import uuid
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from pileus.host.hypervisor.libvirt.driver import LibvirtHypervisor
from pileus.host.hypervisor.protocol import Hypervisor
from pileus.host.hypervisor.spec import Disk, FileSource, Graphics, Labels, ServerSpec
from pileus.kernel.clock import SystemClock
from pileus.simulated.hypervisor.driver import SimulatedHypervisor
from pileus.simulated.hypervisor.machine import Latency, machine

SETUP = r"""
set -e
mount --make-rprivate /
mount -t proc proc /proc
mount -t sysfs sysfs /sys
mount -t tmpfs run /run
for folder in etc/libvirt etc/openvswitch var/lib/libvirt var/cache/libvirt var/log/libvirt var/log/openvswitch
do
    mkdir -p "$1/$folder" "/$folder"
    mount --bind "$1/$folder" "/$folder"
done
mkdir -p "$1/sock" /run/openvswitch /var/lib/libvirt/qemu
ip link set lo up
cat > /etc/libvirt/libvirtd.conf <<END
unix_sock_dir = "$1/sock"
auth_unix_rw = "none"
host_uuid = "6a0c4f3e-8b1d-4c62-9d0a-3f5e7a9b1c2d"
log_outputs = "2:file:$1/libvirtd.log"
END
cat > /etc/libvirt/qemu.conf <<END
user = "root"
group = "root"
security_driver = "none"
remember_owner = 0
namespaces = []
cgroup_controllers = []
stdio_handler = "file"
END
ovsdb-tool create /etc/openvswitch/conf.db /usr/share/openvswitch/vswitch.ovsschema
ovsdb-server /etc/openvswitch/conf.db --detach --no-chdir -vconsole:off -vsyslog:off \
    --log-file=/dev/null --pidfile=/run/openvswitch/ovsdb-server.pid --remote=punix:/run/openvswitch/db.sock
ovs-vsctl --no-wait init
ovs-vswitchd --detach --no-chdir --log-file=/dev/null -vconsole:off -vsyslog:off \
    --pidfile=/run/openvswitch/ovs-vswitchd.pid unix:/run/openvswitch/db.sock
ovs-vsctl add-br br-int -- set bridge br-int datapath_type=netdev
libvirtd -d -p /run/libvirtd.pid
touch "$1/ready"
# The first process must reap orphans: libvirt waits until the processes that it ended are gone.
while :; do sleep 3600 & wait $!; done
"""
"""Run by the first process of a machine of its own: network, mounts, processes, libvirtd and Open vSwitch."""

BOOT_SECTOR = (
    bytes.fromhex("31c0 8ed8 be157c baf803 ac 84c0 7403 ee ebf8 f4 ebfd") + b"hello from the boot sector\r\n\0"
)
"""All of a guest: writes a line to the serial port, byte by byte, and halts; deaf to the power button."""


class PrivateHost:
    """A machine made of namespaces, with its own libvirtd and userspace switch. Dies with its first process."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.log = (folder / "setup.log").open("wb")
        names = ["--net", "--mount", "--pid", "--fork", "--kill-child"]
        command = ["unshare", *names, "bash", "-c", SETUP, "private-host", str(folder)]
        self.process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=self.log, stderr=self.log)
        give_up = time.monotonic() + 30
        while not (folder / "ready").exists():
            if self.process.poll() is not None or time.monotonic() > give_up:
                raise RuntimeError((folder / "setup.log").read_text())
            time.sleep(0.05)
        found = subprocess.run(["pgrep", "-P", str(self.process.pid)], check=True, capture_output=True, text=True)
        self.pid = int(found.stdout)

    def run(self, *command: str) -> str:
        """Run a command inside."""
        enter = ["nsenter", "-t", str(self.pid), "-m", "-n", "-p", "--", *command]
        return subprocess.run(enter, check=True, capture_output=True, text=True).stdout

    def driver(self, accel: str = "auto", **options: object) -> LibvirtHypervisor:
        """Return a driver for it."""
        return LibvirtHypervisor(
            f"qemu+unix:///system?socket={self.folder}/sock/libvirt-sock",
            storage=self.folder,
            checksum_offload=False,
            accel=accel,  # type: ignore[arg-type]
            **options,  # type: ignore[arg-type]
        )

    def disk_maker(self, folder: Path) -> Callable[[str], Path]:
        """Return what makes small disks in a folder."""

        def make(name: str) -> Path:
            path = folder / name
            raw = path.with_suffix(".raw")
            raw.write_bytes(BOOT_SECTOR.ljust(510, b"\0") + b"\x55\xaa" + bytes(2**20 - 512))
            convert = ["qemu-img", "convert", "-f", "raw", "-O", "qcow2", str(raw), str(path)]
            subprocess.run(convert, check=True)
            raw.unlink()
            return path

        return make

    def taps(self) -> list[str]:
        """Return the guests' network devices, in the kernel and in the switch."""
        kernel = [name for name in self.run("ls", "/sys/class/net").split() if name.startswith("tap")]
        return kernel + [p for p in self.run("ovs-vsctl", "list-ports", "br-int").split() if p.startswith("tap")]

    def kill_libvirtd(self) -> None:
        """Kill it as a crash would."""
        self.run("sh", "-c", "kill -9 $(cat /run/libvirtd.pid)")

    def start_libvirtd(self) -> None:
        """Start it again."""
        self.run("libvirtd", "-d", "-p", "/run/libvirtd.pid")

    def end(self) -> None:
        """Take the machine away."""
        os.kill(self.pid, signal.SIGKILL)
        self.process.wait(10)
        self.log.close()


@pytest.fixture(scope="session")
def private_host(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PrivateHost]:
    """Give a machine of our own; skipped where it cannot be made."""
    if os.geteuid() != 0 or not all(map(shutil.which, ("libvirtd", "ovs-vsctl", "qemu-img", "unshare"))):
        pytest.skip("needs root, libvirtd, Open vSwitch and QEMU")
    host = PrivateHost(tmp_path_factory.mktemp("host"))
    yield host
    host.end()


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


@pytest.fixture(
    params=[
        "simulated",
        pytest.param("libvirt-kvm", marks=[pytest.mark.root, pytest.mark.slow]),
        pytest.param("libvirt-tcg", marks=[pytest.mark.root, pytest.mark.slow]),
    ]
)
async def bench(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Bench]:
    """Give a driver; at the end no domain may be left behind by it."""
    if request.param.startswith("libvirt"):
        if request.param == "libvirt-kvm" and not os.access("/dev/kvm", os.R_OK | os.W_OK):
            pytest.skip("this machine has no KVM")
        host: PrivateHost = request.getfixturevalue("private_host")
        made = Bench(host.driver(request.param.removeprefix("libvirt-")), tmp_path, host.disk_maker(tmp_path))
        yield made
        for domain in await made.driver.domains():
            await made.driver.destroy(domain.id)
        assert await made.driver.domains() == []
        assert host.taps() == []
        await made.driver.close()
        return
    # The boot sector never answers the power button, so neither does the simulated guest.
    driver = SimulatedHypervisor(machine("sim"), latency=Latency(shutdown=9999, unplug=0.01), clock=HastyClock())
    yield Bench(driver, tmp_path, lambda name: tmp_path / name)
    await driver.close()


class HastyClock(SystemClock):
    """A clock on which every wait is over at once."""

    async def sleep(self, seconds: float) -> None:
        """Do not wait."""
