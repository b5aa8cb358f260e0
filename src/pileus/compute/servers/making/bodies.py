"""What requests about servers are made of."""

import ipaddress
from typing import Any

from pileus.compute.servers.making import forms
from pileus.compute.versions import (
    AUTO_NETWORKS,
    BDM_VOLUME_TYPE,
    CHANGE_PINNED_ZONE,
    COMPUTE,
    DEVICE_TAGS,
    DEVICE_TAGS_BACK,
    HOST_ON_CREATE,
    HOSTNAMES,
    HYPERVISOR_PAGES,
    LONG_HOSTNAMES,
    NO_PERSONALITY,
    SERVER_DESCRIPTION,
    TAGS_ON_CREATE,
    TRUSTED_CERTIFICATES,
)
from pileus.kernel.api import fields as f
from pileus.kernel.api.schema import Schema


def _address(value: str) -> str:
    """An address in its shortest form."""
    return str(ipaddress.ip_address(value)) if value else ""


def _digits(least: int) -> dict[str, Any]:
    return {"type": ["integer", "string"], "pattern": "^[0-9]*$", "minimum": least, "minLength": 1}


class ServerBody(Schema, key="server", history=COMPUTE):
    """What both creating and changing a server take."""

    disk_config = f.text("AUTO or MANUAL partitioning.", choices=("AUTO", "MANUAL"), wire="OS-DCF:diskConfig")
    access_ip_v4 = f.anything(
        "The IPv4 address to reach it by, for people.",
        {"type": "string", "anyOf": [{"format": "ipv4"}, {"maxLength": 0}]},
        wire="accessIPv4",
        convert=_address,
    )
    access_ip_v6 = f.anything(
        "The IPv6 address to reach it by, for people.",
        {"type": "string", "anyOf": [{"format": "ipv6"}, {"maxLength": 0}]},
        wire="accessIPv6",
        convert=_address,
    )
    description = f.text("Free text.", nullable=True, pattern=r"^[^\x00-\x1f]*$", since=SERVER_DESCRIPTION)
    hostname_short = f.text(
        "The guest's host name.",
        wire="hostname",
        least=2,
        most=63,
        pattern=forms.HOSTNAME,
        since=HOSTNAMES,
        until=LONG_HOSTNAMES,
    )
    hostname = f.text("The guest's host name.", least=2, most=255, pattern=forms.FQDN, since=LONG_HOSTNAMES)


class NewServer(ServerBody, key="server"):
    """A server to be created."""

    name = f.text("Shown to users; need not be unique.", least=1, pattern=forms.NAME, required=True)
    flavor = f.anything("The flavor's id.", {"type": ["string", "integer"], "minLength": 1}, wire="flavorRef",
                        required=True, convert=lambda value: str(value).rpartition("/")[2])  # fmt: skip
    image = f.anything(
        "The image's id.",
        {"type": "string", "anyOf": [{"format": "uuid-like"}, {"maxLength": 0}]},
        wire="imageRef",
    )
    password = f.text("The administrator's password; made up when missing.", most=None, wire="adminPass")
    metadata = f.mapping("Free keys and values.", keys=forms.METADATA_KEY, values=forms.METADATA_VALUE)
    networks_first = f.anything(
        "The nics.", forms.networks(tag=False, strict=False), wire="networks", until=DEVICE_TAGS
    )
    networks_tagged = f.anything(
        "The nics.", forms.networks(tag=True, strict=False), wire="networks", since=DEVICE_TAGS, until=AUTO_NETWORKS
    )
    networks_untagged = f.anything(
        "The nics.",
        forms.networks(tag=False, strict=True),
        wire="networks",
        required=True,
        since=AUTO_NETWORKS,
        until=DEVICE_TAGS_BACK,
    )
    networks = f.anything("The nics.", forms.networks(tag=True, strict=True), required=True, since=DEVICE_TAGS_BACK)
    personality = f.anything("Files for the guest; no longer put there.", {"type": "array"}, until=NO_PERSONALITY)
    zone = f.text("The availability zone; ZONE:HOST for administrators.", least=1, wire="availability_zone")
    old_devices = f.anything("Disks, in the form of old.", {"type": "array"}, wire="block_device_mapping")
    devices_first = f.anything("The disks.", forms.block_devices(), wire="block_device_mapping_v2", until=DEVICE_TAGS)
    devices_tagged = f.anything(
        "The disks.",
        forms.block_devices(tag=True),
        wire="block_device_mapping_v2",
        since=DEVICE_TAGS,
        until=HYPERVISOR_PAGES,
    )
    devices_untagged = f.anything(
        "The disks.",
        forms.block_devices(),
        wire="block_device_mapping_v2",
        since=HYPERVISOR_PAGES,
        until=DEVICE_TAGS_BACK,
    )
    devices_again = f.anything(
        "The disks.",
        forms.block_devices(tag=True),
        wire="block_device_mapping_v2",
        since=DEVICE_TAGS_BACK,
        until=BDM_VOLUME_TYPE,
    )
    devices = f.anything(
        "The disks.",
        forms.block_devices(tag=True, volume_type=True),
        wire="block_device_mapping_v2",
        since=BDM_VOLUME_TYPE,
    )
    config_drive = f.boolean("Whether the guest gets a drive with its metadata.", loose=True)
    key_name = f.text("The keypair whose public key the guest gets.", least=1)
    min_count = f.anything("How many servers at the least.", _digits(1), convert=int)
    max_count = f.anything("How many servers at the most.", _digits(1), convert=int)
    return_reservation_id = f.boolean("Whether to answer only the id of the reservation.", loose=True)
    security_groups = f.anything(
        "Names or ids of security groups.",
        {
            "type": "array",
            "items": {
                "type": "object",
                "properties": {"name": {"type": "string", "minLength": 1, "maxLength": 255}},
                "additionalProperties": False,
            },
        },
    )
    user_data = f.anything("For the guest, base64.", {"type": "string", "format": "base64", "maxLength": 65535})
    tags = f.anything("Tags.", {"type": "array", "items": forms.TAG, "maxItems": forms.MOST_TAGS}, since=TAGS_ON_CREATE)
    certificates = f.anything(
        "Certificates that the image's signature must lead to.",
        {
            "type": ["array", "null"],
            "minItems": 1,
            "maxItems": 50,
            "uniqueItems": True,
            "items": {"type": "string", "minLength": 1},
        },
        wire="trusted_image_certificates",
        since=TRUSTED_CERTIFICATES,
    )
    host = f.text("The host to land on.", least=1, pattern=forms.FQDN, since=HOST_ON_CREATE)
    node = f.text(
        "The hypervisor to land on.", least=1, pattern=forms.FQDN, wire="hypervisor_hostname", since=HOST_ON_CREATE
    )
    hints = f.anything("Hints for the scheduler.", forms.HINTS, wire="os:scheduler_hints", beside=True)
    old_hints = f.anything("Hints for the scheduler.", forms.HINTS, wire="OS-SCH-HNT:scheduler_hints", beside=True)


class ChangedServer(ServerBody, key="server"):
    """What of a server can be changed."""

    name = f.text("Shown to users.", least=1, pattern=forms.NAME)
    pinned_zone = f.text(
        "The zone that the server must stay in; null for none.",
        nullable=True,
        wire="pinned_availability_zone",
        since=CHANGE_PINNED_ZONE,
    )
