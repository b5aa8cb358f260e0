"""What servers look like in answers, in every version."""

from dataclasses import replace
from types import new_class
from typing import Any

from pileus.compute.servers.viewing import showing as s
from pileus.compute.versions import (
    COMPUTE,
    FLAVOR_EMBEDDED,
    GROUPS_OF_SERVER,
    LOCKED_REASON,
    MORE_SERVER_ATTRIBUTES,
    PINNED_ZONE,
    SCHEDULER_HINTS,
    SERVER_DESCRIPTION,
    SERVER_HOST_STATUS,
    SERVER_LOCKED,
    SERVER_TAGS,
    STRICT_FORMS,
    TRUSTED_CERTIFICATES,
)
from pileus.kernel.api import fields as f
from pileus.kernel.api.fields import Field
from pileus.kernel.api.schema import Schema

_TEXT = {"type": "string"}
_OBJECT = {"type": "object"}
_LIST = {"type": "array"}
_ATTR = "OS-EXT-SRV-ATTR:"


def _shown(doc: str, json: dict[str, Any], show: Any, **options: Any) -> Field:
    return f.anything(doc, json, show=show, read_only=True, **options)


class ServerSummary(Schema, key="server", history=COMPUTE):
    """A server in a short list."""

    id = f.ident("Identifier.", read_only=True)
    name = f.text("Shown to users.", read_only=True)
    links = _shown("Where it is found.", _LIST, s.links)


class CreatedServer(Schema, key="server", history=COMPUTE):
    """What creating a server answers."""

    id = f.ident("Identifier.", read_only=True)
    links = _shown("Where it is found.", _LIST, s.links)
    disk_config = f.text("AUTO or MANUAL.", wire="OS-DCF:diskConfig", read_only=True)
    security_groups = f.anything("What was asked for.", _LIST, source="asked_groups", read_only=True)
    password = f.text("The administrator's password, shown only now.", wire="adminPass", read_only=True)


