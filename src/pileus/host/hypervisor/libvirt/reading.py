"""Reading libvirt's XML: what a domain, or the machine, really has."""

import platform
import shutil
from pathlib import Path
from typing import Literal
from xml.etree.ElementTree import Element, fromstring

from pileus.host.hypervisor.status import Capabilities

# The XML comes from libvirt, not from users, so the standard parser is good enough.


class DomainReading:
    """The parts of a domain's XML that the driver asks for; works on definitions and on running domains."""

    def __init__(self, xml: str) -> None:
        self._root = fromstring(xml)  # noqa: S314 - libvirt's own answer

    def nic(self, port_id: str) -> Element | None:
        """Return the `<interface>` of a port."""
        for element in self._root.iterfind("./devices/interface"):
            parameters = element.find("./virtualport/parameters")
            if parameters is not None and parameters.get("interfaceid") == port_id:
                return element
        return None

    def disk(self, target: str) -> Element | None:
        """Return the `<disk>` with this target."""
        for element in self._root.iterfind("./devices/disk"):
            if _attribute(element, "target", "dev") == target:
                return element
        return None

    def nics(self) -> list[tuple[str, str]]:
        """Return (device on the host, MAC) of every NIC, in order; the device is empty while it is off."""
        found = self._root.iterfind("./devices/interface")
        return [(_attribute(e, "target", "dev"), _attribute(e, "mac", "address")) for e in found]

    def console_log(self) -> str:
        """Return the path of the serial console's log, empty if it has none."""
        serial = self._root.find("./devices/serial")
        if serial is None:
            return ""
        return _attribute(serial, "log", "file") or (
            _attribute(serial, "source", "path") if serial.get("type") == "file" else ""
        )

    def serial_socket(self) -> str:
        """Return the path of the serial console's socket, empty if it has none."""
        serial = self._root.find("./devices/serial[@type='unix']")
        return "" if serial is None else _attribute(serial, "source", "path")

    def vnc(self) -> tuple[str, int] | None:
        """Return where VNC listens; None if it does not."""
        screen = self._root.find("./devices/graphics[@type='vnc']")
        if screen is None or int(screen.get("port", "-1")) < 0:
            return None
        return screen.get("listen", "") or _attribute(screen, "listen", "address"), int(screen.get("port", ""))


def source_path(disk: Element) -> str:
    """Return the file behind a `<disk>`."""
    return _attribute(disk, "source", "file")


def _attribute(element: Element, child: str, name: str) -> str:
    found = element.find(child)
    return "" if found is None else found.get(name, "")


def read_capabilities(
    xml: str,
    *,
    hostname: str,
    vcpus: int,
    version: int,
    accel: Literal["kvm", "tcg"],
    storage: Path,
    meminfo: str,
) -> Capabilities:
    """Put the machine's capabilities together.

    Memory is the kernel's own figure (`meminfo`, the text of /proc/meminfo): libvirt's node information
    leaves out memory that was plugged in while the machine ran.
    """
    root = fromstring(xml)  # noqa: S314 - libvirt's own answer
    cpu = root.find("./host/cpu")
    cpu = Element("cpu") if cpu is None else cpu
    topology = cpu.find("topology")
    shape = {} if topology is None else topology.attrib
    total = next(line for line in meminfo.splitlines() if line.startswith("MemTotal:"))
    return Capabilities(
        hostname=hostname,
        vcpus=vcpus,
        memory_mib=int(total.split()[1]) // 1024,
        disk_gib=shutil.disk_usage(storage).total // 2**30,
        arch=cpu.findtext("arch") or platform.machine(),
        accel=accel,
        hypervisor_type="QEMU",
        hypervisor_version=version,
        cpu_model=cpu.findtext("model") or "",
        cpu_vendor=cpu.findtext("vendor") or "",
        cpu_features=tuple(sorted(f.get("name", "") for f in cpu.iterfind("feature"))),
        cpu_sockets=int(shape.get("sockets", 1)),
        cpu_cores=int(shape.get("cores", 1)),
        cpu_threads=int(shape.get("threads", 1)),
    )


def kvm_emulator(xml: str, arch: str) -> str:
    """Return from libvirt's capabilities the emulator that runs this architecture under KVM; empty: none."""
    for guest in fromstring(xml).iterfind("guest/arch"):  # noqa: S314 - libvirt's own answer
        if guest.get("name") == arch and guest.find("./domain[@type='kvm']") is not None:
            return guest.findtext("emulator") or ""
    return ""
