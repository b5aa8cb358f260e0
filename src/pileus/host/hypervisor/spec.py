"""What a domain is made of: plain frozen values, without a word of any hypervisor's own language.

New sources of disks (NBD, iSCSI, RBD) become further members of `DiskSource`; new abilities become fields
with a default.
"""

from typing import Literal

from msgspec import Struct

DiskFormat = Literal["raw", "qcow2"]
Bus = Literal["virtio", "scsi", "ide", "sata", "usb"]
DeviceKind = Literal["disk", "cdrom"]
CacheMode = Literal["none", "writeback", "writethrough", "unsafe", "directsync"]
NicModel = Literal["virtio", "e1000", "e1000e", "rtl8139"]


class FileSource(Struct, frozen=True, tag="file"):
    """A disk that is a file on this machine.

    `format` is always said and never probed: a guest writes what it likes into its first sector.
    """

    path: str
    format: DiskFormat = "qcow2"


DiskSource = FileSource
"""Where the blocks of a disk are. A tagged union as soon as there is a second kind."""


class Disk(Struct, frozen=True, kw_only=True):
    """One disk of a domain, identified inside it by `target`."""

    source: DiskSource
    target: str
    """Device name by which the cloud knows it, such as `vda`. The guest's own name may differ."""
    bus: Bus = "virtio"
    device: DeviceKind = "disk"
    serial: str = ""
    """Serial number shown to the guest (a volume's id); virtio shows its first 20 characters."""
    cache: CacheMode = "none"
    read_only: bool = False
    shareable: bool = False
    """Whether other domains may have it open for writing too (multi-attach volumes)."""
    boot_order: int | None = None
    """Place in the boot sequence, from 1; None: the firmware does not try it."""
    discard: bool = True
    """Whether the guest's TRIM reaches the file."""


class Nic(Struct, frozen=True, kw_only=True):
    """One network card of a domain, identified by its port."""

    port_id: str
    """UUID of the port; also the switch's interface id."""
    mac: str
    bridge: str = "br-int"
    mtu: int | None = None
    """MTU told to the guest's driver, in bytes."""
    model: NicModel = "virtio"
    tag: str = ""
    """The user's device role tag, for the metadata service; the hypervisor ignores it."""


class Graphics(Struct, frozen=True, kw_only=True):
    """Screens that a domain offers; ports are chosen by the hypervisor."""

    vnc_listen: str = "127.0.0.1"
    """Address that VNC listens on; empty: no VNC."""
    spice_listen: str = ""
    """Address that SPICE listens on; empty: no SPICE."""
    keymap: str = ""


class Cpu(Struct, frozen=True, kw_only=True):
    """Which processor the guest sees."""

    mode: Literal["auto", "host-model", "host-passthrough", "maximum", "custom"] = "auto"
    """`auto`: host-model under KVM, a plain old model that TCG knows whole otherwise."""
    model: str = ""
    """Name of the model; only, and always, with mode `custom`."""
    features: tuple[str, ...] = ()
    """Features to require beside the model's own."""
    sockets: int = 0
    cores: int = 0
    threads: int = 0
    """Topology; all zero leaves it to the hypervisor, else the product must be the number of vCPUs."""


class Labels(Struct, frozen=True, kw_only=True):
    """What the cloud knows about a server, written beside its domain for people who look with virsh."""

    name: str = ""
    flavor: str = ""
    created_at: str = ""
    """ISO 8601."""
    user_id: str = ""
    user_name: str = ""
    project_id: str = ""
    project_name: str = ""
    image_id: str = ""
    disk_gib: int = 0
    swap_mib: int = 0
    ephemeral_gib: int = 0


class ServerSpec(Struct, frozen=True, kw_only=True):
    """Everything needed to define one domain. The same spec always yields the same domain."""

    id: str
    """UUID of the server and of the domain."""
    name: str
    """Name of the domain, unique on the host, such as `instance-0000002a`."""
    vcpus: int
    memory_mib: int
    disks: tuple[Disk, ...] = ()
    """Root disk first."""
    nics: tuple[Nic, ...] = ()
    """In the order in which the guest shall see them."""
    config_drive: str = ""
    """Path of an ISO 9660 file shown as CD-ROM; empty: none."""
    console_log: str = ""
    """File that the serial console is appended to; empty: no log."""
    serial_socket: str = ""
    """Path of a Unix socket on which the serial console is reachable; empty: none. At most 107 bytes."""
    graphics: Graphics = Graphics()
    cpu: Cpu = Cpu()
    machine: str = ""
    """Machine type such as `pc` or `q35`; empty: the driver's choice."""
    labels: Labels = Labels()
    balloon_period: int = 10
    """Seconds between the guest's memory statistics; 0: none are taken."""
    cpu_shares: int = 0
    """Weight against other domains; 0: the default."""
    rng: bool = True
    """Whether the guest has a source of randomness."""
