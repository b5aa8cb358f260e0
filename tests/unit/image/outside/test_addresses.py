"""Where users may send us: every way to write an address that is not public is known."""

import ipaddress

import pytest

from pileus.image.outside.addresses import allowed, networks

FORBIDDEN = [
    "127.0.0.1", "127.8.9.1", "0.0.0.0", "0.1.2.3", "10.0.0.1", "172.16.0.1", "172.31.255.255", "192.168.1.1",
    "169.254.169.254", "100.64.0.1", "192.0.0.8", "198.18.0.1", "224.0.0.1", "240.0.0.1", "255.255.255.255",
    "::", "::1", "fe80::1", "fe80::1%eth0", "fc00::1", "fd00:ec2::254", "fec0::1", "ff02::1", "2001:db8::1",
    "::ffff:127.0.0.1", "::ffff:169.254.169.254", "::ffff:10.0.0.1", "::127.0.0.1", "::7f00:1",
    "64:ff9b::7f00:1", "64:ff9b::a9fe:a9fe", "64:ff9b:1::8.8.8.8", "2002:7f00:1::", "2002:a9fe:a9fe::1",
    "2001:0:4136:e378:8000:63bf:80ff:fffe",
]  # fmt: skip


@pytest.mark.parametrize("text", FORBIDDEN)
def test_what_is_not_public_is_refused(text):
    assert not allowed(ipaddress.ip_address(text))


@pytest.mark.parametrize("text", ["8.8.8.8", "93.184.216.34", "2606:4700::1111", "::ffff:8.8.8.8", "64:ff9b::808:808"])
def test_what_is_public_is_not(text):
    assert allowed(ipaddress.ip_address(text))


def test_operators_open_networks_by_name():
    extra = networks(["10.1.0.0/16", "fd00::/8"])
    assert allowed(ipaddress.ip_address("10.1.2.3"), extra)
    assert allowed(ipaddress.ip_address("::ffff:10.1.2.3"), extra)
    assert allowed(ipaddress.ip_address("fd12::1"), extra)
    assert not allowed(ipaddress.ip_address("10.2.0.1"), extra)
