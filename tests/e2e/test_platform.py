"""The machine below a cloud, with the real daemons.

Every test here runs in network, mount and pid namespaces of its own (the outer test starts pytest again inside), so
that it neither sees nor disturbs what else this machine runs, and so that a stray process cannot hide.
"""

import asyncio
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from pileus.platform.commands import attempt
from pileus.platform.daemons.events import DaemonEvent
from pileus.platform.inspection.facts import PROGRAMS
from pileus.platform.lock import InUse
from pileus.platform.machine import Machine
from pileus.platform.plan import Plan
from pileus.platform.record import Entry
from pileus.platform.switching.uplink import AddressTaken

INSIDE = "PILEUS_TEST_INSIDE"

_missing = [name for name in PROGRAMS if shutil.which(name, path=os.environ["PATH"] + ":/usr/sbin:/sbin") is None]
pytestmark = [
    pytest.mark.root,
    pytest.mark.slow,
    pytest.mark.skipif(os.geteuid() != 0 or bool(_missing), reason=f"needs root and {' '.join(_missing) or 'nothing'}"),
]
inside = pytest.mark.skipif(INSIDE not in os.environ, reason="runs within test_in_own_namespaces")

GUEST = """
<domain type='qemu'>
  <name>probe</name><memory unit='MiB'>32</memory><vcpu>1</vcpu>
  <os><type arch='x86_64' machine='pc'>hvm</type></os>
  <devices>
    <emulator>/usr/bin/qemu-system-x86_64</emulator>
    <interface type='bridge'>
      <source bridge='br-int'/>
      <virtualport type='openvswitch'><parameters interfaceid='9ec49b24-5b1c-4f5c-a8fb-0a9bd0d6a001'/></virtualport>
      <target dev='tap9ec49b24-5b'/><model type='virtio'/>
    </interface>
  </devices>
</domain>
"""


ROUTED = [
    "ls-add", "public", "--", "lsp-add", "public", "ln", "--", "lsp-set-type", "ln", "localnet",
    "--", "lsp-set-addresses", "ln", "unknown", "--", "lsp-set-options", "ln", "network_name=public",
    "--", "lr-add", "r", "--", "lrp-add", "r", "r-public", "0a:00:00:00:00:01", "172.24.4.10/24",
    "--", "lrp-set-gateway-chassis", "r-public", "host1", "--", "lsp-add", "public", "public-r",
    "--", "lsp-set-type", "public-r", "router", "--", "lsp-set-addresses", "public-r", "router",
    "--", "lsp-set-options", "public-r", "router-port=r-public",
    "--", "lr-route-add", "r", "0.0.0.0/0", "172.24.4.1",
    "--", "ls-add", "inner", "--", "lrp-add", "r", "r-inner", "0a:00:00:00:00:02", "10.0.0.1/24",
    "--", "lsp-add", "inner", "inner-r", "--", "lsp-set-type", "inner-r", "router",
    "--", "lsp-set-addresses", "inner-r", "router", "--", "lsp-set-options", "inner-r", "router-port=r-inner",
    "--", "lsp-add", "inner", "p", "--", "lsp-set-addresses", "p", "0a:00:00:00:00:03 10.0.0.3",
    "--", "lr-nat-add", "r", "snat", "172.24.4.10", "10.0.0.0/24"
]  # fmt: skip
"""Rows of a router with SNAT between an inner network and the public one."""


