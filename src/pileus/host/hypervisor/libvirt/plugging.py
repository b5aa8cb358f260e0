"""Devices that come and go: functions on a libvirt connection, run in a thread, repeatable at any time."""

from collections.abc import Callable
from typing import Any
from xml.etree.ElementTree import Element, tostring

import libvirt

from pileus.host.hypervisor.errors import DomainConflict
from pileus.host.hypervisor.libvirt.device_xml import disk_element, nic_element
from pileus.host.hypervisor.libvirt.reading import DomainReading, source_path
from pileus.host.hypervisor.spec import Disk, Nic

Finder = Callable[[DomainReading], Element | None]
"""Finds the device in question in a domain."""

LIVE = libvirt.VIR_DOMAIN_AFFECT_LIVE
CONFIG = libvirt.VIR_DOMAIN_AFFECT_CONFIG
GONE = {libvirt.VIR_ERR_DEVICE_MISSING, libvirt.VIR_ERR_INVALID_ARG}


def port(port_id: str) -> Finder:
    """Look for a port's NIC."""
    return lambda domain: domain.nic(port_id)


def target(name: str) -> Finder:
    """Look for the disk with this target."""
    return lambda domain: domain.disk(name)


def plug_nic(connection: Any, server_id: str, nic: Nic, *, checksum_offload: bool) -> None:
    """Plug a NIC where it is missing."""
    element = nic_element(nic, checksum_offload=checksum_offload)
    _plug(connection, server_id, element, port(nic.port_id))


def plug_disk(connection: Any, server_id: str, disk: Disk) -> None:
    """Plug a disk where it is missing."""
    _plug(connection, server_id, disk_element(disk), target(disk.target), file=disk.source.path)


def _plug(connection: Any, server_id: str, element: Element, find: Finder, file: str = "") -> None:
    domain = connection.lookupByUUIDString(server_id)
    flags = 0
    for where in (LIVE, CONFIG) if domain.isActive() else (CONFIG,):
        there = find(_read(domain, where))
        if there is None:
            flags |= where
        elif file and source_path(there) != file:
            raise DomainConflict(f"{server_id} has another disk in this place")
    if flags:
        domain.attachDeviceFlags(tostring(element, encoding="unicode"), flags)


def ask_back(connection: Any, server_id: str, find: Finder) -> bool:
    """Ask the guest for a device back, if it has it; returns whether it is gone from the running guest.

    Only then the definition forgets it as well, so that both always tell the same story.
    """
    domain = connection.lookupByUUIDString(server_id)
    if domain.isActive():
        device = find(_read(domain, LIVE))
        if device is not None:
            _unplug(domain, device, LIVE)
            if find(_read(domain, LIVE)) is not None:
                return False
    device = find(_read(domain, CONFIG))
    if device is not None:
        _unplug(domain, device, CONFIG)
    return True


def is_back(connection: Any, server_id: str, find: Finder) -> bool:
    """Tell whether a running guest has released a device; a domain that is off holds none."""
    domain = connection.lookupByUUIDString(server_id)
    return not domain.isActive() or find(_read(domain, LIVE)) is None


def _unplug(domain: Any, device: Element, flags: int) -> None:
    try:
        domain.detachDeviceFlags(tostring(device, encoding="unicode"), flags)
    except libvirt.libvirtError as error:
        # Gone meanwhile, or QEMU still waits for the guest since we asked last: both are fine.
        if error.get_error_code() not in GONE and "in the process of unplug" not in str(error):
            raise


def _read(domain: Any, where: int) -> DomainReading:
    return DomainReading(domain.XMLDesc(libvirt.VIR_DOMAIN_XML_INACTIVE if where == CONFIG else 0))
