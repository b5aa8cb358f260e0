"""Absolute limits on the wire, as each microversion has them."""

from typing import Any

from pileus.compute.versions import COMPUTE, IMAGE_METADATA_GONE, NO_PERSONALITY, PROXIES_GONE, STRICT_FORMS
from pileus.kernel.api import fields as f
from pileus.kernel.api.schema import Schema


def _most(name: str, doc: str, **more: Any) -> Any:
    return f.integer(doc, source=name, read_only=True, **more)


def _used(name: str, doc: str, **more: Any) -> Any:
    return f.integer(doc, source=f"{name}_used", read_only=True, **more)


class AbsoluteLimits(Schema, history=COMPUTE):
    """Limits, and what is used of those that are counted."""

    maxTotalInstances = _most("instances", "Servers.")  # noqa: N815 - the name on the wire
    maxTotalCores = _most("cores", "Virtual CPUs.")  # noqa: N815
    maxTotalRAMSize = _most("ram", "MiB of memory.")  # noqa: N815
    maxServerMeta = _most("metadata_items", "Entries of a server's metadata.")  # noqa: N815
    maxImageMeta = _most("metadata_items", "Entries of an image's.", until=IMAGE_METADATA_GONE)  # noqa: N815
    maxPersonality = _most("injected_files", "Files put into a server.", until=NO_PERSONALITY)  # noqa: N815
    maxPersonalitySize = _most(  # noqa: N815
        "injected_file_content_bytes", "Bytes of one.", until=NO_PERSONALITY
    )
    maxTotalKeypairs = _most("key_pairs", "Keypairs of a user.")  # noqa: N815
    maxServerGroups = _most("server_groups", "Server groups.")  # noqa: N815
    maxServerGroupMembers = _most("server_group_members", "Servers of one.")  # noqa: N815
    maxTotalFloatingIps = _most("floating_ips", "No limit here.", until=PROXIES_GONE)  # noqa: N815
    maxSecurityGroups = _most("security_groups", "No limit here.", until=PROXIES_GONE)  # noqa: N815
    maxSecurityGroupRules = _most("security_group_rules", "No limit here.", until=PROXIES_GONE)  # noqa: N815
    totalInstancesUsed = _used("instances", "Servers.")  # noqa: N815
    totalCoresUsed = _used("cores", "Virtual CPUs.")  # noqa: N815
    totalRAMUsed = _used("ram", "MiB of memory.")  # noqa: N815
    totalServerGroupsUsed = _used("server_groups", "Server groups.")  # noqa: N815
    totalFloatingIpsUsed = _used("floating_ips", "Not counted here.", until=PROXIES_GONE)  # noqa: N815
    totalSecurityGroupsUsed = _used("security_groups", "Not counted here.", until=PROXIES_GONE)  # noqa: N815


class LimitsShown(Schema, key="limits", history=COMPUTE):
    """All limits; there are none on rates."""

    rate = f.array(f.anything("A limit on a rate."), "Always empty.", read_only=True, show=lambda _row, _call: [])
    absolute = f.nested(AbsoluteLimits, "Limits on amounts.", read_only=True)


class LimitsQuery(Schema, history=COMPUTE, extra="ignore", strict_since=STRICT_FORMS):
    """Whose limits are meant."""

    reserved = f.text("Means nothing.")
    tenant_id = f.text("Another project; for administrators.")
