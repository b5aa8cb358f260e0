"""Reading what a body asks for: nics and disks.  Pure."""

import re
from typing import Any

from pileus.kernel.api.errors import BadRequest
from pileus.network.service import PortRequest

_UUID = re.compile(r"[0-9a-fA-F]{8}-?[0-9a-fA-F]{4}-?[0-9a-fA-F]{4}-?[0-9a-fA-F]{4}-?[0-9a-fA-F]{12}")


def port_requests(networks: list[dict[str, Any]], groups: tuple[str, ...] | None, count: int) -> list[PortRequest]:
    """The nics of a body's list.

    Raises:
        BadRequest: an entry names nothing, or something that several servers cannot share.
    """
    requests = []
    for entry in networks:
        port, address, network = entry.get("port"), entry.get("fixed_ip", ""), entry.get("uuid", "")
        if port and address:
            raise BadRequest(
                f"Specified Fixed IP '{address}' cannot be used with port '{port}': give only one of them."
            )
        if (port or address) and count > 1:
            raise BadRequest("max_count cannot be greater than 1 if an fixed_ip or port is specified.")
        if port:
            requests.append(PortRequest(port_id=port, tag=entry.get("tag", "")))
            continue
        if not _UUID.fullmatch(network):
            raise BadRequest(f"Bad networks format: network uuid is not in proper format ({network})")
        requests.append(
            PortRequest(network_id=network, fixed_ip=address, security_groups=groups, tag=entry.get("tag", ""))
        )
    return requests


def boot_image(body: dict[str, Any]) -> str:
    """The image that a server boots from: `imageRef`, or the image of a local boot disk.

    Raises:
        BadRequest: the body asks for volumes, or for no image at all.
    """
    image: str = (body.get("imageRef") or "").rpartition("/")[2]
    if body.get("block_device_mapping"):
        raise BadRequest("Block Device Mapping is Invalid: this cloud offers no volumes.")
    for disk in body.get("block_device_mapping_v2") or ():
        source, target = disk.get("source_type"), disk.get("destination_type", "")
        if source == "image" and target in {"local", ""} and str(disk.get("boot_index")) == "0":
            uuid = disk.get("uuid") or disk.get("image_id") or ""
            if image and uuid != image:
                raise BadRequest("Block Device Mapping is Invalid: the boot disk's image is not imageRef.")
            image = uuid
        elif source == "blank" and target in {"local", ""}:
            continue  # swap and ephemeral disks come from the flavor
        else:
            raise BadRequest("Block Device Mapping is Invalid: this cloud offers no volumes.")
    if not image:
        raise BadRequest("Invalid imageRef provided.")
    return image


def zone_and_host(text: str) -> tuple[str, str]:
    """The zone and the forced host of `ZONE`, `ZONE:HOST` or `ZONE:HOST:NODE`.

    Raises:
        BadRequest: it is none of them.
    """
    zone, *rest = text.split(":")
    if len(rest) > 2:
        raise BadRequest("Invalid availability_zone specified. Valid forms are ZONE, ZONE:HOST and ZONE:HOST:NODE.")
    return zone, next((part for part in rest if part), "")


def hostname_of(name: str, id: str) -> str:
    """A host name made from a server's name."""
    made = re.sub(r"[ _]", "-", name)
    made = re.sub(r"[^\w.-]+", "", made, flags=re.ASCII).lower().strip(".-")
    made = made.replace(".", "-")[:63].rstrip("-")
    return made or f"server-{id}"
