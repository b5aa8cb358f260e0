"""The fields of an image.

Source: Glance's image schema; what the schema does not name are free properties, strings all.
"""

from collections.abc import Mapping
from typing import Any

from pileus.image.versions import IMAGE
from pileus.kernel.api import fields as f
from pileus.kernel.api.schema import Schema

CONTAINER_FORMATS = ("ami", "ari", "aki", "bare", "ovf", "ova", "docker", "compressed")
DISK_FORMATS = ("ami", "ari", "aki", "vhd", "vhdx", "vmdk", "raw", "qcow2", "vdi", "iso", "ploop", "gpt")
UUID = "^([0-9a-fA-F]){8}-([0-9a-fA-F]){4}-([0-9a-fA-F]){4}-([0-9a-fA-F]){4}-([0-9a-fA-F]){12}$"
STATUSES = (
    "queued",
    "saving",
    "active",
    "killed",
    "deleted",
    "uploading",
    "importing",
    "pending_delete",
    "deactivated",
)
VISIBILITIES = ("community", "public", "private", "shared")


def _at(name: str) -> f.Show:
    return lambda row, call: call.stamp(row[name])


def _path(*tail: str) -> f.Show:
    return lambda row, _call: "/".join(("/v2/images", row["id"], *tail))


def _stores(row: Mapping[str, Any], _call: Any) -> Any:
    return ",".join(dict.fromkeys(place["store"] for place in row["locations"])) or f.UNSET


def _shown(name: str) -> f.Show:
    return lambda row, _call: row.get(name, f.UNSET)


def _if_set(name: str) -> f.Show:
    return lambda row, _call: row["extra"].get(name, f.UNSET)


def _free(doc: str, name: str) -> f.Field:
    return f.text(doc, most=None, show=_if_set(name))


def _image_of(doc: str, name: str) -> f.Field:
    return f.text(doc, most=None, pattern=UUID, nullable=True, show=_if_set(name))


def _sequence(row: Mapping[str, Any], _call: Any) -> Any:
    return row["tags"]


class Image(Schema, key="", plural="images", history=IMAGE, extra="keep", extra_json={"type": "string"}):
    """A disk to boot from, or a part of one."""

    id = f.text("Identifier.", most=None, pattern=UUID, create_only=True)
    name = f.text("Shown to users; need not be unique.", nullable=True)
    status = f.text("How far it is.", choices=STATUSES, read_only=True)
    visibility = f.text("Who sees it.", choices=VISIBILITIES)
    protected = f.boolean("Whether it cannot be deleted.")
    os_hidden = f.boolean("Whether lists leave it out unless asked.")
    checksum = f.text("MD5 of the data.", most=32, nullable=True, read_only=True)
    os_hash_algo = f.text("The algorithm of `os_hash_value`.", most=64, nullable=True, read_only=True)
    os_hash_value = f.text("The digest of the data.", most=128, nullable=True, read_only=True)
    owner = f.text("The project that owns it.", nullable=True)
    size = f.integer("Bytes of the data.", nullable=True, read_only=True)
    virtual_size = f.integer("Bytes of the disk described by the data.", nullable=True, read_only=True)
    container_format = f.text("What wraps the disk.", choices=CONTAINER_FORMATS, nullable=True)
    disk_format = f.text("The disk's own format.", choices=DISK_FORMATS, nullable=True)
    min_disk = f.integer("GiB of disk needed to boot it.", least=0, most=2147483647)
    min_ram = f.integer("MiB of memory needed to boot it.", least=0, most=2147483647)
    tags = f.array(f.text("A tag."), "Words to find it by.", show=_sequence)
    created_at = f.text("When it was made.", read_only=True, show=_at("created_at"))
    updated_at = f.text("When it was last changed.", read_only=True, show=_at("updated_at"))
    self = f.text("Its address.", read_only=True, show=_path())
    file = f.text("Its data's address.", read_only=True, show=_path("file"))
    stores = f.text("The stores that have its data.", read_only=True, show=_stores)
    direct_url = f.text("Where its data lie, if the cloud tells.", read_only=True, show=_shown("direct_url"))
    locations = f.array(
        f.anything("A place.", {"type": "object"}),
        "Where its data lie, if the cloud tells.",
        read_only=True,
        show=_shown("shown_locations"),
    )
    schema = f.text("Its schema's address.", read_only=True, show=lambda _row, _call: "/v2/schemas/image")
    kernel_id = _image_of("The image that holds the kernel, for images in Amazon's form.", "kernel_id")
    ramdisk_id = _image_of("The image that holds the initial ramdisk, for images in Amazon's form.", "ramdisk_id")
    instance_uuid = _free("The server that the image was made of; a note.", "instance_uuid")
    architecture = _free("The processor architecture that the image runs on.", "architecture")
    os_distro = _free("The operating system's short name, as libosinfo writes it.", "os_distro")
    os_version = _free("The operating system's version, as its maker writes it.", "os_version")
    description = _free("What the image is, for people.", "description")
    cinder_encryption_key_id = _free(
        "The key manager's identifier of the key for volumes made of the image.", "cinder_encryption_key_id"
    )
    cinder_encryption_key_deletion_policy = f.text(
        "Whether the key is deleted together with the image.",
        choices=("on_image_deletion", "do_not_delete"),
        show=_if_set("cinder_encryption_key_deletion_policy"),
    )


FREE = frozenset(
    [
        "kernel_id",
        "ramdisk_id",
        "instance_uuid",
        "architecture",
        "os_distro",
        "os_version",
        "description",
        "cinder_encryption_key_id",
        "cinder_encryption_key_deletion_policy",
    ]
)
"""Free properties that Glance's schema of images knows: they are checked, and stand among the others."""

READ_ONLY = frozenset(
    [
        "id",
        "status",
        "checksum",
        "os_hash_algo",
        "os_hash_value",
        "size",
        "virtual_size",
        "created_at",
        "updated_at",
        "self",
        "file",
        "schema",
        "direct_url",
        "stores",
    ]
)
"""Attributes that only the service sets."""

RESERVED = frozenset(["location", "locations", "deleted", "deleted_at", "is_public"])
"""Names that no free property may have."""


def is_reserved(name: str) -> bool:
    """Whether no free property may have the name: those above, and the service's own namespace."""
    return name in RESERVED or name.startswith("os_glance_")
