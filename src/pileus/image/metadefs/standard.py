"""The standard definitions, which a new cloud starts with.

`standard.json` beside this file has them: names, types, values and bounds as operators know them from Glance.
"""

from pathlib import Path
from typing import Any

import msgspec
from sqlalchemy import func, select

from pileus.image.metadefs.table import ASSOCIATIONS, NAMESPACES, OBJECTS, PROPERTIES, RESOURCE_TYPES
from pileus.kernel.store import Row, Tx
from pileus.kernel.world import World

FILE = Path(__file__).parent / "standard.json"
OWNER = "admin"
"""Who the standard namespaces say they belong to."""


async def load(tx: Tx, world: World) -> int:
    """Make the standard definitions unless that was done before; how many namespaces were made.

    Resource types are never deleted, so their presence says that it was: what an operator deletes stays away.
    """
    if await tx.scalar(select(func.count()).select_from(RESOURCE_TYPES)):
        return 0
    rows = _rows(msgspec.json.decode(FILE.read_bytes()), world)
    for table in (NAMESPACES, RESOURCE_TYPES, ASSOCIATIONS, PROPERTIES, OBJECTS):
        await tx.insert(table, rows[table.name])
    return len(rows[NAMESPACES.name])


def _rows(standard: list[dict[str, Any]], world: World) -> dict[str, list[Row]]:
    now = world.clock.now()
    moments = {"created_at": now, "updated_at": now}
    namespaces: list[Row] = []
    associations: list[Row] = []
    properties: list[Row] = []
    objects: list[Row] = []
    for given in standard:
        own = {"namespace_id": world.ids.uuid()}
        row = {name: given[name] for name in ("namespace", "display_name", "description", "protected")}
        namespaces.append({"id": own["namespace_id"], **row, "visibility": "public", "owner": OWNER, **moments})
        associations += [
            {**own, "prefix": None, "properties_target": None, **type_, **moments}
            for type_ in given["resource_type_associations"]
        ]
        properties += [
            {**own, "name": name, "schema": schema, **moments} for name, schema in given["properties"].items()
        ]
        objects += [{**own, "required": [], **part, **moments} for part in given["objects"]]
    types = {row["name"] for row in associations}
    return {
        NAMESPACES.name: namespaces,
        RESOURCE_TYPES.name: [{"name": name, "protected": True, **moments} for name in sorted(types)],
        ASSOCIATIONS.name: associations,
        PROPERTIES.name: properties,
        OBJECTS.name: objects,
    }