class Server(Schema, key="server", history=COMPUTE):
    """A server."""

    id = f.ident("Identifier.", read_only=True)
    name = f.text("Shown to users.", read_only=True)
    status = _shown("What it does.", _TEXT, s.state)
    project_id = f.ident("Owner.", wire="tenant_id", read_only=True)
    user_id = f.ident("Who made it.", read_only=True)
    metadata = f.mapping("Free keys and values.", read_only=True)
    host_id = _shown("Its host, told only within the project.", _TEXT, s.host_id, wire="hostId")
    image = _shown("What it was made from.", {}, s.image)
    flavor_before = _shown("Its flavor.", _OBJECT, s.flavor_link, wire="flavor", until=FLAVOR_EMBEDDED)
    flavor = _shown("Its flavor's content.", _OBJECT, s.flavor, since=FLAVOR_EMBEDDED)
    created = _shown("When it was accepted.", _TEXT, lambda row, _call: s.stamp(row["created_at"]))
    updated = _shown("When it last changed.", _TEXT, lambda row, _call: s.stamp(row["updated_at"]))
    addresses = _shown("Its addresses by network.", _OBJECT, s.addresses)
    access_ip_v4 = f.text("Address to reach it by.", wire="accessIPv4", read_only=True)
    access_ip_v6 = f.text("Address to reach it by.", wire="accessIPv6", read_only=True)
    links = _shown("Where it is found.", _LIST, s.links)
    disk_config = f.text("AUTO or MANUAL.", wire="OS-DCF:diskConfig", read_only=True)
    progress = _shown("Percent.", {"type": "integer"}, s.progress)
    fault = _shown("Why it is in ERROR.", _OBJECT, s.fault)
    zone = _shown("Its zone.", _TEXT, lambda row, _call: row["zone"] or "", wire="OS-EXT-AZ:availability_zone")
    config_drive = _shown("Whether it has one.", _TEXT, lambda row, _call: "True" if row["config_drive"] else "")
    key_name = f.text("Its keypair.", nullable=True, read_only=True)
    launched_at = _shown(
        "When it was first active.", {}, lambda row, _call: s.naive(row["launched_at"]), wire="OS-SRV-USG:launched_at"
    )
    terminated_at = _shown(
        "When it ended.", {}, lambda row, _call: s.naive(row["terminated_at"]), wire="OS-SRV-USG:terminated_at"
    )
    security_groups = _shown("Those of its nics.", _LIST, s.security_groups)
    task_state = f.text("What is being done.", wire="OS-EXT-STS:task_state", nullable=True, read_only=True)
    vm_state = f.text("Its stable state.", wire="OS-EXT-STS:vm_state", read_only=True)
    power_state = f.integer("Of its domain.", wire="OS-EXT-STS:power_state", read_only=True)
    volumes = _shown(
        "Attached volumes.", _LIST, lambda row, _call: row.get("volumes", []),
        wire="os-extended-volumes:volumes_attached",
    )  # fmt: skip
    host = f.text("Its host.", wire=_ATTR + "host", nullable=True, read_only=True)
    instance_name = _shown("Its domain.", _TEXT, s.instance_name, wire=_ATTR + "instance_name")
    node = f.text("Its hypervisor.", wire=_ATTR + "hypervisor_hostname", nullable=True, read_only=True)
    hostname = _shown("The guest's name.", _TEXT, s.hostname, wire=_ATTR + "hostname", since=MORE_SERVER_ATTRIBUTES)
    kernel_id = _shown(
        "Its kernel image.", {}, lambda row, _call: row["image"].get("properties", {}).get("kernel_id", ""),
        wire=_ATTR + "kernel_id", since=MORE_SERVER_ATTRIBUTES,
    )  # fmt: skip
    ramdisk_id = _shown(
        "Its ramdisk image.", {}, lambda row, _call: row["image"].get("properties", {}).get("ramdisk_id", ""),
        wire=_ATTR + "ramdisk_id", since=MORE_SERVER_ATTRIBUTES,
    )  # fmt: skip
    launch_index = f.integer(
        "Its place in its reservation.", wire=_ATTR + "launch_index", read_only=True, since=MORE_SERVER_ATTRIBUTES
    )
    reservation_id = f.text(
        "What it was made with.", wire=_ATTR + "reservation_id", read_only=True, since=MORE_SERVER_ATTRIBUTES
    )
    root_device = _shown(
        "Its root disk.", _TEXT, lambda _row, _call: "/dev/vda", wire=_ATTR + "root_device_name",
        since=MORE_SERVER_ATTRIBUTES,
    )  # fmt: skip
    user_data = _shown(
        "For the guest, base64.", {}, lambda row, _call: row.get("user_data"), wire=_ATTR + "user_data",
        since=MORE_SERVER_ATTRIBUTES,
    )  # fmt: skip
    locked = _shown(
        "Whether it is locked.", {"type": "boolean"}, lambda row, _call: row["locked_by"] is not None,
        since=SERVER_LOCKED,
    )  # fmt: skip
    host_status = f.text("How its host fares.", read_only=True, since=SERVER_HOST_STATUS)
    description = f.text("Free text.", nullable=True, read_only=True, since=SERVER_DESCRIPTION)
    tags = _shown("Tags.", _LIST, lambda row, _call: row.get("tags", []), since=SERVER_TAGS)
    certificates = f.anything(
        "Certificates.", wire="trusted_image_certificates", read_only=True, since=TRUSTED_CERTIFICATES
    )
    server_groups = _shown("Its group.", _LIST, s.server_groups, since=GROUPS_OF_SERVER)
    locked_reason = f.text("Why it is locked.", nullable=True, read_only=True, since=LOCKED_REASON)
    pinned_zone = f.text(
        "The zone it must stay in.", wire="pinned_availability_zone", nullable=True, read_only=True, since=PINNED_ZONE
    )
    hints = _shown(
        "What the scheduler was told.", _OBJECT, lambda row, _call: row["hints"] or {}, wire="scheduler_hints",
        since=SCHEDULER_HINTS,
    )  # fmt: skip


EXTENDED = frozenset(
    item.wire for item in Server.fields.values() if item.wire.startswith(_ATTR) and item.wire != _ATTR + "hostname"
)
"""What only those see who may see `os-extended-server-attributes`."""

_LATE = {
    item
    for item, made in Server.fields.items()
    if made.wire.startswith(("OS-EXT-", "OS-SRV-USG:", "os-extended-volumes:"))
    or item in {"security_groups", "key_name", "config_drive", "host_status"}
}
"""What an answer to PUT shows only since servers look the same everywhere."""


def _late(made: Field) -> Field:
    since = made.since if made.since is not None and made.since.number > STRICT_FORMS.number else STRICT_FORMS
    return replace(made, since=since)


UpdatedServer: type[Schema] = new_class(
    "UpdatedServer",
    (Server,),
    {"key": "server"},
    lambda namespace: namespace.update({name: _late(Server.fields[name]) for name in _LATE}),
)
"""A server as PUT answers it: shorter before 2.75."""
