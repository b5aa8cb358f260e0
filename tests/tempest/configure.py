"""Write ``tempest.conf`` for a running cloud, through the cloud's public APIs only.

Reads the cloud from ``OS_CLOUD`` or the ``OS_*`` variables. What it cannot know better can be given:
IMAGE_REF, IMAGE_REF_ALT, FLAVOR_REF, FLAVOR_REF_ALT, PUBLIC_NETWORK_ID, SSH_USER (default ``cirros``), and
TEMPEST_SET with ``section.option=value`` pairs separated by semicolons. The rules for passwords are read from
``$STATE/settings.toml``. When something is missing, it says so in one line and exits with 2.
"""

from __future__ import annotations

import argparse
import configparser
import os
import sys
import tomllib
from pathlib import Path
from typing import Any

import openstack
from openstack.connection import Connection

FLAGS = {
    "image": "glance",
    "compute": "nova",
    "network": "neutron",
    "volume": "cinder",
    "object-store": "swift",
    "dashboard": "horizon",
}
"""The option of ``[service_available]`` that each service has; identity is always there."""

IDENTITY = ("api_v3", "trust", "domain_specific_drivers", "security_compliance", "access_rules")
"""What identity has of what Tempest asks for in ``[identity-feature-enabled]``."""

Sections = dict[str, dict[str, str]]


ACTIONS: dict[str, dict[str, Any]] = {
    "resize": {"resize": {"flavorRef": "1"}},
    "shelve": {"shelve": None},
    "rescue": {"rescue": {}},
    "snapshot": {"createImage": {"name": "n"}},
    "cold_migration": {"migrate": None},
    "live_migration": {"os-migrateLive": {"host": None, "block_migration": False, "disk_over_commit": False}},
}
"""The option of ``[compute-feature-enabled]`` that stands for an action on servers, and the action's body."""

NOBODY = "00000000-0000-4000-8000-000000000000"
"""The id of no server."""


class MissingError(Exception):
    """The cloud lacks something that the chosen tests need; the text says what."""


def account(cloud: Connection) -> Sections:
    """Who Tempest is, and where it finds identity."""
    auth = dict(cloud.config.config["auth"])
    url = auth["auth_url"].rstrip("/")
    url = url if url.endswith("/v3") else f"{url}/v3"
    verify, _ = cloud.config.get_requests_verify_args()
    identity = {
        "auth_version": "v3",
        "uri": url,
        "uri_v3": url,
        "region": cloud.config.get_region_name() or "RegionOne",
        "v3_endpoint_type": cloud.config.get_interface("identity") or "public",
        "default_domain_id": auth.get("project_domain_id") or "default",
        "disable_ssl_certificate_validation": str(verify is False).lower(),
    }
    if isinstance(verify, str):
        identity["ca_certificates_file"] = verify
    domain = auth.get("project_domain_name") or "Default"
    administrator = {
        "use_dynamic_credentials": "true",
        "admin_username": auth["username"],
        "admin_password": auth["password"],
        "admin_project_name": auth["project_name"],
        "admin_domain_name": domain,
        "admin_project_domain_name": domain,
        "admin_user_domain_name": auth.get("user_domain_name") or domain,
    }
    return {"identity": identity, "auth": administrator}


def password_rules() -> dict[str, str]:
    """The rules for passwords, which no API tells: from the settings in ``STATE``; without them there are none."""
    file = Path(os.environ.get("STATE", ""), "settings.toml")
    settings = tomllib.loads(file.read_text()).get("identity", {}) if file.is_file() else {}
    passwords = settings.get("passwords", {})
    return {
        "user_lockout_failure_attempts": str(settings.get("lockout_attempts", 0)),
        "user_lockout_duration": str(settings.get("lockout_seconds", 1800)),
        "user_unique_last_password_count": str(passwords.get("history", 0)),
        "user_minimum_password_age": str(passwords.get("minimum_age_days", 0)),
    }


def offered(cloud: Connection, action: str) -> bool:
    """Whether servers have the action: asked of a server that is none, since only an action that is known is a 404."""
    answer = cloud.compute.post(f"/servers/{NOBODY}/action", json=ACTIONS[action], microversion="2.1")
    return answer.status_code == 404


