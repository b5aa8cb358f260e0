"""Ending the process that serves a cloud."""

import os
import subprocess
import sys
from pathlib import Path

from pileus.cloud.folder import StateFolder, end, start_time
from pileus.kernel.clock import SystemClock

SLOW_TO_END = """
import pathlib, signal, sys, time
def stop(*_):
    pathlib.Path(sys.argv[1]).unlink()
    time.sleep(0.5)
    sys.exit()
signal.signal(signal.SIGTERM, stop)
print("ready", flush=True)
time.sleep(60)
"""


async def test_a_process_that_has_left_its_folder_is_still_waited_for(tmp_path: Path) -> None:
    folder = StateFolder(tmp_path)
    command = [sys.executable, "-c", SLOW_TO_END, str(folder.process)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as serving:
        assert serving.stdout is not None
        assert serving.stdout.readline() == "ready\n"
        folder.process.write_text(f"{serving.pid} {start_time(serving.pid)}")
        assert await end(folder, SystemClock())
        assert start_time(serving.pid) == ""
    assert folder.running() is None


async def test_a_process_that_will_not_end_is_killed(tmp_path: Path) -> None:
    folder = StateFolder(tmp_path)
    ignoring = "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN)"
    stubborn = f"{ignoring}; print(1, flush=True); time.sleep(60)"
    with subprocess.Popen([sys.executable, "-c", stubborn], stdout=subprocess.PIPE, text=True) as serving:
        assert serving.stdout is not None
        serving.stdout.readline()
        folder.process.write_text(f"{serving.pid} {start_time(serving.pid)}")
        assert await end(folder, SystemClock(), patience=0.2)
        assert start_time(serving.pid) == ""


async def test_the_note_of_a_killed_process_is_taken_away(tmp_path: Path) -> None:
    folder = StateFolder(tmp_path)
    folder.process.write_text(f"{os.getpid()} 1")
    assert not await end(folder, SystemClock())
