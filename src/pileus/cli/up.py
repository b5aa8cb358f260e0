"""`pileus up`: in the foreground, or in the background once every API answers."""

import os
import subprocess
import sys
from pathlib import Path

from pileus.cli.report import Report
from pileus.cloud.folder import StateFolder, default_folder

READY = "\x00ready"
"""The last thing that a process in the background reports when it has come up."""


def up(state: Path | None, listen: str, *, simulated: bool, detach: bool, descriptor: int) -> int:
    """Start the cloud of a state folder; the exit status."""
    folder = StateFolder(state or default_folder())
    report = Report(descriptor if descriptor >= 0 else None)
    if folder.running() is not None:
        report.line(f"The cloud in {folder.root} is up already; see {folder.clouds}")
        if descriptor >= 0:
            report.line(READY)
        return 0
    try:
        folder.root.mkdir(parents=True, exist_ok=True)
        folder.root.chmod(0o700)  # the database, keys and passwords are in it
        folder.log.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        report.line(f"The state folder cannot be made: {error}. Choose another with --state DIR.")
        return 1
    wrong = folder.wrong_shape(simulated=simulated)
    if wrong:
        report.line(wrong)
        return 1
    if detach:
        return _detached(folder, report, listen, simulated=simulated)
    from pileus.cloud.running import run

    if descriptor >= 0:
        os.chdir("/")  # in the background it must not keep a folder busy; not earlier: the import path may be relative
    return run(folder, listen, simulated=simulated, report=report, ready=lambda: _ready(report, descriptor, folder))


def _ready(report: Report, descriptor: int, folder: StateFolder) -> None:
    if descriptor >= 0:
        report.line(READY)
        report.close()
    else:
        report.line(f"Ready. clouds.yaml and openrc files: {folder.root}")


def _detached(folder: StateFolder, report: Report, listen: str, *, simulated: bool) -> int:
    read, write = os.pipe()
    command = [sys.executable, "-m", "pileus", "up", "--state", str(folder.root), "--report", str(write)]
    command += ["--listen", listen] if listen else []
    command += ["--simulated"] if simulated else []
    with folder.log.open("ab") as log:
        before = log.tell()
        child = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            pass_fds=(write,),
            start_new_session=True,
        )
    os.close(write)
    with os.fdopen(read, encoding="utf-8", errors="replace") as lines:
        for text in lines:
            if text.rstrip("\n") == READY:
                report.line(f"Ready. clouds.yaml and openrc files: {folder.root}")
                return 0
            report.line(text.rstrip("\n"))
    status = child.wait()
    written = folder.log.read_bytes()[before:].decode(errors="replace").splitlines()
    if status == 1 and not written:
        return 1  # it has said why
    report.line(f"The cloud did not come up (exit status {status}). The end of {folder.log}:")
    for text in written[-25:]:
        report.line("    " + text)
    return 1
