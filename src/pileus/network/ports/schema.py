"""Ports, as the API shows them."""

from collections.abc import Mapping
from typing import Any

from pileus.kernel.api import fields as f
from pileus.kernel.api.schema import Schema
from pileus.network import rules as r
from pileus.network.standard.schema import ListedOnly, Standard

DOMAIN = "openstacklocal."
VNIC_TYPES = ("normal", "direct", "macvtap", "direct-physical", "baremetal", "virtio-forwarder", "smart-nic")


class FixedIp(Schema):
    """One address of a port."""

    subnet_id = f.ident("Its subnet.")
    ip_address = f.text("The address.", format="ip")
    delete_subnet = f.boolean("Whether an address that follows from the MAC goes.", loose=True, write_only=True)


class AddressPair(Schema):
    """A further address, or prefix, that a port may send from."""

    ip_address = f.text("Address or prefix.", required=True)
    mac_address = f.text("MAC; the port's own unless given.", format="mac")


class DhcpOption(Schema):
    """A DHCP option of one port."""

    opt_name = f.text("Name of the option.", least=1, required=True)
    opt_value = f.text("Its value; null removes it.", required=True, nullable=True)
    ip_version = f.integer("4 or 6.", loose=True, default=4)


def _vif_type(row: Mapping[str, Any], _call: Any) -> str:
    return "ovs" if row["binding_host"] else "unbound"


def _vif_details(row: Mapping[str, Any], _call: Any) -> dict[str, Any]:
    if not row["binding_host"]:
        return {}
    return {"port_filter": True, "connectivity": "l2", "bound_drivers": {"0": "ovn"}}


def _assignment(row: Mapping[str, Any], _call: Any) -> list[dict[str, str]]:
    found = []
    for entry in row.get("fixed_ips") or ():
        address = entry["ip_address"]
        host = row["dns_name"] or "host-" + address.replace(".", "-").replace(":", "-")
        found.append({"ip_address": address, "hostname": host, "fqdn": f"{host}.{DOMAIN}"})
    return found


_LONG: ListedOnly = {"filterable": False, "sortable": False}


class Port(Standard, key="port"):
    """A connection point of a network."""

    network_id = f.ident("Its network.", required=True, create_only=True)
    admin_state_up = f.boolean("Whether traffic flows.", loose=True, default=True)
    status = f.text("ACTIVE, DOWN, BUILD or ERROR.", read_only=True)
    mac_address = f.text(
        "Its MAC address.",
        format="mac",
        allow_create=r.NET_MEMBER_OR_SERVICE,
        allow_update=r.NET_MANAGER_OR_SERVICE,
        convert=lambda mac: mac.lower().replace("-", ":"),
    )
    fixed_ips = f.array(
        FixedIp,
        "Its addresses.",
        nullable=True,
        allow_create=r.NET_MEMBER_OR_SHARED,
        allow_update=r.NET_MEMBER_OR_SERVICE,
        **_LONG,
    )
    device_id = f.text("What it is plugged into.", default="", nullable=True)
    device_owner = f.text(
        "What kind of thing that is.",
        default="",
        nullable=True,
        allow_create=r.DEVICE_OWNER,
        allow_update=r.DEVICE_OWNER,
    )
    security_groups = f.array(f.ident("A group."), "Groups that it is in.", nullable=True, **_LONG)
    port_security_enabled = f.boolean(
        "Whether spoofed sources are dropped and groups apply.",
        loose=True,
        allow_create=r.NET_MEMBER_OR_SERVICE,
        allow_update=r.NET_MEMBER_OR_SERVICE,
    )
    allowed_address_pairs = f.array(
        AddressPair,
        "Further addresses that it may send from.",
        default=[],
        nullable=True,
        most=10,
        allow_create=r.NET_MEMBER_OR_SERVICE,
        allow_update=r.NET_MEMBER_OR_SERVICE,
        **_LONG,
    )
    extra_dhcp_opts = f.array(DhcpOption, "Further DHCP options.", default=[], nullable=True, **_LONG)
    binding_host = f.text(
        "The host that it is plugged in on.",
        wire="binding:host_id",
        default="",
        nullable=True,
        allow_create=r.ADMIN_OR_SERVICE,
        allow_update=r.ADMIN_OR_SERVICE,
        allow_read=r.ADMIN_OR_SERVICE,
    )
    binding_profile = f.mapping(
        "What the host needs to know.",
        wire="binding:profile",
        default={},
        nullable=True,
        allow_create=r.SERVICE,
        allow_update=r.SERVICE,
        allow_read=r.ADMIN_OR_SERVICE,
        **_LONG,
    )
    binding_vnic_type = f.text(
        "What kind of nic.",
        wire="binding:vnic_type",
        choices=VNIC_TYPES,
        default="normal",
        allow_create=r.MEMBER_OR_SERVICE,
        allow_update=r.MEMBER_OR_SERVICE,
    )
    binding_vif_type = f.text(
        "How it is plugged in.",
        wire="binding:vif_type",
        read_only=True,
        show=_vif_type,
        allow_read=r.ADMIN_OR_SERVICE,
        **_LONG,
    )
    binding_vif_details = f.mapping(
        "More of that.",
        wire="binding:vif_details",
        read_only=True,
        show=_vif_details,
        allow_read=r.ADMIN_OR_SERVICE,
        **_LONG,
    )
    dns_name = f.text("Its name in the network's DNS.", most=63, pattern="^[A-Za-z0-9-]*$", default="")
    dns_assignment = f.array(f.anything("Name and address."), "Its names.", read_only=True, show=_assignment, **_LONG)
