"""The supervisor with small daemons of our own: a socket that answers `version` as the control sockets of OVS do."""

import asyncio
import os
import signal
import sys
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest

from pileus.kernel.clock import SystemClock
from pileus.platform.daemons import keeping
from pileus.platform.daemons import supervisor as supervising
from pileus.platform.daemons.events import DaemonEvent, DaemonStatus
from pileus.platform.daemons.process import all_pids
from pileus.platform.daemons.supervisor import DaemonFailed, Supervisor
from pileus.platform.daemons.table import Daemon
from pileus.platform.record import Record

ANSWERING = """
import json, os, socket, sys
listener = socket.socket(socket.AF_UNIX)
listener.bind(sys.argv[1])
listener.listen()
print("listening", flush=True)
while True:
    peer, _ = listener.accept()
    peer.recv(4096)
    peer.sendall(json.dumps({"id": "pileus", "result": "1", "error": None}).encode())
    peer.close()
"""


def daemon(
    folder: Path, name: str, program: str = ANSWERING, needs: tuple[str, ...] = (), patience: float = 5.0
) -> Daemon:
    socket = folder / f"{name}.ctl"
    return Daemon(
        name=name, purpose="the test", command=(sys.executable, "-c", program, str(socket)), socket=socket,
        protocol="control", needs=needs, log=folder / f"{name}.log", patience=patience,
        environment={"PILEUS_STATE": str(folder)},
    )  # fmt: skip


Make = Callable[..., Supervisor]


@pytest.fixture
async def make(tmp_path: Path) -> AsyncIterator[Make]:
    made: list[Supervisor] = []

    def build(*daemons: Daemon, **hooks: object) -> Supervisor:
        arguments = {"prepare": {}, "settle": {}, "part": {}, **hooks}
        made.append(Supervisor(daemons, Record(tmp_path / "record.json"), SystemClock(), **arguments))  # type: ignore[arg-type]
        return made[-1]

    yield build
    for supervisor in reversed(made):
        await supervisor.down()


async def state_of(supervisor: Supervisor, name: str) -> DaemonStatus:
    return next(each for each in await supervisor.status() if each.daemon == name)


async def test_daemons_start_in_the_order_of_their_needs_and_stop_in_the_other(make: Make, tmp_path: Path) -> None:
    seen: list[str] = []

    async def settle(name: str) -> None:
        seen.append(f"+{name}")

    async def part(name: str) -> None:
        seen.append(f"-{name}")

    names = ("first", "second")
    supervisor = make(
        daemon(tmp_path, "first"),
        daemon(tmp_path, "second", needs=("first",)),
        settle={name: lambda _again, name=name: settle(name) for name in names},
        part={name: lambda name=name: part(name) for name in names},
    )
    await supervisor.up()
    assert seen == ["+first", "+second"]
    pids = [each.pid for each in await supervisor.status()]
    await supervisor.down()
    assert seen[2:] == ["-second", "-first"]
    assert not {pid for pid in pids if pid in all_pids()}


async def test_a_killed_daemon_is_reported_with_its_reason_and_prepared_again(make: Make, tmp_path: Path) -> None:
    prepared: list[bool] = []
    settled: list[bool] = []

    async def prepare() -> None:
        prepared.append(True)

    async def settle(again: bool) -> None:
        settled.append(again)

    supervisor = make(daemon(tmp_path, "one"), prepare={"one": prepare}, settle={"one": settle})
    await supervisor.up()
    events: asyncio.Queue[DaemonEvent] = asyncio.Queue()

    async def listen() -> None:
        async for event in supervisor.events():
            events.put_nowait(event)

    listener = asyncio.create_task(listen())
    await asyncio.sleep(0)
    first = (await state_of(supervisor, "one")).pid
    assert first is not None
    os.kill(first, signal.SIGKILL)
    seen = [await asyncio.wait_for(events.get(), 3.0) for _ in range(3)]
    assert [each.state for each in seen] == ["failed", "starting", "running"]
    assert seen[0].reason == "killed by SIGKILL"
    assert seen[2].restarted
    assert prepared == [True, True]
    assert settled == [False, True]
    status = await state_of(supervisor, "one")
    assert (status.restarts, status.state) == (1, "running")
    assert status.pid != first
    listener.cancel()


