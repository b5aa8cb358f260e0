"""Which extra specs are known, and what their values may be.

Source: Nova's reference of extra specs.  A key whose namespace is not known may be anything: other programs keep their
own there.
"""

import re
from dataclasses import dataclass, field

from pileus.kernel.api.errors import BadRequest
from pileus.kernel.api.fields import truth

_CPUS = r"\^?\d+((-\d+)?(,\^?\d+(-\d+)?)?)*"


@dataclass(frozen=True, slots=True)
class Kind:
    """What a value may be: one of the choices, else text of a pattern; a whole number within bounds; a truth."""

    name: str = "str"
    choices: tuple[str, ...] = ()
    pattern: str = ""
    least: int | None = None
    most: int | None = None

    def refusal(self, value: str) -> str:
        """Why it may not be the value; empty if it may."""
        if self.name == "bool":
            try:
                truth(value)
            except ValueError:
                return f"is not of type '{self.name}'"
        elif self.name == "int":
            if not re.fullmatch(r"-?\d+", value):
                return f"is not of type '{self.name}'"
            if self.least is not None and int(value) < self.least:
                return f"is less than the minimum of {self.least}"
            if self.most is not None and int(value) > self.most:
                return f"is greater than the maximum of {self.most}"
        elif self.choices and value not in self.choices:
            return f"is not one of: {', '.join(self.choices)}"
        elif self.pattern and not re.fullmatch(self.pattern, value):
            return f"does not match the pattern {self.pattern}"
        return ""


_ANY = Kind()
_TRUTH = Kind("bool")
_COUNT = Kind("int", least=1)
_NATURAL = Kind("int", least=0)


def _one(*choices: str) -> Kind:
    return Kind(choices=choices)


@dataclass(frozen=True, slots=True)
class Namespace:
    """The extra specs whose keys start alike.  Only these keys are known in it."""

    prefix: str
    keys: dict[str, Kind] = field(default_factory=dict)
    """By the pattern of what follows the prefix."""


_HW = {
    "boot_menu": _TRUTH,
    "cpu_(cores|sockets|threads|max_cores|max_sockets|max_threads)": _COUNT,
    "cpu_policy": _one("dedicated", "shared", "mixed"),
    "cpu_thread_policy": _one("prefer", "isolate", "require"),
    "cpu_dedicated_mask": Kind(pattern=_CPUS),
    "cpu_realtime": _TRUTH,
    "cpu_realtime_mask": Kind(pattern=_CPUS),
    "emulator_threads_policy": _one("isolate", "share"),
    "ephemeral_encryption": _TRUTH,
    "ephemeral_encryption_format": _one("plain", "luks", "luksv2"),
    "hide_hypervisor_id": _TRUTH,
    "locked_memory": _TRUTH,
    "maxphysaddr_bits": _COUNT,
    "maxphysaddr_mode": _one("passthrough", "emulate"),
    "mem_encryption": _TRUTH,
    "mem_encryption_model": _one("amd-sev", "amd-sev-es"),
    "mem_page_size": Kind(pattern=r"(large|small|any|\d+([kKMGT]i?)?(b|bit|B)?)"),
    "numa_nodes": _COUNT,
    r"numa_cpus\.\d+": Kind(pattern=_CPUS),
    r"numa_mem\.\d+": _COUNT,
    "pci_numa_affinity_policy": _one("required", "preferred", "legacy", "socket"),
    "pmem": Kind(pattern=r"([a-zA-Z0-9_]+(,)?)+"),
    "pmu": _TRUTH,
    "redirected_usb_ports": Kind("int", least=0, most=15),
    "serial_port_count": _NATURAL,
    "sound_model": _one("sb16", "es1370", "pcspk", "ac97", "ich6", "ich9", "usb", "virtio"),
    "tpm_model": _one("tpm-tis", "tpm-crb"),
    "tpm_secret_security": _one("user", "host", "deployment"),
    "tpm_version": _one("1.2", "2.0"),
    "usb_model": _one("nec-xhci", "qemu-xhci", "piix3-uhci", "piix4-uhci", "ehci", "ich9-ehci1"),
    "vif_multiqueue_enabled": _TRUTH,
    "viommu_model": _one("intel", "smmuv3", "virtio", "auto"),
    "virtio_packed_ring": _TRUTH,
    "watchdog_action": _one("none", "pause", "poweroff", "reset", "disabled"),
}
_QUOTA = {
    "(cpu|memory|disk_io|vif)_(limit|reservation)": _NATURAL,
    "(cpu|memory|disk_io|vif)_shares_level": _one("custom", "high", "normal", "low"),
    "(cpu|memory|disk_io|vif)_shares_share": _NATURAL,
    "cpu_(shares|period)": _NATURAL,
    "cpu_quota": Kind("int"),
    "disk_(read|write|total)_(bytes|iops)_sec": _NATURAL,
    "vif_(inbound|outbound)_(average|peak|burst)": _NATURAL,
}
_GROUP = "([a-zA-Z0-9_-]{1,64})?"
_CLASS = "(CUSTOM_[A-Z0-9_]+|[A-Z][A-Z0-9_]*)"
NAMESPACES = (
    Namespace("accel:", {"device_profile": _ANY}),
    Namespace("aggregate_instance_extra_specs:", {".+": _ANY}),
    Namespace("capabilities:", {".+": _ANY}),
    Namespace("hw:", _HW),
    Namespace("hw_rng:", {"allowed": _TRUTH, "rate_bytes": _NATURAL, "rate_period": _NATURAL}),
    Namespace("hw_video:", {"ram_max_mb": _NATURAL}),
    Namespace("os:", {"secure_boot": _one("required", "disabled", "optional")}),
    Namespace("pci_passthrough:", {"alias": Kind(pattern=r"[^:]+:\d+(?:\s*,\s*[^:]+:\d+)*")}),
    Namespace("quota:", _QUOTA),
    Namespace("vmware:", {"(hw_version|storage_policy|boot_retry|resource_pool)": _ANY}),
)
_RESOURCES = re.compile(f"resources{_GROUP}:{_CLASS}")
_TRAITS = re.compile(f"trait{_GROUP}:{_CLASS}")


def validate(key: str, value: str) -> None:
    """Refuse a value that a known key may not have, and unknown keys in known namespaces.

    Raises:
        BadRequest: it is refused; the message says why.
    """
    kind: Kind | None = None
    if key.partition(":")[0].startswith("resources") and ":" in key:
        kind = _NATURAL if _RESOURCES.fullmatch(key) else None
    elif key.partition(":")[0].startswith("trait") and ":" in key:
        kind = _one("required", "forbidden") if _TRAITS.fullmatch(key) else None
    elif key == "group_policy":
        kind = _one("none", "isolate")
    elif key == "hide_hypervisor_id":
        kind = _TRUTH
    else:
        namespace = next((n for n in NAMESPACES if key.startswith(n.prefix)), None)
        if namespace is None:
            return
        rest = key.removeprefix(namespace.prefix)
        kind = next((known for pattern, known in namespace.keys.items() if re.fullmatch(pattern, rest)), None)
    if kind is None:
        raise BadRequest(f"Validation failed; extra spec '{key}' does not appear to be a valid extra spec.")
    refusal = kind.refusal(value)
    if refusal:
        raise BadRequest(f"Validation failed; '{value}' {refusal}")
