"""`pileus doctor`: what is missing on this machine; with --audit, whether everything agrees."""

import asyncio
from pathlib import Path

from pileus.cloud import inquiry
from pileus.cloud.folder import StateFolder, default_folder
from pileus.kernel import log


def doctor(state: Path | None, *, audit: bool) -> int:
    """Print what was found; the exit status is 1 when something is wrong."""
    log.configure(level="WARNING")
    folder = StateFolder(state or default_folder())
    return _audit(folder) if audit else asyncio.run(_examine(folder))


async def _examine(folder: StateFolder) -> int:
    from pileus.cloud.ground.machine import machine_of

    wrong = 0
    for check in await machine_of(folder).doctor():
        mark = "✓" if check.ok else ("✗" if check.vital else "!")
        print(f"{mark} {check.name}: {check.found}")
        if not check.ok:
            wrong += check.vital
            print(f"    costs: {check.cost}\n    to mend: {check.remedy}")
    if folder.running() is None and folder.is_real():
        for leftover in await machine_of(folder).leftovers():
            print(f"! left over: {leftover}")
    return 1 if wrong else 0


def _audit(folder: StateFolder) -> int:
    if folder.running() is None:
        print("The cloud is not up; an audit asks the running one.")
        return 1
    differences = inquiry.ask(folder, "audit")
    for difference in differences:
        print("✗ " + difference)
    if not differences:
        print("✓ database, hypervisor, network and disk agree")
    return 1 if differences else 0