async def test_a_daemon_that_cannot_start_fails_up_with_its_last_words(make: Make, tmp_path: Path) -> None:
    supervisor = make(daemon(tmp_path, "bad", "raise SystemExit('no such database')"))
    with pytest.raises(DaemonFailed, match=r"bad: ended with status 1: no such database"):
        await supervisor.up()


async def test_a_program_that_is_missing_fails_up(make: Make, tmp_path: Path) -> None:
    good = daemon(tmp_path, "one")
    supervisor = make(
        Daemon(**{**{f: getattr(good, f) for f in good.__struct_fields__}, "command": ("no-such-daemon",)})
    )
    with pytest.raises(DaemonFailed, match="no-such-daemon"):
        await supervisor.up()


async def test_a_daemon_that_never_answers_is_ended_and_fails_up(make: Make, tmp_path: Path) -> None:
    supervisor = make(daemon(tmp_path, "mute", "import time; time.sleep(60)", patience=0.5))
    with pytest.raises(DaemonFailed, match="no answer"):
        await supervisor.up()
    assert await keeping.find(daemon(tmp_path, "mute"), Record(tmp_path / "none.json")) is None


@pytest.mark.parametrize("record_is_lost", [False, True])
async def test_the_next_life_adopts_what_runs(make: Make, tmp_path: Path, record_is_lost: bool) -> None:
    first = make(daemon(tmp_path, "one"))
    await first.up()
    pid = (await state_of(first, "one")).pid
    await first.release()
    if record_is_lost:
        (tmp_path / "record.json").unlink()
    second = make(daemon(tmp_path, "one"))
    await second.up()
    status = await state_of(second, "one")
    assert (status.pid, status.reason) == (pid, "found running")
    # An adopted one is watched as well as a child is.
    assert pid is not None
    os.kill(pid, signal.SIGKILL)
    for _ in range(100):
        await asyncio.sleep(0.03)
        if (status := await state_of(second, "one")).pid not in (None, pid) and status.state == "running":
            break
    else:
        pytest.fail("it did not come back")


async def test_a_daemon_that_keeps_dying_is_started_ever_more_slowly(make: Make, tmp_path: Path) -> None:
    flag = tmp_path / "broken"
    program = f"import os\nif os.path.exists({str(flag)!r}): raise SystemExit('broken')\n{ANSWERING}"
    supervisor = make(daemon(tmp_path, "one", program))
    await supervisor.up()
    flag.touch()
    pid = (await state_of(supervisor, "one")).pid
    assert pid is not None
    os.kill(pid, signal.SIGKILL)
    await asyncio.sleep(2.5)
    status = await state_of(supervisor, "one")
    assert status.state in ("failed", "starting")
    assert 2 <= status.restarts <= 6
    flag.unlink()
    for _ in range(100):
        await asyncio.sleep(0.1)
        if (await state_of(supervisor, "one")).state == "running":
            return
    pytest.fail("it did not recover")


async def test_a_daemon_that_hangs_is_shown_as_silent_and_then_replaced(
    make: Make, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(supervising, "HEARTBEAT", 0.1)
    monkeypatch.setattr(supervising, "ANSWER_WITHIN", 0.1)
    supervisor = make(daemon(tmp_path, "one"))
    await supervisor.up()
    pid = (await state_of(supervisor, "one")).pid
    assert pid is not None
    states: list[str] = []

    async def listen() -> None:
        async for event in supervisor.events():
            states.append(event.state)

    listener = asyncio.create_task(listen())
    await asyncio.sleep(0)
    os.kill(pid, signal.SIGSTOP)
    for _ in range(100):
        await asyncio.sleep(0.05)
        if states[-1:] == ["running"]:
            break
    assert states == ["silent", "failed", "starting", "running"]
    assert (await state_of(supervisor, "one")).pid != pid
    listener.cancel()
