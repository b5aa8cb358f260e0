"""What other services may ask of the network service."""

from typing import Any, Protocol

import msgspec

from pileus.kernel.api.call import Call
from pileus.kernel.api.declare import Service
from pileus.kernel.auth.caller import Caller
from pileus.kernel.store import Tx


class PortRequest(msgspec.Struct, frozen=True):
    """One nic that a server asks for: a network, or a port that exists, or neither for "choose one".

    Attributes:
        security_groups: names or ids; None for the project's default.
        tag: a device tag.
    """

    network_id: str = ""
    port_id: str = ""
    fixed_ip: str = ""
    security_groups: tuple[str, ...] | None = None
    tag: str = ""


class Address(msgspec.Struct, frozen=True):
    """One address of a port: fixed, or the floating one mapped to it."""

    address: str
    version: int
    floating: bool = False
    subnet_id: str = ""


class PortRecord(msgspec.Struct, frozen=True):
    """A port as compute sees it.

    Attributes:
        created: whether it was made for the server and goes with it.
        mtu: of its network, bytes.
    """

    id: str
    network_id: str
    network_name: str
    mac: str
    mtu: int
    status: str
    device_id: str
    host: str
    created: bool
    addresses: tuple[Address, ...]
    security_groups: tuple[str, ...] = ()
    tag: str = ""
    port_security: bool = True


class SubnetRecord(msgspec.Struct, frozen=True):
    """A subnet, for network_data.json and metadata."""

    id: str
    cidr: str
    version: int
    gateway: str
    dhcp: bool
    dns: tuple[str, ...]
    routes: tuple[tuple[str, str], ...]
    ra_mode: str = ""


class Network(Protocol):
    """The door to the network service.  Errors are its own (`network/errors.py`), with the statuses of Neutron."""

    api: Service
    proxied: "Proxied"

    async def choose_networks(self, tx: Tx, who: Caller) -> list[str]:
        """The networks of a server that names none: the project's only one, or none if there is none.

        Raises:
            Conflict: the project has several; the message is Nova's.
        """
        ...

    async def claim_ports(
        self, tx: Tx, who: Caller, device_id: str, zone: str, requests: list[PortRequest]
    ) -> list[PortRecord]:
        """Make (or take) a server's ports, unbound, in the order asked; quota and addresses in this transaction."""
        ...

    async def bind_port(self, tx: Tx, port_id: str, host: str) -> None:
        """Say where a port is plugged (an empty host unbinds it)."""
        ...

    async def release_ports(self, tx: Tx, device_id: str, port_ids: list[str] | None = None) -> None:
        """Delete the ports made for a device and free those that it was given; None means all of the device's."""
        ...

    async def ports(self, tx: Tx, device_ids: list[str]) -> dict[str, list[PortRecord]]:
        """The ports of devices, in their order of attachment; one or two queries however many devices."""
        ...

    async def devices(self, tx: Tx) -> list[str]:
        """The devices that ports were made for, also such as are no more; for audits."""
        ...

    async def subnets(self, tx: Tx, network_ids: list[str]) -> dict[str, list[SubnetRecord]]:
        """The subnets of networks."""
        ...

    async def port_at(self, tx: Tx, network_id: str, address: str) -> PortRecord | None:
        """The port with that address on a network, its IPv6 link-local one too: who asks the metadata service."""
        ...

    async def wait_active(self, port_ids: list[str], seconds: float) -> bool:
        """Wait until the ports carry traffic; whether they do in time.  Called outside transactions."""
        ...

    async def security_group_names(self, tx: Tx, ids: list[str]) -> dict[str, str]:
        """The names of security groups by id."""
        ...

    async def change_groups(self, tx: Tx, who: Caller, device_id: str, *, add: str = "", remove: str = "") -> None:
        """Put a security group (name or id) on every port of a device, or take it off."""
        ...

    async def change_fixed_ip(
        self, tx: Tx, who: Caller, device_id: str, *, network_id: str = "", remove: str = ""
    ) -> None:
        """Give a device's port on a network one more address, or take an address away."""
        ...

    async def security_groups(self, tx: Tx, who: Caller) -> list[dict[str, Any]]:
        """The caller's security groups with their rules as rows, for Nova's deprecated proxy."""
        ...


class FloatingRecord(msgspec.Struct, frozen=True):
    """A floating IP as compute's old resource shows it.

    Attributes:
        pool: the name of its network.
        fixed_ip, device_id: what it leads to; empty while it leads nowhere.
    """

    id: str
    address: str
    pool: str
    fixed_ip: str = ""
    device_id: str = ""


class Proxied(Protocol):
    """What compute's oldest resources (until 2.35) pass on, beside `Network`.  Errors are those of `Network`.

    Rows have the names of Neutron's attributes; a security group's `rules` have `direction`, `ethertype`, `protocol`,
    `port_range_min`, `port_range_max`, `remote_ip_prefix`, `remote_group_id` and `group_id`, their own group.
    """

    async def security_groups(self, tx: Tx, who: Caller, *, everybody: bool = False) -> list[dict[str, Any]]:
        """The caller's security groups with their rules; the default one is made where it is missing.

        Args:
            everybody: whether to list those of every project that the caller may see.
        """
        ...

    async def make_security_group(self, tx: Tx, who: Caller, name: str, description: str) -> dict[str, Any]:
        """A new security group with its rules."""
        ...

    async def change_security_group(self, tx: Tx, who: Caller, id: str, name: str, description: str) -> dict[str, Any]:
        """The security group with its new name and description."""
        ...

    async def drop_security_group(self, tx: Tx, who: Caller, id: str) -> None:
        """Delete a security group that no port uses."""
        ...

    async def make_security_group_rule(self, tx: Tx, who: Caller, rule: dict[str, Any]) -> dict[str, Any]:
        """A new rule; `rule` has the attributes above."""
        ...

    async def drop_security_group_rule(self, tx: Tx, who: Caller, id: str) -> None:
        """Delete a rule."""
        ...

    async def networks(self, tx: Tx, who: Caller) -> list[dict[str, Any]]:
        """`id` and `name` of the networks that the caller may use."""
        ...

    async def floating_pools(self, tx: Tx, who: Caller) -> list[str]:
        """The names of the networks that floating IPs come from."""
        ...

    async def floating_ips(self, tx: Tx, who: Caller) -> list[FloatingRecord]:
        """The project's floating IPs."""
        ...

    async def make_floating_ip(self, call: Call, pool: str) -> FloatingRecord:
        """A new floating IP from a network by name or id; an empty pool takes any."""
        ...

    async def lead_floating_ip(self, call: Call, address: str, port_id: str, fixed_ip: str) -> None:
        """Lead the floating IP with an address to a port's fixed address; an empty port leads it nowhere.

        Raises:
            NotFound: the caller has no floating IP with that address.
        """
        ...

    async def drop_floating_ip(self, tx: Tx, who: Caller, id: str) -> None:
        """Give a floating IP back, whatever it leads to."""
        ...
