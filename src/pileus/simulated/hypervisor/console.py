"""What a simulated guest would have written to its serial console."""

from pileus.simulated.hypervisor.ledger import DomainRecord


def render(record: DomainRecord, max_bytes: int) -> bytes:
    """Return the last `max_bytes` bytes of a log that fits the domain and the number of its boots."""
    log = b"".join(_boot(record, number) for number in range(max(1, record.boots - 4), record.boots + 1))
    return log[-max_bytes:] if max_bytes > 0 else b""


def _boot(record: DomainRecord, number: int) -> bytes:
    spec = record.spec
    host = spec.labels.name or spec.name
    lines = [
        "[    0.000000] Linux version 6.1.0-cloud-amd64 (simulated)",
        "[    0.000000] Command line: root=/dev/vda1 console=tty1 console=ttyS0",
        "[    0.000000] DMI: OpenStack Foundation OpenStack Nova, BIOS simulated",
        f"[    0.031000] Memory: {spec.memory_mib * 1024}K available",
        f"[    0.052000] smp: Brought up 1 node, {spec.vcpus} CPU{'s' if spec.vcpus > 1 else ''}",
    ]
    for order, disk in enumerate(spec.disks):
        lines.append(f"[    0.4{order:05d}] virtio_blk virtio{order}: [{disk.target}] {disk.serial}".rstrip())
    for order, nic in enumerate(spec.nics):
        lines.append(f"[    0.6{order:05d}] virtio_net: eth{order}: {nic.mac} mtu {nic.mtu or 1500}")
    lines += [f"boot {number} of {spec.id}", f"{host} login: "]
    return "\r\n".join(lines).encode() + b"\r\n"
