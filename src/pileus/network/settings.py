"""Settings of the network service."""

from typing import Annotated

from pileus.kernel.settings import Settings, doc


class NetworkSettings(Settings, frozen=True):
    """What an operator may choose about networks."""

    physical_mtu: Annotated[int, doc("MTU of the network between hosts, bytes")] = 1500
    dns_servers: Annotated[tuple[str, ...], doc("resolvers told to servers whose subnet names none")] = ()
    availability_zone: Annotated[str, doc("availability zone that networks and routers are in")] = "nova"
    mac_prefix: Annotated[str, doc("first three octets of ports' MAC addresses")] = "fa:16:3e"
    compare_seconds: Annotated[int, doc("seconds between two full comparisons with what hosts have")] = 300
