"""The documents that a guest reads, for the metadata service and the config drive alike.  Pure.

Source: Nova's user documentation of metadata, cloud-init's OpenStack data source, the schema of network_data.json.
"""

import base64
import binascii
import ipaddress
from dataclasses import dataclass
from typing import Any

import msgspec

from pileus.kernel.store import Row
from pileus.network.service import PortRecord, SubnetRecord

VERSIONS = (
    "2012-08-10",
    "2013-04-04",
    "2013-10-17",
    "2015-10-15",
    "2016-06-30",
    "2016-10-06",
    "2017-02-22",
    "2018-08-27",
    "2020-10-14",
)
"""Of the OpenStack metadata; "latest" stands for the last."""

FILES_SINCE = {
    "meta_data.json": "2012-08-10",
    "user_data": "2012-08-10",
    "password": "2013-04-04",
    "vendor_data.json": "2013-10-17",
    "network_data.json": "2015-10-15",
    "vendor_data2.json": "2016-10-06",
}
"""Each document and the version that brought it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ServerFacts:
    """What a server's metadata is made of.

    Attributes:
        server: its row.
        user_data: base64, empty for none.
        key: {name, type, public_key} or None.
        password: what the guest posted.
        subnets: by network.
        groups: names of security groups.
    """

    server: Row
    user_data: str
    key: dict[str, Any] | None
    password: str
    ports: tuple[PortRecord, ...]
    subnets: dict[str, list[SubnetRecord]]
    groups: tuple[str, ...]


def user_data(facts: ServerFacts) -> bytes:
    """The user data as the guest gets it."""
    try:
        return base64.b64decode(facts.user_data)
    except (binascii.Error, ValueError):
        return facts.user_data.encode()


def meta_data(facts: ServerFacts, version: str) -> dict[str, Any]:
    """meta_data.json of a version."""
    row = facts.server
    out: dict[str, Any] = {
        "uuid": row["id"],
        "availability_zone": row["zone"],
        "hostname": row["hostname"],
        "launch_index": row["launch_index"],
        "name": row["name"],
    }
    if row["metadata"]:
        out["meta"] = row["metadata"]
    if facts.key is not None:
        key = facts.key["public_key"].strip() + "\n"
        out["public_keys"] = {facts.key["name"]: key}
        out["keys"] = [{"name": facts.key["name"], "type": facts.key["type"], "data": key}]
    if version >= "2013-04-04":
        seed = f"{row['id']}{row['created_at'].isoformat()}".encode()
        out["random_seed"] = base64.b64encode(_stretched(seed)).decode()
    if version >= "2015-10-15":
        out["project_id"] = row["project_id"]
    if version >= "2016-06-30":
        out["devices"] = [_device(port) for port in facts.ports if port.tag]
    if version >= "2020-10-14":
        out["dedicated_cpus"] = []
    return out


def _stretched(seed: bytes) -> bytes:
    """512 bytes that differ for every server and stay the same for each (the drive must not change on rebuilding)."""
    import hashlib

    return hashlib.shake_256(seed).digest(512)


def _device(port: PortRecord) -> dict[str, Any]:
    return {
        "type": "nic",
        "bus": "none",
        "address": "none",
        "mac": port.mac,
        "tags": [port.tag],
        "vf_trusted": False,
        "vlan": None,
    }


def network_data(facts: ServerFacts) -> dict[str, Any]:
    """network_data.json."""
    out: dict[str, Any] = {"links": [], "networks": [], "services": []}
    for number, port in enumerate(facts.ports):
        link = "tap" + port.id[:11]
        out["links"].append(
            {
                "id": link,
                "vif_id": port.id,
                "type": "ovs",
                "mtu": port.mtu or None,
                "ethernet_mac_address": port.mac,
            }
        )
        subnets = {subnet.id: subnet for subnet in facts.subnets.get(port.network_id, [])}
        for address in port.addresses:
            subnet = subnets.get(address.subnet_id)
            if address.floating or subnet is None:
                continue
            out["networks"].append(_network(f"network{len(out['networks'])}", link, port, address.address, subnet))
            for server in subnet.dns if number == 0 or subnet.dns else ():
                entry = {"type": "dns", "address": server}
                if entry not in out["services"]:
                    out["services"].append(entry)
    return out


def _network(name: str, link: str, port: PortRecord, address: str, subnet: SubnetRecord) -> dict[str, Any]:
    cidr = ipaddress.ip_network(subnet.cidr, strict=False)
    made: dict[str, Any] = {"id": name, "link": link, "network_id": port.network_id}
    if subnet.dhcp and subnet.version == 4:
        return {**made, "type": "ipv4_dhcp"}
    if subnet.dhcp and subnet.ra_mode:
        return {**made, "type": f"ipv6_{subnet.ra_mode}"}
    everywhere = "0.0.0.0" if subnet.version == 4 else "::"  # noqa: S104 - a route's destination
    routes = [
        {"network": str(net.network_address), "netmask": str(net.netmask), "gateway": hop}
        for net, hop in ((ipaddress.ip_network(target, strict=False), hop) for target, hop in subnet.routes)
    ]
    if subnet.gateway:
        routes.insert(0, {"network": everywhere, "netmask": everywhere, "gateway": subnet.gateway})
    return {
        **made,
        "type": f"ipv{subnet.version}",
        "ip_address": address,
        "netmask": str(cidr.netmask),
        "routes": routes,
        "services": [{"type": "dns", "address": server} for server in subnet.dns],
    }


def document(facts: ServerFacts, version: str, name: str) -> bytes | None:
    """One document of the OpenStack metadata; None where there is none."""
    known = VERSIONS[-1] if version == "latest" else version
    if known not in VERSIONS or known < FILES_SINCE.get(name, "9"):
        return None
    if name == "meta_data.json":
        return msgspec.json.encode(meta_data(facts, known))
    if name == "network_data.json":
        return msgspec.json.encode(network_data(facts))
    if name == "user_data":
        return user_data(facts) if facts.user_data else None
    if name == "password":
        return facts.password.encode()
    return b"{}" if name == "vendor_data.json" else b'{"static":{}}'


def config_drive_files(facts: ServerFacts) -> dict[str, bytes]:
    """Every file of the config drive by its path."""
    from pileus.compute.metadata import ec2

    files: dict[str, bytes] = {}
    for version in (*VERSIONS, "latest"):
        for name in FILES_SINCE:
            if name == "password":
                continue
            content = document(facts, version, name)
            if content is not None:
                files[f"openstack/{version}/{name}"] = content
    files["ec2/latest/meta-data.json"] = msgspec.json.encode(ec2.tree(facts)["meta-data"])
    files["ec2/2009-04-04/meta-data.json"] = files["ec2/latest/meta-data.json"]
    if facts.user_data:
        files["ec2/latest/user-data"] = files["ec2/2009-04-04/user-data"] = user_data(facts)
    return files
