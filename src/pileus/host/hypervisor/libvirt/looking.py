"""Looking into running domains: functions on a libvirt connection, run in a thread."""

import os
from pathlib import Path
from typing import Any

import libvirt

from pileus.host.hypervisor.errors import DeviceNotFound, InvalidPowerState
from pileus.host.hypervisor.libvirt.power import state_of
from pileus.host.hypervisor.libvirt.reading import DomainReading
from pileus.host.hypervisor.status import (
    CpuUsage,
    Diagnostics,
    DiskUsage,
    NicUsage,
    TcpEndpoint,
    UnixEndpoint,
)

STATS = (
    libvirt.VIR_DOMAIN_STATS_VCPU
    | libvirt.VIR_DOMAIN_STATS_BALLOON
    | libvirt.VIR_DOMAIN_STATS_BLOCK
    | libvirt.VIR_DOMAIN_STATS_INTERFACE
)


def console_log(connection: Any, server_id: str, max_bytes: int) -> bytes:
    """Return the end of the log file that the definition names."""
    domain = connection.lookupByUUIDString(server_id)
    path = DomainReading(domain.XMLDesc()).console_log()
    return tail(Path(path), max_bytes) if path else b""


def tail(path: Path, max_bytes: int) -> bytes:
    """Return at most the last `max_bytes` bytes of a file; nothing if there is no file."""
    if max_bytes <= 0:
        return b""
    try:
        with path.open("rb") as file:
            size = file.seek(0, os.SEEK_END)
            file.seek(max(0, size - max_bytes))
            return file.read(max_bytes)
    except FileNotFoundError:
        return b""


def diagnostics(connection: Any, server_id: str) -> Diagnostics:
    """Return the counters of a running domain."""
    domain = _running(connection, server_id)
    [(_, stats)] = connection.domainListGetStats([domain], STATS)
    macs = dict(DomainReading(domain.XMLDesc()).nics())

    def number(name: str) -> int:
        return int(stats.get(name, 0))

    cpus = [n for n in range(number("vcpu.maximum")) if f"vcpu.{n}.state" in stats]
    nics = [f"net.{n}" for n in range(number("net.count"))]
    disks = [f"block.{n}" for n in range(number("block.count"))]
    return Diagnostics(
        state=state_of(domain)[0],
        driver="libvirt",
        hypervisor=connection.getType().lower(),
        uptime=None,
        memory_max_mib=number("balloon.maximum") // 1024,
        memory_used_mib=number("balloon.current") // 1024,
        cpus=tuple(CpuUsage(n, number(f"vcpu.{n}.time")) for n in cpus),
        disks=tuple(
            DiskUsage(
                target=str(stats.get(f"{disk}.name", "")),
                read_bytes=number(f"{disk}.rd.bytes"),
                read_requests=number(f"{disk}.rd.reqs"),
                write_bytes=number(f"{disk}.wr.bytes"),
                write_requests=number(f"{disk}.wr.reqs"),
                errors=number(f"{disk}.errors"),
            )
            for disk in disks
        ),
        nics=tuple(
            NicUsage(
                mac=macs.get(str(stats.get(f"{nic}.name")), ""),
                rx_bytes=number(f"{nic}.rx.bytes"),
                rx_packets=number(f"{nic}.rx.pkts"),
                rx_errors=number(f"{nic}.rx.errs"),
                rx_dropped=number(f"{nic}.rx.drop"),
                tx_bytes=number(f"{nic}.tx.bytes"),
                tx_packets=number(f"{nic}.tx.pkts"),
                tx_errors=number(f"{nic}.tx.errs"),
                tx_dropped=number(f"{nic}.tx.drop"),
            )
            for nic in nics
        ),
    )


def vnc(connection: Any, server_id: str) -> TcpEndpoint:
    """Return where VNC listens."""
    found = DomainReading(_running(connection, server_id).XMLDesc()).vnc()
    if found is None:
        raise DeviceNotFound(f"{server_id} has no VNC screen")
    return TcpEndpoint(*found)


def serial(connection: Any, server_id: str) -> UnixEndpoint:
    """Return the socket of the serial console."""
    path = DomainReading(_running(connection, server_id).XMLDesc()).serial_socket()
    if not path:
        raise DeviceNotFound(f"{server_id} has no serial console")
    return UnixEndpoint(path)


def screenshot(connection: Any, server_id: str) -> bytes:
    """Return the first screen as libvirt gives it (PPM or PNG)."""
    domain = _running(connection, server_id)
    stream = connection.newStream(0)
    domain.screenshot(stream, 0, 0)
    parts: list[bytes] = []
    stream.recvAll(lambda _stream, data, _opaque: parts.append(data), None)
    stream.finish()
    return b"".join(parts)


def _running(connection: Any, server_id: str) -> Any:
    domain = connection.lookupByUUIDString(server_id)
    if not domain.isActive():
        raise InvalidPowerState(f"{server_id} is not running")
    return domain