@pytest.mark.skipif(INSIDE in os.environ, reason="already inside")
def test_in_own_namespaces(tmp_path: Path) -> None:
    # The shell stays: it is pid 1 in there and collects orphans, which pytest would not.
    setup = (
        "mount -t tmpfs -o mode=755 tmpfs /run && mount -t sysfs sysfs /sys && ip link set lo up "
        '&& echo 0 > /proc/sys/net/ipv4/ip_forward && "$@"; exit $?'
    )
    done = subprocess.run(
        ["unshare", "--net", "--mount", "--pid", "--fork", "--kill-child", "--mount-proc", "sh", "-c", setup, "sh",
         sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "-x", "--basetemp", str(tmp_path / "in"), __file__],
        env={**os.environ, INSIDE: "1"}, capture_output=True, text=True, timeout=300, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout[-8000:] + done.stderr[-2000:]
    assert " passed" in done.stdout


def out(*command: str) -> str:
    return subprocess.run(command, capture_output=True, text=True, check=True, timeout=30).stdout


def processes() -> dict[int, str]:
    listed = out("ps", "-eo", "pid=,stat=,args=").splitlines()
    rows = [line.split(None, 2) for line in listed]
    return {int(pid): args for pid, state, args in rows if not state.startswith("Z") and not args.startswith("ps ")}


def link_names() -> set[str]:
    return {link["ifname"] for link in json.loads(out("ip", "-json", "link"))}


def forwarding() -> str:
    return Path("/proc/sys/net/ipv4/ip_forward").read_text().strip()


async def until(what, seconds: float = 10.0) -> None:
    deadline = time.monotonic() + seconds
    while not await what():
        assert time.monotonic() < deadline, "did not become true"
        await asyncio.sleep(0.05)


@pytest.fixture
def untouched() -> Iterator[None]:
    """Whatever the test does, the machine must be after it as it was before."""
    before = link_names(), forwarding(), out("nft", "list", "ruleset")
    running, mounted = set(processes().values()), mounts()
    yield
    assert set(processes().values()) <= running
    assert mounts() <= mounted  # one that hangs on another's network namespace goes when that is deleted
    assert (link_names(), forwarding(), out("nft", "list", "ruleset")) == before


def mounts() -> set[str]:
    return set(Path("/proc/self/mounts").read_text().splitlines())


@pytest.fixture
async def machine(untouched: None, tmp_path: Path) -> AsyncIterator[Machine]:
    machine = Machine(Plan(state=tmp_path, chassis="host1"))
    yield machine
    left = await machine.down()
    assert left == []


@inside
async def test_up_makes_a_chassis_and_down_leaves_nothing(machine: Machine) -> None:
    connections = await machine.up()
    chassis = out("ovn-sbctl", f"--db={connections.southbound}", "--bare", "--columns=name", "list", "Chassis")
    assert chassis.split() == ["host1"]
    assert {"br-int", "br-ex"} <= link_names()
    address = json.loads(out("ip", "-json", "-4", "address", "show", "br-ex"))[0]["addr_info"][0]
    assert (address["local"], address["prefixlen"]) == ("172.24.4.1", 24)
    assert "masquerade" in out("nft", "list", "table", "ip", "pileus")
    assert forwarding() == "1"
    assert out("virsh", "-c", connections.hypervisor, "list", "--name").strip() == ""
    kinds = {each.kind for each in await machine.leftovers()}
    assert kinds >= {"process", "link", "nft-table", "socket"}

    assert await machine.down() == []
    rows = out("ovsdb-tool", "query", str(machine.layout.southbound_database),
               '["OVN_Southbound",{"op":"select","table":"Chassis","where":[]}]')  # fmt: skip
    assert json.loads(rows) == [{"rows": []}]


@inside
async def test_up_and_down_can_be_repeated(machine: Machine) -> None:
    for _ in range(2):
        await machine.up()
        pids = [each.pid for each in (await machine.status()).daemons]
        await machine.release()
        await machine.up()
        assert [each.pid for each in (await machine.status()).daemons] == pids
        assert await machine.down() == []
        assert await machine.down() == []


@inside
async def test_a_killed_daemon_comes_back_and_is_reported(machine: Machine) -> None:
    await machine.up()
    seen: list[DaemonEvent] = []

    async def listen() -> None:
        async for event in machine.events():
            seen.append(event)

    listener = asyncio.create_task(listen())
    await asyncio.sleep(0)
    for daemon in (await machine.status()).daemons:
        os.kill(daemon.pid or 0, signal.SIGKILL)

        async def is_back(name: str = daemon.daemon, old: int | None = daemon.pid) -> bool:
            now = next(each for each in (await machine.status()).daemons if each.daemon == name)
            return now.state == "running" and now.pid != old

        await until(is_back, 5.0)
        events = [(each.state, each.reason) for each in seen if each.daemon == daemon.daemon]
        assert events[0] == ("failed", "killed by SIGKILL")
        assert seen[-1].state == "running"
        assert seen[-1].restarted
    assert all(each.restarts == 1 for each in (await machine.status()).daemons)
    address = json.loads(out("ip", "-json", "-4", "address", "show", "br-ex"))[0]["addr_info"]
    assert [each["local"] for each in address] == ["172.24.4.1"]
    listener.cancel()


@inside
async def test_a_guest_outlives_daemons_and_pileus_and_ends_with_the_cloud(machine: Machine, tmp_path: Path) -> None:
    connections = await machine.up()
    (tmp_path / "guest.xml").write_text(GUEST)
    out("virsh", "-c", connections.hypervisor, "create", str(tmp_path / "guest.xml"))
    [guest] = [pid for pid, args in processes().items() if "guest=probe" in args]
    status = await machine.status()
    assert status.guests == ("probe",)
    for daemon in status.daemons:
        if daemon.daemon in ("libvirtd", "ovs-vswitchd", "ovn-controller"):
            os.kill(daemon.pid or 0, signal.SIGKILL)

    async def all_back() -> bool:
        return all(each.state == "running" for each in (await machine.status()).daemons)

    await asyncio.sleep(0.2)
    await until(all_back)
    await machine.release()

    second = Machine(machine.plan)
    await second.up()
    assert processes().get(guest, "").find("guest=probe") > 0
    assert out("virsh", "-c", connections.hypervisor, "list", "--name").split() == ["probe"]
    ports = out("ovs-vsctl", f"--db={connections.vswitch}", "list-ports", "br-int").split()
    assert "tap9ec49b24-5b" in ports
    assert await second.down() == []
    assert guest not in processes()


@inside
@pytest.mark.parametrize("lost_record", [False, True])
def test_down_cleans_up_after_a_killed_pileus(untouched: None, tmp_path: Path, lost_record: bool) -> None:
    program = (
        "import asyncio, sys, pathlib, uvloop\n"
        "from pileus.platform.machine import Machine\n"
        "from pileus.platform.plan import Plan\n"
        "async def main():\n"
        "    machine = Machine(Plan(state=pathlib.Path(sys.argv[1]), chassis='host1'))\n"
        "    await machine.up()\n"
        "    print('up', flush=True)\n"
        "    await asyncio.sleep(60)\n"
        "uvloop.run(main())\n"
    )
    with subprocess.Popen([sys.executable, "-c", program, str(tmp_path)], stdout=subprocess.PIPE, text=True) as pileus:
        assert pileus.stdout is not None
        while "up\n" not in (line := pileus.stdout.readline()):
            assert line, "it ended before it was up"
        before = set(processes())
        pileus.kill()
    assert set(processes()) >= before - {pileus.pid}, "daemons must outlive Pileus"
    if lost_record:
        (tmp_path / "machine.json").unlink()
        Path("/proc/sys/net/ipv4/ip_forward").write_text("0")  # the one thing that only the record can tell
    assert asyncio.run(Machine(Plan(state=tmp_path, chassis="host1")).down()) == []
    if lost_record:
        shutil.rmtree("/run/libvirt", ignore_errors=True)


@inside
async def test_the_machines_own_switch_is_used_and_left_running(machine: Machine, tmp_path: Path) -> None:
    run = Path("/var/run/openvswitch")
    await asyncio.to_thread(run.mkdir)
    out("ovsdb-tool", "create", str(tmp_path / "conf.db"), "/usr/share/openvswitch/vswitch.ovsschema")
    quiet = ["--no-chdir", "--detach", "-vsyslog:off", "-vconsole:off"]
    out("ovsdb-server", *quiet, f"--pidfile={run}/ovsdb-server.pid", f"--remote=punix:{run}/db.sock",
        f"--unixctl={run}/ovsdb.ctl", str(tmp_path / "conf.db"))  # fmt: skip
    out("ovs-vsctl", "--no-wait", "init", "--", "set", "Open_vSwitch", ".", "external_ids:system-id=before")
    out("ovs-vswitchd", *quiet, f"--pidfile={run}/ovs-vswitchd.pid")
    try:
        out("ovs-vsctl", "add-br", "br-theirs", "--", "set", "Bridge", "br-theirs", "datapath_type=netdev")
        connections = await machine.up()
        assert connections.vswitch_run == run
        names = [each.daemon for each in (await machine.status()).daemons]
        assert "ovs-vswitchd" not in names
        assert "ovn-controller" in names
        assert "host1" in out("ovn-sbctl", f"--db={connections.southbound}", "list", "Chassis")
        assert await machine.down() == []
        assert out("ovs-vsctl", "list-br").split() == ["br-theirs"]
        assert out("ovs-vsctl", "get", "Open_vSwitch", ".", "external_ids").strip() == "{system-id=before}"
    finally:
        out("ovs-vsctl", "--if-exists", "del-br", "br-theirs")
        out("ovs-appctl", "-t", "ovs-vswitchd", "exit", "--cleanup")
        out("ovs-appctl", "-t", f"{run}/ovsdb.ctl", "exit")


@inside
async def test_two_processes_cannot_look_after_one_machine(machine: Machine) -> None:
    await machine.up()
    second = Machine(machine.plan)
    with pytest.raises(InUse):
        await second.up()
    with pytest.raises(InUse):
        await second.down()
    assert {each.state for each in (await machine.status()).daemons} == {"running"}


@inside
async def test_a_logical_network_reaches_the_outside(machine: Machine) -> None:
    """From a port behind an OVN router with SNAT, over br-ex and this machine's NAT, to a host beyond its uplink."""
    beyond = await asyncio.to_thread(subprocess.Popen, ["unshare", "--net", "sleep", "120"])
    theirs, ours = Path(f"/proc/{beyond.pid}/ns/net"), Path("/proc/self/ns/net")

    async def is_apart() -> bool:
        return await asyncio.to_thread(lambda: theirs.readlink() != ours.readlink())

    await until(is_apart)
    there = ["nsenter", f"--net={theirs}"]
    out("ip", "link", "add", "uplink0", "type", "veth", "peer", "name", "far", "netns", str(beyond.pid))
    out("ip", "address", "add", "198.51.100.2/24", "dev", "uplink0")
    out("ip", "link", "set", "uplink0", "up")
    out("ip", "route", "add", "default", "via", "198.51.100.1")
    out(*there, "ip", "address", "add", "198.51.100.1/24", "dev", "far")
    out(*there, "ip", "link", "set", "far", "up")
    try:
        connections = await machine.up()

        out("ovn-nbctl", f"--db={connections.northbound}", "--wait=hv", *ROUTED)
        await machine.record.note(Entry(kind="netns", name="pileus-test"))
        out("ip", "netns", "add", "pileus-test")
        out("ovs-vsctl", f"--db={connections.vswitch}", "add-port", "br-int", "p0", "--", "set", "Interface", "p0",
            "type=internal", "external_ids:iface-id=p", 'mac="0a:00:00:00:00:03"')  # fmt: skip
        out("ip", "link", "set", "p0", "netns", "pileus-test")
        out("ip", "-n", "pileus-test", "address", "add", "10.0.0.3/24", "dev", "p0")
        out("ip", "-n", "pileus-test", "link", "set", "p0", "up")
        out("ip", "-n", "pileus-test", "route", "add", "default", "via", "10.0.0.1")

        async def reaches(*where: str) -> bool:
            ping = ["ping", "-c", "1", "-W", "1"]
            return (await attempt(*where[:-1], *ping, where[-1])).ok

        await until(lambda: reaches("172.24.4.10"), 20.0)
        await until(lambda: reaches("ip", "netns", "exec", "pileus-test", "198.51.100.1"), 20.0)
        # The switch comes back with the address and the flows, and the same way out works.
        [vswitchd] = [each for each in (await machine.status()).daemons if each.daemon == "ovs-vswitchd"]
        os.kill(vswitchd.pid or 0, signal.SIGKILL)
        await asyncio.sleep(0.5)
        await until(lambda: reaches("172.24.4.10"), 20.0)
        assert await machine.down() == []
        assert "pileus-test" not in out("ip", "netns", "list")
    finally:
        beyond.kill()
        beyond.wait()

        async def is_gone() -> bool:
            return "uplink0" not in link_names()

        await until(is_gone)


@inside
async def test_an_external_network_in_use_is_refused(machine: Machine) -> None:
    out("ip", "link", "add", "theirs", "type", "veth", "peer", "name", "peer")
    out("ip", "address", "add", "172.24.4.77/24", "dev", "theirs")
    out("ip", "link", "set", "peer", "up")
    out("ip", "link", "set", "theirs", "up")
    try:
        with pytest.raises(AddressTaken, match="theirs"):
            await machine.up()
        assert "br-ex" not in link_names()
    finally:
        out("ip", "link", "delete", "theirs")
