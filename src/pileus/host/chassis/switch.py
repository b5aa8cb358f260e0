"""The host's Open vSwitch, through ``ovs-vsctl``."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any

import msgspec


class SwitchError(Exception):
    """Open vSwitch did not do what it was asked; the message is its own."""


class SwitchPort(msgspec.Struct, frozen=True):
    """An interface of the switch."""

    name: str
    external_ids: dict[str, str]
    ofport: int | None
    """None until the switch has it, -1 where it failed."""
    error: str


async def run(command: Sequence[str], within: float) -> str:
    """Run a command to its end and return what it printed.

    Raises:
        SwitchError: It failed, or did not end in ``within`` seconds.
    """
    try:
        process = await asyncio.create_subprocess_exec(
            *command,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
        )
    except OSError as error:
        raise SwitchError(f"{command[0]}: {error}") from error
    try:
        async with asyncio.timeout(within):
            out, complaint = await process.communicate()
    except TimeoutError:
        process.kill()
        await process.wait()
        raise SwitchError(f"{command[0]} took longer than {within:g} s") from None
    except asyncio.CancelledError:
        process.kill()
        raise
    if process.returncode != 0:
        raise SwitchError(complaint.decode(errors="replace").strip())
    return out.decode()


class Switch:
    """One ovsdb-server's switch.  Methods raise :class:`SwitchError`."""

    def __init__(self, remote: str, bridge: str = "br-int", within: float = 15.0) -> None:
        """``remote`` is the connection string of the switch's database."""
        self._remote = remote
        self._bridge = bridge
        self._within = within

    async def _vsctl(self, *arguments: str) -> str:
        command = ["ovs-vsctl", f"--db={self._remote}", f"--timeout={int(self._within)}", *arguments]
        return await run(command, self._within + 5)

    async def ports(self) -> list[SwitchPort]:
        """All interfaces."""
        answer = await self._vsctl("--format=json", "--columns=name,external_ids,ofport,error", "list", "Interface")
        rows = msgspec.json.decode(answer)["data"]
        return [
            SwitchPort(name, dict(external[1]), _optional(ofport), str(_optional(error) or ""))
            for name, external, ofport, error in rows
        ]

    async def add_internal(self, device: str, mac: str, external_ids: dict[str, str]) -> None:
        """Add a port that shows as a network device of the host; one that is there is set right."""
        await self._vsctl(
            "--may-exist", "add-port", self._bridge, device,
            "--", "set", "Interface", device, "type=internal", f'mac="{mac}"',
            *(f'external_ids:{key}="{value}"' for key, value in external_ids.items()),
        )  # fmt: skip

    async def remove(self, device: str) -> None:
        """Remove a port; one that is not there is no error."""
        await self._vsctl("--if-exists", "del-port", device)


def _optional(value: Any) -> Any:
    """OVSDB writes an unset optional value as an empty set."""
    return None if isinstance(value, list) else value
