"""The network links of this network namespace, asked of the kernel: /sys shows another namespace's after a chroot."""

import re
from typing import Any

import msgspec

from pileus.platform.commands import attempt

_TAP = re.compile(r"tap[0-9a-f]{8}-[0-9a-f]{2}")
"""Taps of servers: the first letters of the port's id, as the network service names them."""


class Link(msgspec.Struct, frozen=True):
    """One link."""

    name: str
    mtu: int
    kind: str
    """`tun`, `veth`, ... (ip-link(8)); empty for a device of the hardware."""

    @property
    def is_server_tap(self) -> bool:
        """Whether it is the tap of a server's port."""
        return self.kind == "tun" and _TAP.fullmatch(self.name) is not None


async def links() -> dict[str, Link]:
    """All links by name; none if `ip` is missing."""
    found = {}
    for each in await ip_json("-details", "link", "show"):
        kind = each.get("linkinfo", {}).get("info_kind", "")
        found[each["ifname"]] = Link(name=each["ifname"], mtu=each["mtu"], kind=kind)
    return found


async def ip_json(*arguments: str) -> list[dict[str, Any]]:
    """What an `ip` command lists; nothing if it fails."""
    outcome = await attempt("ip", "-json", *arguments)
    if not outcome.ok or not outcome.output.strip():
        return []
    listed: list[dict[str, Any]] = msgspec.json.decode(outcome.output)
    return [each for each in listed if each]
