import asyncio
import os
import signal
import subprocess
import time

import msgspec

from pileus.platform.daemons.process import end, ended, identify, is_alive, send


def sleeper(*command: str) -> subprocess.Popen[bytes]:
    return subprocess.Popen(command or ("sleep", "60"))


def test_a_zombie_is_not_alive() -> None:
    child = sleeper()
    identity = identify(child.pid)
    assert identity is not None
    assert is_alive(identity)
    child.kill()
    os.waitid(os.P_PID, child.pid, os.WEXITED | os.WNOWAIT)
    assert not is_alive(identity)
    assert identify(child.pid) is None
    child.wait()


def test_another_process_with_the_same_id_is_not_signalled() -> None:
    child = sleeper()
    identity = identify(child.pid)
    assert identity is not None
    for other in (
        msgspec.structs.replace(identity, started=identity.started - 1),
        msgspec.structs.replace(identity, boot="another"),
    ):
        assert not is_alive(other)
        assert not send(other, signal.SIGKILL)
    assert child.poll() is None
    assert send(identity, signal.SIGKILL)
    child.wait()


async def test_the_end_is_noticed_at_once() -> None:
    child = sleeper()
    identity = identify(child.pid)
    assert identity is not None
    waiting = asyncio.create_task(ended(identity))
    await asyncio.sleep(0.05)
    assert not waiting.done()
    child.kill()
    await asyncio.wait_for(waiting, 1.0)
    child.wait()
    await asyncio.wait_for(ended(identity), 1.0)


async def test_one_that_ignores_the_request_is_killed() -> None:
    child = sleeper("sh", "-c", "trap '' TERM; echo; while :; do sleep 0.05; done")
    await asyncio.sleep(0.2)
    identity = identify(child.pid)
    assert identity is not None
    begun = time.monotonic()
    await end(identity, 0.3)
    assert time.monotonic() - begun < 2.0
    assert child.wait() == -signal.SIGKILL
