"""Services on the wire, as each microversion has them."""

from collections.abc import Mapping
from typing import Any

from pileus.compute.aggregates.schema import HOST, stamp
from pileus.compute.versions import COMPUTE, FORCED_DOWN, STRICT_FORMS, UUIDS_FOR_SERVICES
from pileus.kernel.api import fields as f
from pileus.kernel.api.schema import Schema


def identifier(row: Mapping[str, Any], call: Any) -> Any:
    """The id of a service or a hypervisor: a number once, a UUID since."""
    return row["uuid"] if call.applies(UUIDS_FOR_SERVICES) else row["id"]


class ServiceRecord(Schema, key="service", history=COMPUTE):
    """A process that carries the cloud."""

    id = f.anything("A number, or a UUID.", read_only=True, show=identifier)
    binary = f.text("What runs.", read_only=True)
    host = f.text("Where.", read_only=True)
    zone = f.text("In which availability zone.", read_only=True)
    status = f.text(
        "enabled or disabled.", read_only=True, show=lambda row, _call: "disabled" if row["disabled"] else "enabled"
    )
    state = f.text("up or down.", read_only=True, show=lambda row, _call: "up" if row["up"] else "down")
    updated_at = f.moment("When it was last heard.", source="last_seen_at", style=stamp)
    disabled_reason = f.text("Why it is disabled.", read_only=True)
    forced_down = f.boolean("Whether it was declared down.", read_only=True, since=FORCED_DOWN)


class ServiceQuery(Schema, history=COMPUTE, extra="ignore", strict_since=STRICT_FORMS):
    """How services can be listed."""

    host = f.text("Only on this host.")
    binary = f.text("Only these.")


class OldChange(Schema, history=COMPUTE):
    """A decision about the service that the body names."""

    host = f.text("Where.", least=1, pattern=HOST, required=True)
    binary = f.text("What runs.", least=1, required=True)
    disabled_reason = f.text("Why it is disabled.", least=1)
    forced_down = f.boolean("Whether to take it for down.", loose=True, since=FORCED_DOWN)


class Change(Schema, history=COMPUTE):
    """A decision about the service that the path names."""

    status = f.text("What it shall be.", choices=("enabled", "disabled"))
    disabled_reason = f.text("Why it is disabled.", least=1)
    forced_down = f.boolean("Whether to take it for down.", loose=True)
