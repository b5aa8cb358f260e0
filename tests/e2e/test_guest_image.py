"""The tiny guest, built and booted for real: metadata, SSH, devices that come and go, power button.

QEMU's user networking stands in for a cloud's network, so no root is needed. KVM is used where it can really
run a guest (see `_accelerator`), emulation elsewhere.
"""

import json
import os
import shutil
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import msgspec
import pytest

from pileus.guest_image import disk, tiny
from pileus.guest_image.steps import run

PATIENCE = 180.0
"""Seconds a guest may take to answer over SSH; emulated on a busy machine it takes some tens."""

QEMU = "qemu-system-x86_64"
NEEDED = (QEMU, "qemu-img", "genisoimage", "ssh", "ssh-keygen", "mformat", "syslinux", "depmod", "apt-get")

needs_tools = pytest.mark.skipif(
    any(shutil.which(tool, path="/usr/sbin:/usr/bin:/sbin:/bin") is None for tool in NEEDED),
    reason=f"needs {', '.join(NEEDED)}",
)


class Guest(msgspec.Struct):
    """A running virtual machine."""

    process: subprocess.Popen[bytes]
    folder: Path
    port: int
    key: Path
    started: float

    def ssh(self, command: str) -> str:
        """Run a command the way Tempest does; raises on a failing one."""
        options = [
            "StrictHostKeyChecking=no",
            "UserKnownHostsFile=/dev/null",
            "ConnectTimeout=5",
            "BatchMode=yes",
        ]
        words = ["ssh", "-q", "-F", "none", "-i", self.key, "-p", self.port]
        words += [word for option in options for word in ("-o", option)]
        prologue = "set -eu -o pipefail; PATH=$PATH:/sbin:/usr/sbin; "
        done = subprocess.run(
            [*map(str, words), "cirros@127.0.0.1", prologue + command],
            stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=60, check=True,
        )  # fmt: skip
        return done.stdout.strip()

    def wait_for_ssh(self) -> float:
        """Wait until a login works; seconds since the machine was started."""
        while True:
            try:
                self.ssh("true")
            except (subprocess.CalledProcessError, subprocess.TimeoutExpired):
                assert self.process.poll() is None, f"qemu ended: {self.console()}"
                assert time.monotonic() - self.started < PATIENCE, f"no login: {self.console()}"
                time.sleep(0.3)
            else:
                return time.monotonic() - self.started

    def wait_for_line(self, text: str) -> str:
        """Wait until the console shows a text; the whole console."""
        deadline = time.monotonic() + PATIENCE
        while text not in self.console():
            assert time.monotonic() < deadline, f"{text!r} is not in {self.console()}"
            time.sleep(0.2)
        return self.console()

    def console(self) -> str:
        return (self.folder / "console").read_text(errors="replace")

    def monitor(self, *commands: dict[str, object]) -> None:
        """Send QMP commands; each must succeed."""
        with socket.socket(socket.AF_UNIX) as line:
            line.settimeout(20)
            line.connect(str(self.folder / "qmp"))
            stream = line.makefile("rw")
            stream.readline()
            for command in ({"execute": "qmp_capabilities"}, *commands):
                stream.write(json.dumps(command) + "\n")
                stream.flush()
                while "event" in (answer := json.loads(stream.readline())):
                    pass
                assert "return" in answer, answer


def _accelerator(image: Path, folder: Path) -> str:
    """`kvm` if a guest gets as far as its own first line under it, else `tcg`.

    That /dev/kvm opens is not enough: inside some virtual machines it cannot run an ordinary guest kernel.
    """
    if not os.access("/dev/kvm", os.R_OK | os.W_OK):
        return "tcg"
    console = folder / "kvm-trial"
    command = [QEMU, "-machine", "pc,accel=kvm", "-m", "128", "-display", "none", "-snapshot", "-no-reboot"]
    command += ["-drive", f"file={image},format=qcow2,if=virtio", "-serial", f"file:{console}"]
    trial = subprocess.Popen(command, stderr=subprocess.DEVNULL)
    try:
        deadline = time.monotonic() + 15
        while time.monotonic() < deadline and trial.poll() is None:
            if console.is_file() and "root file system on" in console.read_text(errors="replace"):
                return "kvm"
            time.sleep(0.2)
    finally:
        trial.kill()
        trial.wait()
    return "tcg"


