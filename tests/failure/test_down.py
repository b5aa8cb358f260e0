"""`pileus down` leaves nothing, however Pileus ended; `pileus up` brings back what there was, and `clean` removes it."""

from __future__ import annotations

from typing import Any

import pytest
from tests.e2e.cloud import RealCloud
from tests.e2e.room import until

pytestmark = [pytest.mark.root, pytest.mark.slow]


@pytest.fixture
def own() -> Any:
    """A cloud for one test, not yet up."""
    made = RealCloud()
    try:
        yield made
    finally:
        made.close()


def nothing_is_left(cloud: RealCloud, before: dict[str, set[str]]) -> None:
    """What was not there before `up` is not there now; what Pileus itself finds is checked by `doctor`."""
    after = cloud.room.traces()
    left = {kind: after[kind] - before[kind] for kind in before}
    assert left == {kind: set() for kind in before}
    assert not (before["links"] - after["links"] | before["routes"] - after["routes"])
    assert "left over" not in cloud.pileus("doctor").stdout
    run = cloud.state / "run"
    assert [path for path in run.rglob("*") if path.is_socket()] == []


def test_down_and_up_again(own: RealCloud) -> None:
    before = own.room.traces()
    own.up()
    own.furnish()
    server = own.create("one")
    own.until_status(server, "ACTIVE")
    address = own.float(server)
    own.until_ssh(server, address)
    own.ssh(address, "echo kept > kept; sync")
    gone = own.create("two")
    own.until_status(gone, "ACTIVE")
    port = own.port(gone)
    own.delete(gone)
    assert own.remains(gone, port) == []

    own.down()
    nothing_is_left(own, before)
    own.down()
    nothing_is_left(own, before)

    seconds = own.up()
    print(f"up again, everything cold: {seconds:.1f} s")
    shown = own.until_status(server, "SHUTOFF", 60)
    assert own.audit() == []
    assert own.show(gone) is None
    own.act(server, "os-start")
    own.until_status(server, "ACTIVE")
    own.until_ssh(server, address)
    assert own.ssh(address, "cat kept") == "kept"
    assert shown["id"] == server
    assert own.audit() == []

    own.kill()
    own.down()
    nothing_is_left(own, before)
    own.up()
    own.until_status(server, "SHUTOFF", 60)
    own.delete(server)
    assert own.audit() == []

    own.kill()
    done = own.pileus("clean", "--yes")
    assert done.returncode == 0, done.stdout + done.stderr
    assert not own.state.exists()
    own.state.mkdir()
    nothing_is_left(own, before)


@pytest.mark.parametrize("seconds", [0.0, 0.3, 0.8, 2.0])
def test_down_after_a_start_that_was_killed(own: RealCloud, seconds: float) -> None:
    before = own.room.traces()
    own.up_and_kill(seconds)
    own.down()
    nothing_is_left(own, before)
    own.up_and_kill(seconds)
    own.up()
    assert own.audit() == []
    own.down()
    nothing_is_left(own, before)


def ended(cloud: RealCloud, server: str) -> Any:
    """The server, unless something is being done to it."""
    shown = cloud.show(server)
    return None if shown["status"] == "BUILD" or shown["OS-EXT-STS:task_state"] else shown


def test_down_while_servers_are_being_made(own: RealCloud) -> None:
    before = own.room.traces()
    own.up()
    own.furnish()
    servers = [own.create(f"s{number}") for number in range(3)]
    own.down()
    nothing_is_left(own, before)
    own.up()
    for server in servers:  # what was accepted is finished now, unless it had been before
        shown = until(lambda server=server: ended(own, server), "an end of the creation", 90)
        assert shown["status"] in {"ACTIVE", "SHUTOFF"}, shown.get("fault")
    until(lambda: own.audit() == [], "the audit", 20, 1)
    for server in servers:
        own.delete(server)
    assert own.audit() == []
    own.down()
    nothing_is_left(own, before)
