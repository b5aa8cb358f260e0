"""`pileus down` and `pileus clean`: stop the cloud, leave nothing of it running."""

import asyncio
import shutil
from pathlib import Path

from pileus.cli.report import Report
from pileus.cloud.folder import StateFolder, default_folder, end
from pileus.kernel import log
from pileus.kernel.clock import SystemClock


def down(state: Path | None) -> int:
    """Stop the cloud of a state folder; the exit status is 1 when something of it could not be removed."""
    log.configure(level="WARNING")
    return asyncio.run(_down(StateFolder(state or default_folder()), Report()))


async def _down(folder: StateFolder, report: Report) -> int:
    if not folder.root.exists():
        report.line(f"There is no cloud in {folder.root}.")
        return 0
    with report.part("stopping Pileus"):
        await end(folder, SystemClock())
    if not folder.is_real():
        return 0
    from pileus.cloud.ground.machine import machine_of

    left = await machine_of(folder).down(lambda text: report.line(f"  … {text}"))
    for leftover in left:
        report.line(f"  ✗ still there: {leftover}")
    return 1 if left else 0


def clean(state: Path | None) -> int:
    """Stop the cloud and remove its state folder."""
    folder = StateFolder(state or default_folder())
    status = down(folder.root)
    if status == 0 and folder.root.exists():
        shutil.rmtree(folder.root)
        Report().line(f"Removed {folder.root}.")
    return status
