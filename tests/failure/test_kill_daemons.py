"""What a cloud stands on is killed under it: noticed, shown, repaired; servers can be made, and running ones reached."""

from __future__ import annotations

import time
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import pytest
from tests.e2e.cloud import RealCloud
from tests.e2e.room import until

pytestmark = [pytest.mark.root, pytest.mark.slow]

DAEMONS = ("ovsdb-server", "ovs-vswitchd", "ovn-nb", "ovn-sb", "ovn-northd", "ovn-controller", "libvirtd")
BACK = 30.0
"""Seconds that a killed daemon gets to be back."""


@pytest.fixture(scope="module")
def guest(cloud: RealCloud) -> Iterator[Any]:
    """A server that can be reached."""
    server = cloud.create("one")
    cloud.until_status(server, "ACTIVE")
    address = cloud.float(server)
    cloud.until_ssh(server, address)
    yield SimpleNamespace(id=server, address=address)
    cloud.delete(server)


def works(cloud: RealCloud, guest: Any) -> None:
    """The running guest is reached, and a new one can be made and deleted."""
    assert cloud.pings(guest.address)
    assert cloud.ssh(guest.address, "hostname") == "one"
    made = cloud.create("another")
    cloud.until_status(made, "ACTIVE", 60)
    cloud.delete(made)
    until(lambda: cloud.audit() == [], "the audit", 20, 1)


def kill(cloud: RealCloud, *names: str) -> float:
    """Kill daemons at once; seconds until all of them are back, as `pileus status` shows."""
    before = {name: cloud.daemon(name) for name in names}
    began = time.monotonic()
    for each in before.values():
        cloud.room.kill(int(each["pid"]))

    def back() -> bool:
        now = {name: cloud.daemon(name) for name in names}
        return all(
            now[name]["state"] == "running"
            and now[name]["pid"] != before[name]["pid"]
            and int(now[name]["restarts"]) > int(before[name]["restarts"])
            for name in names
        )

    until(back, " and ".join(names), BACK)
    return time.monotonic() - began


@pytest.mark.parametrize("name", DAEMONS)
def test_a_daemon(cloud: RealCloud, guest: Any, name: str) -> None:
    process = cloud.domain(guest.id)
    seconds = kill(cloud, name)
    print(f"{name} seen back after {seconds:.1f} s")
    works(cloud, guest)
    assert cloud.domain(guest.id) == process
    assert cloud.show(guest.id)["status"] == "ACTIVE"


def test_all_daemons_at_once(cloud: RealCloud, guest: Any) -> None:
    process = cloud.domain(guest.id)
    kill(cloud, *DAEMONS)
    works(cloud, guest)
    assert cloud.domain(guest.id) == process


def test_a_daemon_that_hangs_while_a_server_is_made(cloud: RealCloud, guest: Any) -> None:
    """libvirtd stops for some seconds in the middle of a creation, then dies."""
    pid = int(cloud.daemon("libvirtd")["pid"])
    cloud.room.kill(pid, 19)
    made = cloud.create("waiting")
    time.sleep(3)
    cloud.room.kill(pid)
    server = until(lambda: (s := cloud.show(made))["status"] != "BUILD" and s, "an end of the creation", 120)
    assert server["status"] == "ACTIVE" or server["fault"]["message"]
    cloud.delete(made)
    works(cloud, guest)


def test_a_guests_process(cloud: RealCloud, guest: Any) -> None:
    found = cloud.domain(guest.id)
    assert found is not None
    began = time.monotonic()
    cloud.room.kill(found[0])
    shown = cloud.until_status(guest.id, "SHUTOFF", 30)
    seconds = time.monotonic() - began
    print(f"a killed guest was SHUTOFF after {seconds:.1f} s")
    assert seconds < 15
    assert shown["OS-EXT-STS:power_state"] in (4, 6)
    stop, *_before = cloud.demo.call("GET", "compute", f"/servers/{guest.id}/os-instance-actions")["instanceActions"]
    assert (stop["action"], stop["user_id"]) == ("stop", None)
    path = f"/servers/{guest.id}/os-instance-actions/{stop['request_id']}"
    [event] = cloud.admin.call("GET", "compute", path, version="compute 2.84")["instanceAction"]["events"]
    assert event["details"] == "the guest's process died"
    until(lambda: cloud.audit() == [], "the audit", 20, 1)
    cloud.act(guest.id, "os-start")
    cloud.until_status(guest.id, "ACTIVE")
    cloud.until_ssh(guest.id, guest.address)


def test_a_guests_process_while_libvirtd_is_away(cloud: RealCloud, guest: Any) -> None:
    found = cloud.domain(guest.id)
    assert found is not None
    daemon = int(cloud.daemon("libvirtd")["pid"])
    cloud.room.run("kill", "-9", str(daemon), str(found[0]))
    cloud.until_status(guest.id, "SHUTOFF", 60)
    until(lambda: cloud.audit() == [], "the audit", 20, 1)
    assert f"tap{cloud.port(guest.id)['id'][:11]}" not in cloud.vsctl("list-ports", "br-int")
    cloud.act(guest.id, "os-start")
    cloud.until_status(guest.id, "ACTIVE")
    cloud.until_ssh(guest.id, guest.address)


def test_a_guest_that_shuts_itself_down(cloud: RealCloud, guest: Any) -> None:
    cloud.try_ssh(guest.address, "sudo poweroff")
    cloud.until_status(guest.id, "SHUTOFF", 60)
    stop, *_before = cloud.demo.call("GET", "compute", f"/servers/{guest.id}/os-instance-actions")["instanceActions"]
    path = f"/servers/{guest.id}/os-instance-actions/{stop['request_id']}"
    [event] = cloud.admin.call("GET", "compute", path, version="compute 2.84")["instanceAction"]["events"]
    assert event["details"] == "the guest shut itself down"
