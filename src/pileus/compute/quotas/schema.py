"""Quotas on the wire, as each microversion has them."""

from typing import Any

from pileus.compute.pages.schema import MOST_INTEGER
from pileus.compute.versions import CLASS_QUOTA_GROUPS, COMPUTE, NO_PERSONALITY, PROXIES_GONE, STRICT_FORMS
from pileus.kernel.api import fields as f
from pileus.kernel.api.schema import Schema


def _limit(value: Any) -> int:
    number = int(value)
    if not -1 <= number <= MOST_INTEGER:
        raise ValueError(f"{number} is not between -1 and {MOST_INTEGER}")
    return number


_ANY: Any = {"loose": True, "least": -1, "most": MOST_INTEGER, "convert": _limit}
_FILES: Any = {**_ANY, "until": NO_PERSONALITY}


class Limits(Schema, history=COMPUTE):
    """What every form of a quota has."""

    instances = f.integer("Servers.", **_ANY)
    cores = f.integer("Virtual CPUs.", **_ANY)
    ram = f.integer("MiB of memory.", **_ANY)
    metadata_items = f.integer("Entries of a server's metadata.", **_ANY)
    key_pairs = f.integer("Keypairs of a user.", **_ANY)
    injected_files = f.integer("Files put into a server.", **_FILES)
    injected_file_content_bytes = f.integer("Bytes of one.", **_FILES)
    injected_file_path_bytes = f.integer("Bytes of its path.", **_FILES)


_NETWORK: Any = {**_ANY, "until": PROXIES_GONE}


class QuotaSet(Limits, key="quota_set"):
    """What a project may have; -1 is no limit."""

    id = f.text("The project.", read_only=True)
    force = f.boolean("Whether a limit may be below what is used.", loose=True, write_only=True)
    server_groups = f.integer("Server groups.", **_ANY)
    server_group_members = f.integer("Servers of a group.", **_ANY)
    fixed_ips = f.integer("The network service's matter.", **_NETWORK)
    floating_ips = f.integer("The network service's matter.", **_NETWORK)
    security_groups = f.integer("The network service's matter.", **_NETWORK)
    security_group_rules = f.integer("The network service's matter.", **_NETWORK)


_CLASS_NETWORK: Any = {**_ANY, "until": CLASS_QUOTA_GROUPS}


class QuotaClassSet(Limits, key="quota_class_set"):
    """What projects without a quota of their own may have; -1 is no limit."""

    id = f.text("The class.", read_only=True)
    server_groups = f.integer("Server groups.", since=CLASS_QUOTA_GROUPS, **_ANY)
    server_group_members = f.integer("Servers of a group.", since=CLASS_QUOTA_GROUPS, **_ANY)
    groups_before = f.integer("Server groups.", wire="server_groups", write_only=True, **_CLASS_NETWORK)
    members_before = f.integer("Servers of a group.", wire="server_group_members", write_only=True, **_CLASS_NETWORK)
    fixed_ips = f.integer("The network service's matter.", **_CLASS_NETWORK)
    floating_ips = f.integer("The network service's matter.", **_CLASS_NETWORK)
    security_groups = f.integer("The network service's matter.", **_CLASS_NETWORK)
    security_group_rules = f.integer("The network service's matter.", **_CLASS_NETWORK)


class UserQuery(Schema, history=COMPUTE, extra="ignore", strict_since=STRICT_FORMS):
    """Whose quota is meant."""

    user_id = f.text("One user in the project.")
