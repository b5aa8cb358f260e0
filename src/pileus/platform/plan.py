"""What the cloud wants of this machine; handed in by whoever starts it."""

from ipaddress import IPv4Interface
from pathlib import Path
from typing import Literal

import msgspec


class Plan(msgspec.Struct, frozen=True, kw_only=True):
    """One cloud's wishes for the machine.  Made from the settings; the defaults are the one-machine cloud."""

    state: Path
    """The state folder."""
    chassis: str
    """Name of this machine in OVN (`system-id`) and as a hypervisor; unique within a cloud."""
    encapsulation_address: str = "127.0.0.1"
    """Where other machines send their tunnelled frames.  The loopback address serves a single machine."""
    integration_bridge: str = "br-int"
    """The bridge all servers are plugged into."""
    external_bridge: str = "br-ex"
    """The bridge to the outside."""
    physical_network: str = "public"
    """What the network service calls the network behind the external bridge."""
    external_address: str = "172.24.4.1/24"
    """This machine's address on the external bridge: the gateway of the external network."""
    translate: bool = True
    """Whether the external network reaches the outside under this machine's own address (NAT)."""
    switch: Literal["auto", "private", "system"] = "auto"
    """Which Open vSwitch: an own one below the state folder, the machine's, or the machine's if one runs that no
    other cloud uses."""
    guest_user: str = "root"
    """The user QEMU runs as.  Another one must be able to reach the state folder and /dev/kvm."""

    @property
    def external(self) -> IPv4Interface:
        """The external address with its network."""
        return IPv4Interface(self.external_address)


class Connections(msgspec.Struct, frozen=True):
    """How the rest of Pileus reaches the machine's daemons."""

    northbound: str
    """OVN northbound database, as an OVSDB connection string."""
    southbound: str
    """OVN southbound database, as an OVSDB connection string."""
    vswitch: str
    """The local Open vSwitch database, as an OVSDB connection string."""
    vswitch_run: Path
    """OVS_RUNDIR for the ovs-* commands."""
    hypervisor: str
    """The libvirt URI."""
    datapath: Literal["system", "netdev"]
    """`netdev` is the userspace datapath: guests and links beside it must not offload checksums."""
