"""A row of the northbound database as it should be."""

from __future__ import annotations

from typing import Any

import msgspec

from pileus.network.backend.wanted import Ref

KEY = "pileus:key"
PARENT = "pileus:in"
WANTED = "pileus:wanted"
REVISION = "pileus:revision"
GROUPS = "pileus:groups"

DROP_KEY = "system:drop"
"""Key of the port group that holds every secured port and drops what no rule lets through."""

ATTACHED_BY = {
    "ACL": "acls",
    "DNS": "dns_records",
    "Gateway_Chassis": "gateway_chassis",
    "HA_Chassis": "ha_chassis",
    "Logical_Router_Port": "ports",
    "Logical_Router_Static_Route": "static_routes",
    "Logical_Switch_Port": "ports",
    "NAT": "nat",
}
"""The column of the parent's row that holds rows of a table."""


class Link(msgspec.Struct, frozen=True):
    """A reference to another row of ours by its key; resolves to nothing while that row is absent."""

    key: str


class WantedRow(msgspec.Struct, frozen=True):
    """One row, complete in the columns that it names; other columns are OVN's own.

    Sets and optional values are lists, maps are dicts of text, everything else is as it is.
    """

    key: str
    table: str
    columns: dict[str, Any]
    parent: str | None = None
    """Key of the row that holds this one, where the table is not a root of its own."""
    groups: tuple[str, ...] = ()
    """Keys of the port groups that hold this port."""


def owner_of(key: str) -> str:
    """The ``kind:id`` that a row belongs to."""
    return key.partition("#")[0]


def part(ref: Ref, name: str) -> str:
    """The key of a further row of an object."""
    return f"{ref}#{name}"


def group_name(group_id: str) -> str:
    """The port group of a security group; OVN derives address sets ``<name>_ip4`` and ``_ip6`` from it."""
    return "pg_" + group_id.replace("-", "_")


def router_port_name(port_id: str) -> str:
    """The router's side of the patch whose switch side is named by the port's id."""
    return "lrp-" + port_id
