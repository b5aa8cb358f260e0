"""Flavors on the wire, as each microversion has them."""

from collections.abc import Callable, Mapping
from typing import Any

from pileus.compute.pages.logic import links
from pileus.compute.pages.schema import DESCRIPTION, MOST_INTEGER, NAME, PageQuery
from pileus.compute.versions import COMPUTE, FLAVOR_DESCRIPTION, FLAVOR_NAMES, FLAVOR_SPECS_SHOWN, STRICT_FORMS
from pileus.kernel.api import fields as f
from pileus.kernel.api.schema import Schema

SPECS_RIGHT = "os_compute_api:os-flavor-extra-specs:index"


def _links(row: Mapping[str, Any], call: Any) -> list[dict[str, str]]:
    return links(call, "flavors", row["flavorid"])


def _swap(row: Mapping[str, Any], call: Any) -> Any:
    """No swap was an empty string once."""
    return row["swap"] or (0 if call.applies(STRICT_FORMS) else "")


def _specs(row: Mapping[str, Any], call: Any) -> Any:
    seen = call.service.policy.allows(SPECS_RIGHT, call.who, call.own())
    return row["extra_specs"] if seen else f.UNSET


def _between(least: int, most: int = MOST_INTEGER) -> Callable[[Any], int]:
    """The bounds of numbers that came as strings, which JSON Schema cannot see."""

    def convert(value: Any) -> int:
        number = int(value)
        if not least <= number <= most:
            raise ValueError(f"{number} is not between {least} and {most}")
        return number

    return convert


def _factor(value: Any) -> float:
    number = float(value)
    if number <= 0:
        raise ValueError(f"{value} is not positive")
    return number


_POSITIVE: Any = {"loose": True, "least": 1, "most": MOST_INTEGER, "convert": _between(1)}
_NATURAL: Any = {"loose": True, "least": 0, "most": MOST_INTEGER, "convert": _between(0)}
_ID = {
    "type": ["string", "integer", "number", "null"],
    "minLength": 1,
    "maxLength": 255,
    "pattern": r"^(?! )[a-zA-Z0-9. _\-]+(?<! )$",
}
_RXTX = {"type": ["number", "string"], "pattern": r"^[0-9]+(\.[0-9]+)?$", "exclusiveMinimum": 0, "maximum": 3.40282e38}


class Flavor(Schema, key="flavor", history=COMPUTE):
    """A size that servers come in."""

    id = f.anything("Identifier; made for flavors that are created without.", _ID, source="flavorid", convert=str)
    name = f.text("Shown to users.", least=1, pattern=NAME, required=True)
    ram = f.integer("MiB of memory.", source="memory_mb", required=True, **_POSITIVE)
    vcpus = f.integer("Virtual CPUs.", required=True, **_POSITIVE)
    disk = f.integer("GiB of the root disk; 0 for the image's size.", source="root_gb", required=True, **_NATURAL)
    ephemeral = f.integer(
        "GiB of a second disk.", wire="OS-FLV-EXT-DATA:ephemeral", source="ephemeral_gb", default=0, **_NATURAL
    )
    swap = f.integer("MiB of swap.", default=0, show=_swap, **_NATURAL)
    rxtx_factor = f.anything("Means nothing.", _RXTX, default=1.0, convert=_factor, until=FLAVOR_NAMES)
    disabled = f.boolean(
        "Whether it cannot be used; never.", wire="OS-FLV-DISABLED:disabled", read_only=True, until=FLAVOR_NAMES
    )
    is_public = f.boolean(
        "Whether every project may use it.", wire="os-flavor-access:is_public", loose=True, default=True
    )
    description = f.text(
        "What it is for.", most=65535, pattern=DESCRIPTION, nullable=True, default=None, since=FLAVOR_DESCRIPTION
    )
    extra_specs = f.mapping("More than a size.", read_only=True, show=_specs, since=FLAVOR_SPECS_SHOWN)
    links = f.array(f.anything("A link."), "Its addresses.", read_only=True, show=_links)


COLUMNS = {item.wire: item.source for item in Flavor.fields.values() if not item.read_only}
"""The column of each attribute of a request."""


class FlavorChange(Schema, key="flavor", history=COMPUTE):
    """What can be changed of a flavor."""

    description = f.anything(
        "What it is for.",
        {"type": ["string", "null"], "maxLength": 65535, "pattern": DESCRIPTION},
        required=True,
    )


class FlavorName(Schema, key="flavor", history=COMPUTE):
    """A flavor in a list without details."""

    id = f.text("Identifier.", source="flavorid", read_only=True)
    name = f.text("Shown to users.", read_only=True)
    description = f.text("What it is for.", read_only=True, since=FLAVOR_DESCRIPTION)
    links = f.array(f.anything("A link."), "Its addresses.", read_only=True, show=_links)


SORT_KEYS = {
    "created_at": "created_at",
    "description": "description",
    "disabled": "disabled",
    "ephemeral_gb": "ephemeral_gb",
    "flavorid": "flavorid",
    "id": "id",
    "is_public": "is_public",
    "memory_mb": "memory_mb",
    "name": "name",
    "root_gb": "root_gb",
    "rxtx_factor": "rxtx_factor",
    "swap": "swap",
    "updated_at": "updated_at",
    "vcpu_weight": "id",
    "vcpus": "vcpus",
}
"""The column behind each sort key of the query string; weights of VCPUs are all the same."""


class FlavorQuery(PageQuery, strict_since=STRICT_FORMS):
    """How flavors can be listed."""

    is_public = f.text("Public ones, private ones, or `None` for all; for administrators.")
    minRam = f.text("MiB of memory at least.")  # noqa: N815 - the name on the wire
    minDisk = f.text("GiB of root disk at least.")  # noqa: N815 - the name on the wire
    name = f.text("Exactly this name.", since=FLAVOR_NAMES)
    sort_key = f.text("What to sort by.", choices=tuple(SORT_KEYS))
    sort_dir = f.text("In which direction.", choices=("asc", "desc"))
