"""Libvirt's XML for the devices that can also be plugged into a running domain. Pure functions."""

from xml.etree.ElementTree import Element, SubElement

from pileus.host.hypervisor.spec import Disk, Nic


def disk_element(disk: Disk) -> Element:
    """Return the `<disk>` of a disk."""
    element = Element("disk", type="file", device=disk.device)
    driver = SubElement(element, "driver", name="qemu", type=disk.source.format, cache=disk.cache)
    if disk.device == "disk" and disk.discard:
        driver.set("discard", "unmap")
    SubElement(element, "source", file=disk.source.path)
    SubElement(element, "target", dev=disk.target, bus=disk.bus)
    if disk.read_only or disk.device == "cdrom":
        SubElement(element, "readonly")
    if disk.shareable:
        SubElement(element, "shareable")
    if disk.serial:
        SubElement(element, "serial").text = disk.serial
    if disk.boot_order is not None:
        SubElement(element, "boot", order=str(disk.boot_order))
    return element


def nic_element(nic: Nic, *, checksum_offload: bool) -> Element:
    """Return the `<interface>` of a NIC on an Open vSwitch bridge.

    Without `checksum_offload` the guest fills every checksum in itself: the userspace datapath forwards
    frames as they are, and nobody would finish them later (DHCP and ping would work, every TCP connection
    would hang).
    """
    element = Element("interface", type="bridge")
    SubElement(element, "mac", address=nic.mac)
    SubElement(element, "source", bridge=nic.bridge)
    port = SubElement(element, "virtualport", type="openvswitch")
    SubElement(port, "parameters", interfaceid=nic.port_id)
    SubElement(element, "target", dev=f"tap{nic.port_id[:11]}")  # a name that says whose it is, also after a crash
    SubElement(element, "model", type=nic.model)
    if nic.mtu:
        SubElement(element, "mtu", size=str(nic.mtu))
    if nic.model == "virtio" and not checksum_offload:
        driver = SubElement(element, "driver")
        off = dict.fromkeys(("csum", "tso4", "tso6", "ecn", "ufo"), "off")
        SubElement(driver, "host", {"csum": "off", "gso": "off", **off})
        SubElement(driver, "guest", off)
    return element
