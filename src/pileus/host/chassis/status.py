"""Whether the network daemons of a host answer, and what guests that are gone have left in the switch."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from pathlib import Path

import msgspec

from pileus.host.chassis.switch import Switch, SwitchError, run

_GUEST_DEVICES = ("vnet", "tap")


class DaemonStatus(msgspec.Struct, frozen=True):
    """One daemon."""

    name: str
    answers: bool
    detail: str
    """Its version or state in its own words, or why there is none."""


class ChassisHealth:
    """Looks at the daemons of one host by their control sockets."""

    def __init__(self, switch: Switch, controls: Mapping[str, Path], within: float = 5.0) -> None:
        """Watch the daemons in ``controls``, ``ovs-vswitchd`` and ``ovn-controller`` as a rule.

        Each has the path of its control socket, or of the pid file beside which it has made its socket.
        """
        self._switch = switch
        self._controls = controls
        self._within = within

    async def check(self) -> list[DaemonStatus]:
        """Ask every daemon; never raises."""
        asked = (self._ask(name, path) for name, path in self._controls.items())
        return list(await asyncio.gather(*asked))

    async def _ask(self, name: str, path: Path) -> DaemonStatus:
        tool, question = ("ovs-appctl", "version")
        if name == "ovn-controller":
            tool, question = ("ovn-appctl", "connection-status")
        try:
            control = await asyncio.to_thread(_control_socket, name, path)
            told = (await run([tool, "-t", str(control), question], self._within)).strip()
        except (OSError, ValueError, SwitchError) as error:
            return DaemonStatus(name, answers=False, detail=str(error))
        return DaemonStatus(name, answers=told != "not connected", detail=told.partition("\n")[0])

    async def remove_stale_ports(self) -> list[str]:
        """Remove switch ports of guests whose device is gone, as a host that lost power has them.

        Returns their names.

        Raises:
            SwitchError: The switch does not answer.
        """
        stale = [
            port.name
            for port in await self._switch.ports()
            if port.name.startswith(_GUEST_DEVICES) and "iface-id" in port.external_ids and port.error
        ]
        for name in stale:
            await self._switch.remove(name)
        return stale


def _control_socket(name: str, path: Path) -> Path:
    if path.suffix != ".pid":
        return path
    return path.with_name(f"{name}.{int(path.read_text())}.ctl")
