"""What the metadata service of a host asks of compute, and what it hands over."""

from __future__ import annotations

import ipaddress
from collections.abc import Mapping
from typing import Protocol

import msgspec


class MetadataRequest(msgspec.Struct, frozen=True):
    """What a guest asked.  Only ``network_id`` and ``source_ip`` of the call say who it was."""

    method: str
    target: str
    """Path and query as sent, beginning with ``/``."""
    headers: Mapping[str, str]
    """Names in lower case; whatever could pass for an identity has been taken out."""
    body: bytes


class MetadataResponse(msgspec.Struct, frozen=True):
    """What the guest gets."""

    status: int
    body: bytes
    content_type: str = "text/plain; charset=utf-8"
    headers: Mapping[str, str] = {}
    """Further headers."""


class MetadataSource(Protocol):
    """Answers guests; given by compute."""

    async def answer(self, network_id: str, source_ip: str, request: MetadataRequest) -> MetadataResponse:
        """Answer one request.

        ``source_ip`` is the IPv4 or IPv6 address that the request came from, without a zone.  Over IPv6 it is
        as a rule link-local; see :func:`mac_of_link_local`.  Addresses are trustworthy as far as the port is
        secured against spoofing.  An exception becomes a 500 for the guest.
        """
        ...


def mac_of_link_local(address: str) -> str | None:
    """The MAC behind a link-local address that was formed from one (RFC 4291, appendix A), else None.

    A secured port can use no other link-local address, so the MAC leads to the port.
    """
    try:
        packed = ipaddress.IPv6Address(address).packed
    except ValueError:
        return None
    if packed[:8] != bytes.fromhex("fe80000000000000") or packed[11:13] != b"\xff\xfe":
        return None
    mac = bytes([packed[8] ^ 2, *packed[9:11], *packed[13:]])
    return mac.hex(":")