@pytest.fixture(scope="module")
def image(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The built qcow2."""
    return tiny.build(tmp_path_factory.mktemp("image"), _cache(tmp_path_factory), print).qcow2


def _cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    chosen = os.environ.get("PILEUS_GUEST_CACHE")
    return Path(chosen) if chosen else tmp_path_factory.mktemp("cache")


@pytest.fixture(scope="module")
def accelerator(image: Path, tmp_path_factory: pytest.TempPathFactory) -> str:
    return _accelerator(image, tmp_path_factory.mktemp("trial"))


@pytest.fixture(scope="module")
def key(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A private key file; the public one lies beside it."""
    path = tmp_path_factory.mktemp("key") / "id"
    run(["ssh-keygen", "-q", "-t", "ecdsa", "-N", "", "-C", 'a "comment", {odd}', "-f", path])
    return path


def _meta_data(key: Path, name: str, uuid: str) -> bytes:
    public = key.with_suffix(".pub").read_text()
    return json.dumps(
        {
            "uuid": uuid,
            "hostname": f"{name}.novalocal",
            "name": f"wrong-{name}",
            "public_keys": {"my key": public},
            "keys": [{"name": "my key", "type": "ssh", "data": public}],
            "meta": {"hostname": "wrong too", "uuid": "wrong"},
        }
    ).encode()


def _config_drive(folder: Path, documents: dict[str, bytes]) -> Path:
    tree = folder / "drive" / "openstack" / "latest"
    tree.mkdir(parents=True)
    for name, content in documents.items():
        (tree / name).write_bytes(content)
    iso = folder / "config.iso"
    run(["genisoimage", "-quiet", "-J", "-r", "-V", "config-2", "-o", iso, folder / "drive"])
    return iso


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def _running(
    image: Path, folder: Path, key: Path, accelerator: str, *arguments: str, machine: str = "pc",
    memory: int = 128, network: str = "", root: str = "virtio-blk-pci",
) -> Iterator[Guest]:  # fmt: skip
    """Boot a copy of the image on a disk of 1 GiB and stop it afterwards."""
    overlay = folder / "disk.qcow2"
    if not overlay.exists():
        run(["qemu-img", "create", "-q", "-f", "qcow2", "-F", "qcow2", "-b", image, overlay, "1G"])
    port = _free_port()
    command = [QEMU, "-nodefaults", "-machine", f"{machine},accel={accelerator}", "-m", str(memory)]
    command += ["-display", "none", "-serial", f"file:{folder / 'console'}"]
    command += ["-qmp", f"unix:{folder / 'qmp'},server=on,wait=off"]
    command += [
        "-device",
        "virtio-scsi-pci,id=scsi",
        "-drive",
        f"file={overlay},format=qcow2,if=none,id=root",
    ]
    command += ["-device", f"{root},drive=root,bootindex=1"]
    command += ["-netdev", f"user,id=net0,hostfwd=tcp:127.0.0.1:{port}-:22{network}"]
    command += ["-device", "virtio-net-pci,netdev=net0", *arguments]
    started = time.monotonic()
    process = subprocess.Popen(command)
    try:
        yield Guest(process=process, folder=folder, port=port, key=key, started=started)
    finally:
        process.kill()
        process.wait()


RELAY = """
import os, socket, threading
line = socket.create_connection(("127.0.0.1", {port}))
def answers():
    while data := line.recv(65536):
        os.write(1, data)
    os._exit(0)
threading.Thread(target=answers).start()
while data := os.read(0, 65536):
    line.sendall(data)
"""
"""QEMU starts this once for each connection from the guest; it passes bytes on to the server of the test."""

PROGRAM = b'#!/bin/sh\necho "program ran on $(hostname)" >> /var/ran\n'


@pytest.mark.slow
@needs_tools
def test_config_drive_guest(image: Path, accelerator: str, key: Path, tmp_path: Path) -> None:
    documents = {"meta_data.json": _meta_data(key, "tiny-one", "id-1"), "user_data": PROGRAM}
    iso = _config_drive(tmp_path, documents)
    drive = ("-drive", f"file={iso},format=raw,if=ide,media=cdrom,readonly=on")
    with _running(image, tmp_path, key, accelerator, *drive) as guest:
        seconds = guest.wait_for_ssh()
        sys.stderr.write(f"\nboot to SSH login under {accelerator}: {seconds:.1f} s\n")
        console = guest.wait_for_line("pileus-guest: ready")
        assert "BEGIN SSH HOST KEY KEYS" in console
        guest.wait_for_line("tiny-one login:")
        assert guest.ssh("hostname") == "tiny-one"
        assert guest.ssh("sudo cat /var/ran") == "program ran on tiny-one"
        assert guest.ssh("blkid -L config-2 -o device") == "/dev/sr0"
        assert "disk" in guest.ssh("lsblk -lb --nodeps")
        assert "1 packets received" in guest.ssh("ping -c1 -w5 -s56 10.0.2.2")
        assert guest.ssh("sudo FOO=a\\ b sh -c 'echo $FOO $HOME $(id -u)'") == "a b /root 0"
        assert guest.ssh("sudo -i id -un") == "root"
        assert guest.ssh("curl -V").startswith("curl")
        _check_nc(guest)
        _check_hot_plug(guest, tmp_path)
        guest.ssh("echo kept > /tmp/kept; sync")
        pressed = time.monotonic()
        guest.monitor({"execute": "system_powerdown"})
        assert guest.process.wait(timeout=60) == 0
        assert time.monotonic() - pressed < 30
    # The same instance again: its disk is kept, its program is not run twice.
    with _running(image, tmp_path, key, accelerator, *drive) as guest:
        guest.wait_for_ssh()
        guest.wait_for_line("user data was run before")
        assert guest.ssh("cat /tmp/kept; sudo cat /var/ran") == "kept\nprogram ran on tiny-one"


def _check_nc(guest: Guest) -> None:
    for option in ("", "-u"):
        guest.ssh(f"sudo nc {option} -p 80 -lk -e echo foolish >/dev/null 2>&1 & sleep 1")
        for _ in range(2):
            assert guest.ssh(f"echo bar | nc -w 1 {option} 127.0.0.1 80") == "foolish"


def _check_hot_plug(guest: Guest, folder: Path) -> None:
    volume = folder / "volume.raw"
    with volume.open("wb") as out:
        out.truncate(64 * disk.MIB)
    block = {"driver": "raw", "node-name": "volume", "file": {"driver": "file", "filename": str(volume)}}
    nic = {"driver": "virtio-net-pci", "netdev": "net1", "id": "nic1"}
    guest.monitor(
        {"execute": "blockdev-add", "arguments": block},
        {
            "execute": "device_add",
            "arguments": {"driver": "virtio-blk-pci", "drive": "volume", "serial": "abc"},
        },
        {"execute": "netdev_add", "arguments": {"type": "user", "id": "net1", "net": "10.7.7.0/24"}},
        {"execute": "device_add", "arguments": nic},
    )
    guest.ssh("until [ -b /dev/vdb ]; do sleep 0.2; done; sudo mkfs -t ext4 /dev/vdb >/dev/null 2>&1")
    guest.ssh("sudo mount /dev/vdb /mnt; sudo sh -c 'date > /mnt/timestamp; sync'; sudo umount /mnt")
    guest.ssh("sudo mkfs -t vfat /dev/vdb >/dev/null; sudo mount /dev/vdb /mnt; sudo umount /mnt")
    assert guest.ssh("cat /sys/block/vdb/serial") == "abc"
    guest.ssh("until ip -4 -o addr show eth1 | grep -q 10.7.7.; do sleep 0.2; done")
    assert guest.ssh("ip route | grep ^default | head -1").startswith("default via 10.0.2.2 dev eth0")
    guest.monitor({"execute": "device_del", "arguments": {"id": "nic1"}})
    guest.ssh("while [ -e /sys/class/net/eth1 ] || [ -e /run/card.eth1 ]; do sleep 0.2; done")


@pytest.mark.slow
@needs_tools
@pytest.mark.parametrize("flavour", ["openstack", "ec2"])
def test_metadata_service_guest(image: Path, accelerator: str, key: Path, tmp_path: Path, flavour: str) -> None:
    """On q35, from a SCSI disk, with 96 MiB of memory, told by the metadata service who it is."""
    documents = {
        "/openstack/latest/meta_data.json": _meta_data(key, "tiny-net", "id-2"),
        "/openstack/latest/user_data": PROGRAM,
    }
    if flavour == "ec2":
        documents = {
            "/latest/meta-data/instance-id": b"i-00000002",
            "/latest/meta-data/hostname": b"tiny-net.novalocal",
            "/latest/meta-data/public-keys/": b"0=my key",
            "/latest/meta-data/public-keys/0/openssh-key": key.with_suffix(".pub").read_bytes(),
            "/latest/user-data": PROGRAM,
        }
    with _metadata_service(documents) as port:
        relay = tmp_path / "relay.py"
        relay.write_text(RELAY.format(port=port))
        forward = f",guestfwd=tcp:169.254.169.254:80-cmd:{sys.executable} {relay}"
        network = f",net=169.254.169.0/24,host=169.254.169.2,dns=169.254.169.3{forward}"
        with _running(
            image, tmp_path, key, accelerator, machine="q35", memory=96, network=network, root="scsi-hd"
        ) as guest:
            guest.wait_for_ssh()
            guest.wait_for_line("pileus-guest: ready")
            assert guest.ssh("hostname") == "tiny-net"
            assert guest.ssh("sudo cat /var/ran") == "program ran on tiny-net"


@contextmanager
def _metadata_service(documents: dict[str, bytes]) -> Iterator[int]:
    """Serve documents over HTTP on a port of the loopback address; anything else is 404."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            found = documents.get(self.path)
            self.send_response(200 if found is not None else 404)
            self.send_header("Content-Length", str(len(found or b"")))
            self.end_headers()
            self.wfile.write(found or b"")

        def log_message(self, format: str, *args: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield server.server_port
    finally:
        server.shutdown()
        server.server_close()


@pytest.mark.slow
@needs_tools
def test_building_again_changes_nothing(tmp_path_factory: pytest.TempPathFactory, image: Path) -> None:
    before = image.stat().st_mtime_ns
    built = tiny.build(image.parent, _cache(tmp_path_factory), print)
    assert not built.fresh
    assert image.stat().st_mtime_ns == before
    assert not list(image.parent.glob(".build-*"))
