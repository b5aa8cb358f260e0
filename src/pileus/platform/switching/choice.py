"""Decides which Open vSwitch a cloud uses: an own one, or the one that the machine already runs.

The decision and its reasons are in docs/decisions/0010-private-daemons.md.
"""

import asyncio
from pathlib import Path

from pileus.platform.commands import attempt
from pileus.platform.daemons.liveness import answers
from pileus.platform.daemons.table import Switch
from pileus.platform.layout import Layout
from pileus.platform.plan import Plan
from pileus.platform.record import Record

SYSTEM_RUN = Path("/var/run/openvswitch")
"""OVS_RUNDIR of a system-wide Open vSwitch, as Debian compiles it."""
_SYSTEM_OVN_RUN = Path("/var/run/ovn")


class NoSwitch(Exception):
    """The Open vSwitch that was asked for cannot be used; the message says why."""


async def choose(plan: Plan, layout: Layout, record: Record) -> Switch:
    """The switch to use.  A cloud that already runs keeps the one it has.

    Raises:
        NoSwitch: the plan asks for the machine's own, and it does not run or serves another cloud.
    """
    kernel = await kernel_datapath()
    if noted := record.entries("switch"):
        if noted[0].name == "private":
            return _private(layout, noted[0].detail == "system", "this cloud already uses it")
        return await _system(kernel=kernel, why="this cloud already uses it")
    if plan.switch == "private":
        return _private(layout, kernel and not await _answers_here(), "it was asked for")
    runs = await _answers_here()
    other = await _other_cloud(layout) if runs else ""
    if runs and not other:
        return await _system(kernel=kernel, why="one runs on this machine")
    if plan.switch == "system":
        raise NoSwitch(other or f"no Open vSwitch answers on {SYSTEM_RUN / 'db.sock'} in this network namespace")
    # The kernel's datapath has one owner per network namespace.
    return _private(layout, kernel and not runs, other or "none runs on this machine")


async def kernel_datapath() -> bool:
    """Whether the kernel has the openvswitch datapath; loads the module if there is one."""
    module = Path("/sys/module/openvswitch")
    if not await asyncio.to_thread(module.exists):
        await attempt("modprobe", "-q", "openvswitch")
    return await asyncio.to_thread(module.exists)


def _private(layout: Layout, kernel: bool, why: str) -> Switch:
    return Switch(layout.vswitch_run, True, "system" if kernel else "netdev", False, why)


async def _system(*, kernel: bool, why: str) -> Switch:
    return Switch(SYSTEM_RUN, False, "system" if kernel else "netdev", await _controller_answers(), why)


async def _answers_here() -> bool:
    """Whether a system-wide Open vSwitch answers and forwards in this network namespace.

    A socket can be seen from a namespace whose links that daemon does not see.
    """
    if not await answers("ovsdb", SYSTEM_RUN / "db.sock"):
        return False
    return await asyncio.to_thread(_forwards_here)


def _forwards_here() -> bool:
    try:
        pid = int((SYSTEM_RUN / "ovs-vswitchd.pid").read_text())
        return Path(f"/proc/{pid}/ns/net").stat().st_ino == Path("/proc/self/ns/net").stat().st_ino
    except (OSError, ValueError):
        return False


async def _other_cloud(layout: Layout) -> str:
    """Who else uses the machine's Open vSwitch, for people; empty if nobody does."""
    outcome = await attempt(
        "ovs-vsctl", f"--db=unix:{SYSTEM_RUN / 'db.sock'}", "--timeout=5", "--if-exists",
        "get", "Open_vSwitch", ".", "external_ids:ovn-remote",
    )  # fmt: skip
    remote = outcome.output.strip().strip('"')
    if not outcome.ok or remote in ("", "[]", f"unix:{layout.southbound_socket}"):
        return ""
    return f"the machine's Open vSwitch already serves the OVN at {remote}"


async def _controller_answers() -> bool:
    try:
        pid = (_SYSTEM_OVN_RUN / "ovn-controller.pid").read_text().strip()
    except OSError:
        return False
    return await answers("control", _SYSTEM_OVN_RUN / f"ovn-controller.{pid}.ctl")
