"""Joins the external bridge to the machine's own network: its address, forwarding, and NAT in a table of our own."""

import asyncio
import contextlib
from pathlib import Path

import msgspec
import structlog

from pileus.platform.commands import CommandFailed, attempt, last_words, run
from pileus.platform.daemons.table import Switch
from pileus.platform.links import ip_json, links
from pileus.platform.plan import Plan
from pileus.platform.record import Entry, Record

NFT_TABLE = "pileus"
"""Name of the table, of family ip, that holds all rules of ours."""

_log = structlog.get_logger(component="platform.uplink")

_FORWARDING = Path("/proc/sys/net/ipv4/ip_forward")


class Route(msgspec.Struct, frozen=True):
    """The link through which this machine reaches the world."""

    link: str
    mtu: int


class AddressTaken(Exception):
    """The external network is already in use on this machine; the message says by which link."""


async def default_route() -> Route | None:
    """The machine's IPv4 uplink, None if it has none."""
    routes = await ip_json("-4", "route", "show", "default")
    if not routes:
        return None
    name = str(routes[0]["dev"])
    link = (await links()).get(name)
    return Route(name, link.mtu) if link else None


class Uplink:
    """The outside of the external bridge.  Everything in it may be repeated."""

    def __init__(self, plan: Plan, switch: Switch, record: Record) -> None:
        self._plan = plan
        self._switch = switch
        self._record = record

    async def refuse_conflicts(self) -> None:
        """Make sure that nothing else on this machine has the external network.

        Raises:
            AddressTaken: a link that is not the external bridge has an address or a route in it.
        """
        network = str(self._plan.external.network)
        for route in await ip_json("-4", "route", "show", "root", network):
            if route.get("dev") != self._plan.external_bridge:
                raise AddressTaken(f"{network} is in use on this machine (link {route.get('dev')})")

    async def connect(self) -> None:
        """Give the external bridge its address, forward, and translate.

        Without nft the cloud works, closed in on this machine; that is logged and shown by `doctor`.

        Raises:
            CommandFailed: the kernel refuses the address.
            OSError: the kernel refuses to forward.
        """
        plan = self._plan
        route = await default_route()
        mtu = min(route.mtu, 1500) if route else 1500
        await run("ip", "link", "set", "dev", plan.external_bridge, "mtu", str(mtu), "up")
        await run("ip", "address", "replace", plan.external_address, "dev", plan.external_bridge)
        if self._switch.datapath == "netdev":
            await finish_checksums(plan.external_bridge)
        if plan.translate:
            await self._forward()
            await self._record.note(Entry(kind="nft-table", name=f"ip {NFT_TABLE}"))
            loaded = await attempt("nft", "-f", "-", given=self._rules())
            if not loaded.ok:
                _log.warning("no NAT: nft refuses", reason=last_words(loaded.errors))

    async def disconnect(self) -> None:
        """Remove the table and put forwarding back.  The address goes with the bridge."""
        for entry in self._record.entries("nft-table"):
            outcome = await attempt("nft", "delete", "table", *entry.name.split())
            if outcome.ok or not await nft_table_exists():
                await self._record.strike("nft-table", entry.name)
        for entry in self._record.entries("sysctl"):
            with contextlib.suppress(OSError):
                place = Path("/proc/sys") / entry.name.replace(".", "/")
                await asyncio.to_thread(place.write_text, entry.detail)
                await self._record.strike("sysctl", entry.name)

    async def _forward(self) -> None:
        earlier = (await asyncio.to_thread(_FORWARDING.read_text)).strip()
        if earlier != "1":
            await self._record.note(Entry(kind="sysctl", name="net.ipv4.ip_forward", detail=earlier))
            await asyncio.to_thread(_FORWARDING.write_text, "1")

    def _rules(self) -> str:
        """The whole table; loading it replaces an earlier one in one transaction."""
        network, bridge = self._plan.external.network, self._plan.external_bridge
        return f"""
            table ip {NFT_TABLE}
            delete table ip {NFT_TABLE}
            table ip {NFT_TABLE} {{
                chain postrouting {{
                    type nat hook postrouting priority srcnat; policy accept;
                    ip saddr {network} ip daddr != {network} oifname != "{bridge}" masquerade
                }}
                chain forward {{
                    type filter hook forward priority mangle; policy accept;
                    iifname "{bridge}" tcp flags syn tcp option maxseg size set rt mtu
                    oifname "{bridge}" tcp flags syn tcp option maxseg size set rt mtu
                }}
            }}
        """


async def finish_checksums(link: str) -> None:
    """Make the kernel finish checksums before a frame leaves through this link.

    The userspace datapath takes frames as they are; one with an unfinished checksum is dropped by its receiver.

    Raises:
        CommandFailed: ethtool is missing or the link is.
    """
    await run("ethtool", "-K", link, "tx", "off")


async def nft_table_exists() -> bool:
    """Whether our table is loaded."""
    try:
        listed = await run("nft", "list", "tables", "ip")
    except CommandFailed:
        return False
    return f"table ip {NFT_TABLE}" in listed.splitlines()
