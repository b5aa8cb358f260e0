"""Creates the OVSDB files and keeps them at the schema of the installed Open vSwitch and OVN."""

import asyncio
from pathlib import Path

import structlog

from pileus.platform.commands import run

_SCHEMAS = {
    "vswitch": Path("/usr/share/openvswitch/vswitch.ovsschema"),
    "northbound": Path("/usr/share/ovn/ovn-nb.ovsschema"),
    "southbound": Path("/usr/share/ovn/ovn-sb.ovsschema"),
}

_log = structlog.get_logger(component="platform.databases")


async def ensure(kind: str, file: Path) -> None:
    """Make sure that the database file exists and has the installed schema.

    Args:
        kind: `vswitch`, `northbound` or `southbound`.
        file: where it lies; its folder must exist.

    Raises:
        CommandFailed: ovsdb-tool is missing, or the file is damaged.
    """
    schema = _SCHEMAS[kind]
    if not await asyncio.to_thread(file.exists):
        await run("ovsdb-tool", "create", file, schema)
        return
    if (await run("ovsdb-tool", "needs-conversion", file, schema)).strip() == "yes":
        _log.info("converting a database to the installed schema", file=str(file), schema=str(schema))
        await run("ovsdb-tool", "convert", file, schema)
