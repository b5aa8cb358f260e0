"""What single attributes of a server look like.  Each function is `(row, call) -> value`.

Rows are enriched before they are shown (`enriching.py`): `ports`, `group_names`, `tags`, `host_status` … are there.
"""

import hashlib
from datetime import datetime
from functools import lru_cache
from typing import Any

from pileus.compute.servers.states import SHOWS_PROGRESS, status
from pileus.compute.versions import HOSTNAMES, IMAGE_PROPERTIES
from pileus.kernel.api.fields import UNSET
from pileus.kernel.store import Row


def stamp(moment: datetime | None) -> str | None:
    """A moment as most of Nova writes it."""
    return None if moment is None else moment.isoformat()[:19] + "Z"


def naive(moment: datetime | None) -> str | None:
    """A moment as OS-SRV-USG writes it: with microseconds, without zone."""
    return None if moment is None else moment.replace(tzinfo=None).isoformat(timespec="microseconds")


def links(row: Row, call: Any) -> list[dict[str, str]]:
    """Where the server itself is found."""
    return [
        {"rel": "self", "href": f"{call.base}{call.root}/servers/{row['id']}"},
        {"rel": "bookmark", "href": f"{call.base}/servers/{row['id']}"},
    ]


def state(row: Row, _call: Any) -> str:
    """The status."""
    return status(row["vm_state"], row["task_state"])


def progress(row: Row, _call: Any) -> Any:
    """Percent, in the statuses that have it."""
    if status(row["vm_state"], row["task_state"]) not in SHOWS_PROGRESS:
        return UNSET
    return 100 if row["vm_state"] == "active" else row["progress"]


def fault(row: Row, call: Any) -> Any:
    """Why a server is in ERROR; details are for administrators, or when nothing unforeseen happened."""
    kept = row["fault"]
    if kept is None or row["vm_state"] != "error":
        return UNSET
    shown = {"code": kept["code"], "created": kept["created"], "message": kept["message"]}
    if kept.get("details") and (call.who.is_admin or kept["code"] != 500):
        shown["details"] = kept["details"]
    return shown


@lru_cache(maxsize=65536)
def _host_id(project_id: str, host: str) -> str:
    return hashlib.sha224((project_id + host).encode()).hexdigest()


def host_id(row: Row, _call: Any) -> str:
    """A name for the host that only means something within the project."""
    return _host_id(row["project_id"], row["host"]) if row["host"] else ""


def image(row: Row, call: Any) -> Any:
    """The image; an empty string when there is none."""
    if not row["image_id"]:
        return ""
    shown: dict[str, Any] = {
        "id": row["image_id"],
        "links": [{"rel": "bookmark", "href": f"{call.base}/images/{row['image_id']}"}],
    }
    if call.applies(IMAGE_PROPERTIES):
        shown["properties"] = image_properties(row["image"])
    return shown


def image_properties(record: dict[str, Any]) -> dict[str, Any]:
    """An image's properties as servers show them."""
    return {
        **record.get("properties", {}),
        "base_image_ref": record.get("id", ""),
        "container_format": record.get("container_format", ""),
        "disk_format": record.get("disk_format", ""),
        "min_disk": str(record.get("min_disk", 0)),
        "min_ram": str(record.get("min_ram", 0)),
    }


def flavor_link(row: Row, call: Any) -> dict[str, Any]:
    """The flavor by its id."""
    found = row["flavor_id"]
    return {"id": found, "links": [{"rel": "bookmark", "href": f"{call.base}/flavors/{found}"}]}


def flavor(row: Row, _call: Any) -> dict[str, Any]:
    """The flavor's content."""
    kept = row["flavor"]
    shown = {
        "vcpus": kept["vcpus"],
        "ram": kept["ram"],
        "disk": kept["disk"],
        "ephemeral": kept["ephemeral"],
        "swap": kept["swap"],
        "original_name": kept["name"],
    }
    if row.get("shows_specs", True):
        shown["extra_specs"] = kept["extra_specs"]
    return shown


def addresses(row: Row, _call: Any) -> dict[str, Any]:
    """Addresses by the network's name."""
    shown: dict[str, list[dict[str, Any]]] = {}
    for port in row.get("ports", ()):
        entries = shown.setdefault(port.network_name, [])
        for address in port.addresses:
            entries.append(
                {
                    "version": address.version,
                    "addr": address.address,
                    "OS-EXT-IPS:type": "floating" if address.floating else "fixed",
                    "OS-EXT-IPS-MAC:mac_addr": port.mac,
                }
            )
    return {name: entries for name, entries in shown.items() if entries}


def plain_addresses(row: Row) -> dict[str, Any]:
    """Addresses by the network's name, each only version and address."""
    return {
        name: [{"version": e["version"], "addr": e["addr"]} for e in entries]
        for name, entries in addresses(row, None).items()
    }


def security_groups(row: Row, _call: Any) -> Any:
    """Names of the security groups of all nics."""
    names = row.get("group_names")
    return [{"name": name} for name in names] if names else UNSET


def hostname(row: Row, call: Any) -> Any:
    """The guest's host name; for administrators only before everybody might choose it."""
    if call.applies(HOSTNAMES) or row.get("extended"):
        return row["hostname"]
    return UNSET


def server_groups(row: Row, _call: Any) -> Any:
    """The server's group in a list; not in lists of servers."""
    groups = row.get("server_groups")
    return UNSET if groups is None else groups


def instance_name(row: Row, _call: Any) -> str:
    """The domain's name on its host."""
    return domain_name(row["number"])


def domain_name(number: int) -> str:
    """The name of a server's domain."""
    return f"instance-{number:08x}"
