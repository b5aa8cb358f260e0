"""Whether KVM really runs guests here.

A machine that is itself a guest may offer /dev/kvm and yet fail: its processor is nested without full support, and
KVM's own emulator of instructions, which then runs all that comes before paging, lacks the return from an interrupt
in protected mode. Boot loaders use it; such guests stop with "KVM internal error" seconds after their start. So we
run 80 bytes that do just that, and look whether they reach their end.
"""

import asyncio
import contextlib
import tempfile
from pathlib import Path

END = 0x10
EXIT_STATUS = END << 1 | 1
"""What QEMU's isa-debug-exit device makes of the byte written to it."""

SECTOR = bytes.fromhex(
    "fa 31c0 8ed8 0f0116507c"  # no interrupts; load the descriptor table
    "0f20c0 0c01 0f22c0 ea177c0800"  # protected mode on; jump to 32-bit code
    "66b81000 8ed8 8ed0 bc00700000"  # data and stack
    "9c 0e 682c7c0000 cf"  # flags, segment and address, as an interrupt would push them; return
    "b010 e6f4 f4 ebfd"  # reached: write END to port 0xf4
    "0000000000"
    "0000000000000000 ffff0000009acf00 ffff00000092cf00"  # descriptors: none, code, data
    "1700 387c0000"  # length and place of the descriptor table
)


async def kvm_runs(emulator: str, seconds: float = 30.0) -> bool:
    """Boot the sector under KVM; tells whether it came to its end. Takes about a second; only for x86_64."""
    with tempfile.TemporaryDirectory(prefix="pileus-kvm-") as folder:
        disk = Path(folder, "sector.raw")
        await asyncio.to_thread(disk.write_bytes, SECTOR.ljust(510, b"\0") + b"\x55\xaa" + bytes(2**20 - 512))
        try:
            process = await asyncio.create_subprocess_exec(
                emulator,
                *("-machine", "pc,accel=kvm", "-m", "16", "-nodefaults", "-no-user-config", "-display", "none"),
                *("-device", "isa-debug-exit,iobase=0xf4,iosize=1", "-drive", f"file={disk},format=raw,if=ide"),
                stdin=asyncio.subprocess.DEVNULL,
                stdout=asyncio.subprocess.DEVNULL,
                stderr=asyncio.subprocess.PIPE,
            )
        except OSError:
            return False
        try:
            async with asyncio.timeout(seconds):
                return await _ends_well(process)
        except TimeoutError:
            return False
        finally:
            with contextlib.suppress(ProcessLookupError):
                process.kill()
            await process.wait()


async def _ends_well(process: asyncio.subprocess.Process) -> bool:
    """Wait for the end, or for the words after which QEMU only stands still."""
    assert process.stderr is not None
    async for line in process.stderr:
        if b"KVM internal error" in line:
            return False
    return await process.wait() == EXIT_STATUS
