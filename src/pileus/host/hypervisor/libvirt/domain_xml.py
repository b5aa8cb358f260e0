"""Libvirt's XML for a whole domain, from a spec and a few facts about the machine. A pure function."""

import re
from typing import Literal
from xml.etree.ElementTree import Element, SubElement, indent, tostring

from msgspec import Struct

from pileus.host.hypervisor.errors import InvalidSpec
from pileus.host.hypervisor.libvirt.device_xml import disk_element, nic_element
from pileus.host.hypervisor.spec import Disk, FileSource, ServerSpec

NOVA_NAMESPACE = "http://openstack.org/xmlns/libvirt/nova/1.1"
"""Namespace of the metadata block that OpenStack tools look for beside a domain."""

TCG_CODE_CACHE_MIB = 32
"""Translated code kept per guest. QEMU's own default is far more; with less it translates anew."""

SPARE_PCIE_PORTS = 12
"""Root ports of a PCI Express machine that are kept free: each plugged device needs one of its own."""

TCG_MODELS = {"x86_64": "Nehalem"}
"""A processor that TCG knows whole; `maximum` elsewhere, which is slower and differs by QEMU version."""

MACHINES = {"x86_64": "pc", "aarch64": "virt", "ppc64le": "pseries", "s390x": "s390-ccw-virtio"}
NOT_XML = re.compile(r"[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
MAX_SOCKET_PATH = 107
"""Bytes that fit in sockaddr_un."""


class Site(Struct, frozen=True, kw_only=True):
    """What the definition depends on beside the spec."""

    arch: str
    accel: Literal["kvm", "tcg"]
    checksum_offload: bool
    """Whether the switch finishes checksums for guests; the userspace datapath does not."""
    cpu_vendor: str = ""
    """The host's, as libvirt spells it."""
    version: str = ""
    """The cloud software's version, shown in the guest's SMBIOS."""


def domain_xml(spec: ServerSpec, site: Site) -> str:
    """Return the definition of a domain.

    Raises:
        InvalidSpec: the spec contradicts itself.
    """
    _check(spec)
    domain = Element("domain", type="kvm" if site.accel == "kvm" else "qemu")
    SubElement(domain, "uuid").text = spec.id
    SubElement(domain, "name").text = spec.name
    domain.append(_metadata(spec))
    SubElement(domain, "memory", unit="MiB").text = str(spec.memory_mib)
    SubElement(domain, "vcpu", placement="static").text = str(spec.vcpus)
    if spec.cpu_shares:
        SubElement(SubElement(domain, "cputune"), "shares").text = str(spec.cpu_shares)
    machine = spec.machine or MACHINES.get(site.arch, "")
    if site.arch == "x86_64":
        domain.append(_sysinfo(spec, site))
    domain.append(_os(site, machine))
    domain.append(_features(site))
    domain.append(_cpu(spec, site))
    domain.append(_clock(site))
    for name, action in (("poweroff", "destroy"), ("reboot", "restart"), ("crash", "destroy")):
        SubElement(domain, f"on_{name}").text = action
    if site.arch == "x86_64":
        sleep = SubElement(domain, "pm")
        SubElement(sleep, "suspend-to-mem", enabled="no")
        SubElement(sleep, "suspend-to-disk", enabled="no")
    domain.append(_devices(spec, site, machine))
    indent(domain)
    return tostring(domain, encoding="unicode") + "\n"


def _check(spec: ServerSpec) -> None:
    targets = [disk.target for disk in spec.disks]
    if len(set(targets)) < len(targets):
        raise InvalidSpec(f"two disks of {spec.id} have the same target")
    if len({nic.port_id for nic in spec.nics}) < len(spec.nics):
        raise InvalidSpec(f"two NICs of {spec.id} have the same port")
    if len(spec.serial_socket.encode()) > MAX_SOCKET_PATH:
        raise InvalidSpec(f"the path {spec.serial_socket} is too long for a socket")
    if spec.serial_socket and not spec.console_log:
        raise InvalidSpec("a serial console needs a console log")
    shape = (spec.cpu.sockets, spec.cpu.cores, spec.cpu.threads)
    if any(shape) and shape[0] * shape[1] * shape[2] != spec.vcpus:
        raise InvalidSpec(f"topology {shape} does not make {spec.vcpus} vCPUs")
    if (spec.cpu.mode == "custom") != bool(spec.cpu.model):
        raise InvalidSpec("a CPU model belongs to mode custom, and only there")


def _metadata(spec: ServerSpec) -> Element:
    labels = spec.labels
    metadata = Element("metadata")
    instance = SubElement(metadata, "nova:instance", {"xmlns:nova": NOVA_NAMESPACE})
    SubElement(instance, "nova:name").text = _text(labels.name or spec.name)
    if labels.created_at:
        SubElement(instance, "nova:creationTime").text = labels.created_at
    flavor = SubElement(instance, "nova:flavor", name=_text(labels.flavor))
    for name, value in (
        ("memory", spec.memory_mib),
        ("disk", labels.disk_gib),
        ("swap", labels.swap_mib),
        ("ephemeral", labels.ephemeral_gib),
        ("vcpus", spec.vcpus),
    ):
        SubElement(flavor, f"nova:{name}").text = str(value)
    if labels.project_id:
        owner = SubElement(instance, "nova:owner")
        SubElement(owner, "nova:user", uuid=labels.user_id).text = _text(labels.user_name)
        SubElement(owner, "nova:project", uuid=labels.project_id).text = _text(labels.project_name)
    if labels.image_id:
        SubElement(instance, "nova:root", type="image", uuid=labels.image_id)
    return metadata


def _text(words: str) -> str:
    """Replace what XML cannot carry at all: control characters, lone surrogates."""
    return NOT_XML.sub("\N{REPLACEMENT CHARACTER}", words)


def _sysinfo(spec: ServerSpec, site: Site) -> Element:
    """Guests recognise OpenStack by these words (cloud-init does, before it looks for a metadata server)."""
    sysinfo = Element("sysinfo", type="smbios")
    system = SubElement(sysinfo, "system")
    for name, value in (
        ("manufacturer", "OpenStack Foundation"),
        ("product", "OpenStack Nova"),
        ("version", site.version),
        ("serial", spec.id),
        ("uuid", spec.id),
        ("family", "Virtual Machine"),
    ):
        if value:
            SubElement(system, "entry", name=name).text = value
    return sysinfo


def _os(site: Site, machine: str) -> Element:
    element = Element("os")
    kind = SubElement(element, "type", arch=site.arch)
    kind.text = "hvm"
    if machine:
        kind.set("machine", machine)
    if site.arch == "x86_64":
        SubElement(element, "smbios", mode="sysinfo")
    return element


def _features(site: Site) -> Element:
    features = Element("features")
    if site.arch in {"x86_64", "aarch64"}:
        SubElement(features, "acpi")
    if site.arch == "x86_64":
        SubElement(features, "apic")
    if site.accel == "tcg":
        cache = SubElement(SubElement(features, "tcg"), "tb-cache", unit="MiB")
        cache.text = str(TCG_CODE_CACHE_MIB)
    return features


def _cpu(spec: ServerSpec, site: Site) -> Element:
    mode, model = spec.cpu.mode, spec.cpu.model
    if mode == "auto":
        if site.accel == "kvm":
            mode = "host-model"
        else:
            model = TCG_MODELS.get(site.arch, "")
            mode = "custom" if model else "maximum"
    cpu = Element("cpu", mode=mode)
    if mode == "custom":
        cpu.set("match", "exact")
        SubElement(cpu, "model", fallback="forbid").text = model
    if spec.cpu.sockets:
        SubElement(
            cpu,
            "topology",
            sockets=str(spec.cpu.sockets),
            cores=str(spec.cpu.cores),
            threads=str(spec.cpu.threads),
        )
    if mode == "host-model" and site.cpu_vendor == "AMD":
        # An Intel register that KVM offers on AMD too. In a nested machine it cannot be set, and QEMU aborts.
        SubElement(cpu, "feature", policy="disable", name="arch-capabilities")
    for name in spec.cpu.features:
        SubElement(cpu, "feature", policy="require", name=name)
    return cpu


def _clock(site: Site) -> Element:
    clock = Element("clock", offset="utc")
    if site.arch == "x86_64":
        SubElement(clock, "timer", name="pit", tickpolicy="delay")
        SubElement(clock, "timer", name="rtc", tickpolicy="catchup")
        SubElement(clock, "timer", name="hpet", present="no")
    return clock


def _devices(spec: ServerSpec, site: Site, machine: str) -> Element:
    devices = Element("devices")
    disks = list(spec.disks)
    if spec.config_drive:
        disks.append(_config_drive(spec, machine))
    for disk in disks:
        devices.append(disk_element(disk))
    if any(disk.bus == "scsi" for disk in disks):
        SubElement(devices, "controller", type="scsi", index="0", model="virtio-scsi")
    if "q35" in machine or machine.startswith("virt"):
        SubElement(devices, "controller", type="pci", model="pcie-root")
        for _ in range(SPARE_PCIE_PORTS):
            SubElement(devices, "controller", type="pci", model="pcie-root-port")
    for nic in spec.nics:
        devices.append(nic_element(nic, checksum_offload=site.checksum_offload))
    if spec.console_log:
        devices.append(_serial(spec))
    _screens(devices, spec)
    if spec.rng:
        rng = SubElement(devices, "rng", model="virtio")
        SubElement(rng, "backend", model="random").text = "/dev/urandom"
    balloon = SubElement(devices, "memballoon", model="virtio")
    if spec.balloon_period:
        SubElement(balloon, "stats", period=str(spec.balloon_period))
    return devices


def _config_drive(spec: ServerSpec, machine: str) -> Disk:
    """A CD-ROM where guests find it: IDE on the old PC, SCSI elsewhere (cloud kernels lack AHCI)."""
    bus, prefix = ("ide", "hd") if machine.startswith("pc") and "q35" not in machine else ("scsi", "sd")
    taken = {disk.target for disk in spec.disks}
    target = next(name for letter in "abcdefgh" if (name := prefix + letter) not in taken)
    source = FileSource(spec.config_drive, "raw")
    return Disk(source=source, target=target, bus=bus, device="cdrom", read_only=True)  # type: ignore[arg-type]


def _serial(spec: ServerSpec) -> Element:
    """One serial line: always logged, also reachable while somebody is connected to its socket."""
    if spec.serial_socket:
        serial = Element("serial", type="unix")
        SubElement(serial, "source", mode="bind", path=spec.serial_socket)
        SubElement(serial, "log", file=spec.console_log, append="on")
    else:
        serial = Element("serial", type="file")
        SubElement(serial, "source", path=spec.console_log, append="on")
    SubElement(serial, "target", port="0")
    return serial


def _screens(devices: Element, spec: ServerSpec) -> None:
    for kind, listen in (("vnc", spec.graphics.vnc_listen), ("spice", spec.graphics.spice_listen)):
        if listen:
            screen = SubElement(devices, "graphics", type=kind, autoport="yes", listen=listen)
            if spec.graphics.keymap:
                screen.set("keymap", spec.graphics.keymap)
    if spec.graphics.vnc_listen or spec.graphics.spice_listen:
        SubElement(devices, "input", type="tablet", bus="usb")
        SubElement(SubElement(devices, "video"), "model", type="vga")
