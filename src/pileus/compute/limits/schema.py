"""Absolute limits on the wire, as each microversion has them."""

# ruff: noqa: N815 - the names are those on the wire

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

    maxTotalInstances = _most("instances", "Servers.")
    maxTotalCores = _most("cores", "Virtual CPUs.")
    maxTotalRAMSize = _most("ram", "MiB of memory.")
    maxServerMeta = _most("metadata_items", "Entries of a server's metadata.")
    maxImageMeta = _most("metadata_items", "Entries of an image's.", until=IMAGE_METADATA_GONE)
    maxPersonality = _most("injected_files", "Files put into a server.", until=NO_PERSONALITY)
    maxPersonalitySize = _most("injected_file_content_bytes", "Bytes of one.", until=NO_PERSONALITY)
    maxTotalKeypairs = _most("key_pairs", "Keypairs of a user.")
    maxServerGroups = _most("server_groups", "Server groups.")
    maxServerGroupMembers = _most("server_group_members", "Servers of one.")
    maxTotalFloatingIps = _most("floating_ips", "No limit here.", until=PROXIES_GONE)
    maxSecurityGroups = _most("security_groups", "No limit here.", until=PROXIES_GONE)
    maxSecurityGroupRules = _most("security_group_rules", "No limit here.", until=PROXIES_GONE)
    totalInstancesUsed = _used("instances", "Servers.")
    totalCoresUsed = _used("cores", "Virtual CPUs.")
    totalRAMUsed = _used("ram", "MiB of memory.")
    totalServerGroupsUsed = _used("server_groups", "Server groups.")
    totalFloatingIpsUsed = _used("floating_ips", "Not counted here.", until=PROXIES_GONE)
    totalSecurityGroupsUsed = _used("security_groups", "Not counted here.", until=PROXIES_GONE)


class LimitsShown(Schema, key="limits", history=COMPUTE):
    """All limits; there are none on rates."""

    rate = f.array(f.anything("A limit on a rate."), "Always empty.", read_only=True, show=lambda _row, _call: [])
    absolute = f.nested(AbsoluteLimits, "Limits on amounts.", read_only=True)


class LimitsQuery(Schema, history=COMPUTE, extra="ignore", strict_since=STRICT_FORMS):
    """Whose limits are meant."""

    reserved = f.text("Means nothing.")
    tenant_id = f.text("Another project; for administrators.")
