"""The string formats that JSON Schemas name, each a check from text to whether it holds."""

import base64
import binascii
import ipaddress
import re
from collections.abc import Callable
from datetime import datetime

_UUID = re.compile(r"[0-9a-fA-F]{8}-?[0-9a-fA-F]{4}-?[0-9a-fA-F]{4}-?[0-9a-fA-F]{4}-?[0-9a-fA-F]{12}")
_MAC = re.compile(r"([0-9a-fA-F]{2}[:-]){5}[0-9a-fA-F]{2}")


def _holds(parse: Callable[[str], object]) -> Callable[[str], bool]:
    def check(value: str) -> bool:
        try:
            parse(value)
        except (ValueError, TypeError):
            return False
        return True

    return check


def _base64(value: str) -> None:
    try:
        base64.b64decode(value.encode("ascii"), validate=True)
    except (binascii.Error, UnicodeEncodeError) as error:
        raise ValueError(value) from error


def _cidr(value: str) -> None:
    ipaddress.ip_network(value, strict=False)
    if "/" not in value:
        raise ValueError(value)


FORMATS: dict[str, Callable[[str], bool]] = {
    "uuid-like": lambda value: _UUID.fullmatch(value) is not None,
    "ipv4": _holds(ipaddress.IPv4Address),
    "ipv6": _holds(ipaddress.IPv6Address),
    "ip": _holds(ipaddress.ip_address),
    "ip-or-empty": lambda value: value == "" or _holds(ipaddress.ip_address)(value),
    "cidr": _holds(_cidr),
    "mac": lambda value: _MAC.fullmatch(value) is not None,
    "base64": _holds(_base64),
    "date-time": _holds(datetime.fromisoformat),
}
"""Checks by name; `uuid-like` also takes the 32 digits without dashes."""


def is_whole(text: str) -> bool:
    """Whether a text is a whole number, 0 or greater, that fits 64 bits: ASCII digits, eighteen at the most.

    Python's `int` refuses texts of thousands of digits with an error of its own, and `str.isdecimal` takes digits of
    every script.
    """
    return len(text) <= 18 and text.isascii() and text.isdecimal()
