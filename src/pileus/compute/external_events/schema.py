"""Events of other services on the wire."""

from typing import Any

from pileus.compute.versions import COMPUTE
from pileus.kernel.api import fields as f
from pileus.kernel.api.schema import Schema

NAMES = ("network-changed", "network-vif-plugged", "network-vif-unplugged", "network-vif-deleted")

_EVENT: dict[str, Any] = {
    "type": "object",
    "properties": {
        "name": {"type": "string", "enum": list(NAMES)},
        "server_uuid": {"type": "string", "format": "uuid"},
        "status": {"type": "string", "enum": ["completed", "failed", "in-progress"]},
        "tag": {"type": "string", "maxLength": 255},
    },
    "required": ["name", "server_uuid"],
    "additionalProperties": False,
}


class ExternalEvents(Schema, history=COMPUTE):
    """Events, each about one server."""

    events = f.anything("What happened.", {"type": "array", "minItems": 1, "items": _EVENT}, required=True)
