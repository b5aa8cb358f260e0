"""What zones there are, and whether something of them is up."""

from datetime import datetime
from typing import Any

from pileus.compute.aggregates.logic import INTERNAL, zones
from pileus.compute.aggregates.schema import stamp
from pileus.compute.services.logic import COMPUTE_BINARY, listed
from pileus.compute.settings import ComputeSettings
from pileus.kernel.store import Tx


async def names(tx: Tx, settings: ComputeSettings) -> set[str]:
    """The zones that a server may ask for: those of hosts, and the default one."""
    return {settings.default_zone, *(await zones(tx)).values()}


async def described(tx: Tx, now: datetime, settings: ComputeSettings, *, detailed: bool) -> list[dict[str, Any]]:
    """Each zone as it is shown; with its hosts and their services, and the internal one, if detailed."""
    found: dict[str, dict[str, Any]] = {}
    dead: set[str] = set()
    for row in await listed(tx, now, settings):
        if row["disabled"]:
            if row["binary"] == COMPUTE_BINARY:
                dead.add(row["zone"])
            continue
        seen = row["last_seen_at"]
        services = found.setdefault(row["zone"], {}).setdefault(row["host"], {})
        services[row["binary"]] = {
            "active": True,
            "available": row["up"],
            "updated_at": None if seen is None else stamp(seen),
        }
    if not detailed:
        found.pop(INTERNAL, None)
    shown = [
        {"zoneName": zone, "zoneState": {"available": True}, "hosts": hosts if detailed else None}
        for zone, hosts in sorted(found.items())
    ]
    return shown + [
        {"zoneName": zone, "zoneState": {"available": False}, "hosts": None} for zone in sorted(dead - found.keys())
    ]