def guests(cloud: Connection, ssh: bool) -> Sections:
    """Image, flavors and hosts for servers, and how to log in to one."""
    images = [i for i in cloud.image.images(status="active") if not (i.properties or {}).get("image_type")]
    images.sort(key=lambda i: ("cirros" not in i.name.lower() and "tiny" not in i.name.lower(), i.size or 0))
    image = os.environ.get("IMAGE_REF") or (images[0].id if images else "")
    flavors = sorted(cloud.compute.flavors(), key=lambda f: (f.ram, f.disk, f.vcpus))
    flavor = os.environ.get("FLAVOR_REF") or (flavors[0].id if flavors else "")
    if not image or not flavor:
        raise MissingError("no active image or no flavor")
    chosen = next((f for f in flavors if f.id == flavor), flavors[0])
    larger = [f.id for f in flavors if f.id != flavor and f.ram >= chosen.ram and f.disk >= chosen.disk]
    hosts = {s.host for s in cloud.compute.services(binary="nova-compute") if s.state == "up"}
    needs = {"resize": bool(larger), "cold_migration": len(hosts) > 1, "live_migration": len(hosts) > 1}
    return {
        "compute": {
            "image_ref": image,
            "image_ref_alt": os.environ.get("IMAGE_REF_ALT") or image,
            "flavor_ref": flavor,
            "flavor_ref_alt": os.environ.get("FLAVOR_REF_ALT") or (larger[0] if larger else flavor),
            "min_compute_nodes": str(max(1, len(hosts))),
            "max_microversion": "latest",
        },
        "compute-feature-enabled": {
            action: str(needs.get(action, True) and offered(cloud, action)).lower() for action in ACTIONS
        },
        "validation": {
            "run_validation": str(ssh).lower(),
            "connect_method": "floating",
            "auth_method": "keypair",
            "image_ssh_user": os.environ.get("SSH_USER", "cirros"),
            "ip_version_for_ssh": "4",
        },
    }


def networks(cloud: Connection) -> Sections:
    """The public network, and the extensions that the cloud says it has."""
    public = os.environ.get("PUBLIC_NETWORK_ID", "")
    external = [n for n in cloud.network.networks(is_router_external=True) if public in ("", n.id)]
    if not external:
        raise MissingError("no external network")
    aliases = sorted(extension.alias for extension in cloud.network.extensions())
    return {
        "network": {
            "public_network_id": external[0].id,
            "floating_network_name": external[0].name,
            "project_network_cidr": "10.100.0.0/16",
        },
        "network-feature-enabled": {
            "api_extensions": ",".join(aliases),
            "available_features": "",
            "floating_ips": str("router" in aliases).lower(),
            "port_security": str("port-security" in aliases).lower(),
            "ipv6_subnet_attributes": "true",
        },
    }


def objects(cloud: Connection) -> Sections:
    """What the object store says it has, and the realm that its containers can be copied in if it has one."""
    store, _, _ = cloud.object_store.get_endpoint().partition("/v1/")
    told = cloud.object_store.get(f"{store}/info").json()
    realms = told.get("container_sync", {}).get("realms", {})
    if not realms:
        told.pop("container_sync", None)
    found = {
        "object-storage": {"container_sync_interval": "2"},
        "object-storage-feature-enabled": {
            "discoverable_apis": ",".join(sorted(told)),
            "object_versioning": str("versioned_writes" in told).lower(),
            "container_sync": str(bool(realms)).lower(),
        },
    }
    for realm in sorted(realms)[:1]:
        found["object-storage"] |= {"realm_name": realm, "cluster_name": min(realms[realm]["clusters"])}
    return found


def sections(cloud: Connection, work: Path, services: set[str], ssh: bool) -> Sections:
    """The whole configuration. Raises MissingError."""
    found: Sections = {
        "DEFAULT": {
            "log_dir": str(work / "logs"),
            "log_file": "tempest.log",
            "use_stderr": "false",
            "debug": "true",
        },
        "oslo_concurrency": {"lock_path": str(work / "locks")},
        "service_available": {flag: str(name in services).lower() for name, flag in FLAGS.items()},
        "identity-feature-enabled": dict.fromkeys(IDENTITY, "true") | {"api_v2": "false"},
        "image": {"container_formats": "bare", "disk_formats": "qcow2,raw", "image_caching_enabled": "true"},
        **account(cloud),
    }
    found["identity"] |= password_rules()
    found["auth"]["create_isolated_networks"] = str("network" in services).lower()
    if "compute" in services:
        found.update(guests(cloud, ssh))
    if "network" in services:
        found.update(networks(cloud))
    if "object-store" in services:
        found.update(objects(cloud))
    for pair in filter(None, os.environ.get("TEMPEST_SET", "").split(";")):
        name, _, value = pair.partition("=")
        section, _, option = name.strip().rpartition(".")
        found.setdefault(section or "DEFAULT", {})[option] = value.strip()
    return found


def write(path: Path, found: Sections) -> None:
    """Write the file so that only its owner can read it: it holds a password."""
    config = configparser.RawConfigParser(default_section="")
    config.read_dict(found)
    path.unlink(missing_ok=True)
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        config.write(file)


def main() -> int:
    """``configure.py WORK --services a,b [--no-ssh]``."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("work", type=Path)
    parser.add_argument("--services", default="identity,image,compute,network")
    parser.add_argument("--no-ssh", action="store_true")
    options = parser.parse_args()
    services = set(options.services.split(","))
    try:
        cloud: Any = openstack.connect()
        write(options.work / "etc" / "tempest.conf", sections(cloud, options.work, services, not options.no_ssh))
    except Exception as error:
        print(f"tempest: cannot configure: {type(error).__name__}: {error}", file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
