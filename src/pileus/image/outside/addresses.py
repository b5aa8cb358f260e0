"""Which addresses of the network users may send us to.

The service stands where its users do not: beside metadata servers, databases and the APIs of hypervisors.  A URL in a
user's request must not reach those (server-side request forgery; OSSA-2026-004, OSSA-2016-013).  Only addresses of the
public internet are right, or of networks that the operator named.
"""

import ipaddress
from collections.abc import Iterable

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Network = ipaddress.IPv4Network | ipaddress.IPv6Network

_NAT64 = ipaddress.IPv6Network("64:ff9b::/96")
_NAT64_LOCAL = ipaddress.IPv6Network("64:ff9b:1::/48")
_COMPATIBLE = ipaddress.IPv6Network("::/96")


def networks(texts: Iterable[str]) -> tuple[Network, ...]:
    """Networks of the settings.

    Raises:
        ValueError: one is none.
    """
    return tuple(ipaddress.ip_network(text) for text in texts)


def literal(host: str) -> Address | None:
    """The address that a host's name is already; None if it has to be looked up."""
    try:
        return ipaddress.ip_address(host.strip("[]"))
    except ValueError:
        return None


def allowed(address: Address, extra: Iterable[Network] = ()) -> bool:
    """Whether users may send us to an address.

    Args:
        extra: networks that may be reached although they are not public.
    """
    inner = embedded(address)
    if any(address in network for network in extra) or (inner is not None and any(inner in net for net in extra)):
        return True
    if inner is not None and not _public(inner):
        return False
    return inner is not None or _public(address)


def _public(address: Address) -> bool:
    if isinstance(address, ipaddress.IPv6Address) and (address in _NAT64_LOCAL or address.is_site_local):
        return False
    return address.is_global and not (address.is_multicast or address.is_reserved or address.is_unspecified)


def embedded(address: Address) -> ipaddress.IPv4Address | None:
    """The IPv4 address that an IPv6 address leads to, by any of the ways that wrap one."""
    if isinstance(address, ipaddress.IPv4Address):
        return None
    if address.ipv4_mapped is not None:
        return address.ipv4_mapped
    if address.sixtofour is not None:
        return address.sixtofour
    if address.teredo is not None:
        return address.teredo[1]
    if address in _NAT64 or (address in _COMPATIBLE and int(address) > 1):
        return ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
    return None
