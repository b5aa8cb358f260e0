"""From an object of the wanted state to northbound rows: pure, one module for each kind of thing.

``rows_for`` is the only door.  Rows come with parents before children.
"""

from __future__ import annotations

from pileus.network.backend.ovn.mapping.ports import port_rows
from pileus.network.backend.ovn.mapping.routers import floating_ip_rows, router_rows
from pileus.network.backend.ovn.mapping.security import group_rows
from pileus.network.backend.ovn.mapping.switches import network_rows, subnet_rows
from pileus.network.backend.ovn.rows import WantedRow
from pileus.network.backend.ovn.view import View
from pileus.network.backend.wanted import (
    Wanted,
    WantedFloatingIP,
    WantedNetwork,
    WantedPort,
    WantedRouter,
    WantedSecurityGroup,
    WantedSubnet,
)

__all__ = ["rows_for"]


def rows_for(wanted: Wanted, view: View) -> list[WantedRow]:
    """All rows of one object, the chief row first; ``view`` tells what it needs of others."""
    match wanted:
        case WantedNetwork():
            return network_rows(wanted)
        case WantedSubnet():
            return subnet_rows(wanted, view)
        case WantedPort():
            return port_rows(wanted, view)
        case WantedRouter():
            return router_rows(wanted, view)
        case WantedFloatingIP():
            return floating_ip_rows(wanted)
        case WantedSecurityGroup():
            return group_rows(wanted)
