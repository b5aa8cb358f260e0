"""Judges the machine: what is missing for a cloud, what that costs, and how to mend it."""

from collections.abc import Iterator

import msgspec

from pileus.platform.commands import attempt
from pileus.platform.inspection.facts import Facts

_GIB = 2**30


class Check(msgspec.Struct, frozen=True):
    """One thing looked at."""

    name: str
    ok: bool
    found: str
    """What was seen, for people."""
    cost: str = ""
    """What does not work, or works worse, because of it; empty if it is fine."""
    remedy: str = ""
    """How to mend it, as a command where there is one; empty if it is fine or nothing can be done."""
    vital: bool = False
    """Whether no real server can run without it.  A simulated cloud needs none of these."""


async def examine(facts: Facts) -> list[Check]:
    """All checks of the machine, the vital ones first."""
    checks = [
        *_rights(facts),
        *_first_process(facts),
        *_software(facts),
        *_processor(facts),
        *_network(facts),
        *_room(facts),
    ]
    checks.append(await _foreign_firewall())
    return sorted(checks, key=lambda check: not check.vital)


def _rights(facts: Facts) -> Iterator[Check]:
    mode = "as root, or with `--simulated`"
    yield _check("rights", facts.root and facts.network_admin, "root" if facts.root else "not root",
                 "no networks and no servers", f"run Pileus {mode}", vital=True)  # fmt: skip
    yield _check("namespaces", facts.system_admin, "may mount" if facts.system_admin else "may not mount",
                 "libvirtd cannot have its own room", "give the container CAP_SYS_ADMIN", vital=True)  # fmt: skip


def _first_process(facts: Facts) -> Iterator[Check]:
    good = facts.orphans_collected
    yield _check("orphans", good, "collected" if good else "the first process does not collect ended orphans",
                 "libvirt waits for ever for the programs it tries", "start the container with an init (`--init`)",
                 vital=True)  # fmt: skip


def _software(facts: Facts) -> Iterator[Check]:
    missing = facts.missing_packages or ()
    yield _check("packages", not missing, f"missing: {' '.join(missing)}" if missing else "all installed",
                 "what they are for does not work",
                 f"apt-get install --no-install-recommends {' '.join(missing)}")  # fmt: skip
    programs = facts.missing_programs
    yield _check("programs", not programs, f"missing: {' '.join(programs)}" if programs else "all found",
                 "no networks and no servers", "deploy/bootstrap.sh run", vital=True)  # fmt: skip


def _processor(facts: Facts) -> Iterator[Check]:
    nested = " (nested)" if facts.virtual and facts.kvm == "usable" else ""
    remedy = {
        "usable": "",
        "denied": "give this user or container access to /dev/kvm",
        "absent": "switch on virtualisation in the firmware, or nesting in the host, and load kvm_intel or kvm_amd",
    }[facts.kvm]
    yield _check("kvm", facts.kvm == "usable", f"/dev/kvm is {facts.kvm}{nested}",
                 "servers are emulated (TCG): a tiny one boots in 10 s, a full Debian in minutes", remedy)  # fmt: skip


def _network(facts: Facts) -> Iterator[Check]:
    yield _check("taps", facts.tun, "/dev/net/tun opens" if facts.tun else "/dev/net/tun does not open",
                 "servers have no network", "modprobe tun; in a container pass the device in", vital=True)  # fmt: skip
    yield _check("datapath", facts.openvswitch,
                 "the kernel has openvswitch" if facts.openvswitch else "the kernel has no openvswitch module",
                 "frames are switched in userspace: about 200 Mbit/s through two hops",
                 "boot a kernel with the openvswitch module")  # fmt: skip
    yield _check("nft", facts.nft, "nft answers" if facts.nft else "nft is missing or the kernel has no nf_tables",
                 "no NAT: floating IPs work from this machine only, servers do not reach the outside",
                 "apt-get install nftables; boot a kernel with nf_tables")  # fmt: skip
    found = f"{facts.uplink.link}, MTU {facts.uplink.mtu}" if facts.uplink else "no IPv4 default route"
    yield _check("uplink", facts.uplink is not None, found, "servers do not reach the outside", "add a default route")


def _room(facts: Facts) -> Iterator[Check]:
    yield _check("memory", facts.memory_available > _GIB, f"{facts.memory_available / _GIB:.1f} GiB available",
                 "few or no servers fit", "free some memory")  # fmt: skip
    yield _check("disk", facts.disk_free > 4 * _GIB, f"{facts.disk_free / _GIB:.1f} GiB free",
                 "images and disks will not fit", "free some space, or put the state folder elsewhere")  # fmt: skip


async def _foreign_firewall() -> Check:
    """A chain elsewhere that drops forwarded packets wins over our accepting ones: every table has its say."""
    outcome = await attempt("nft", "list", "chains", timeout=5.0)
    table, dropping = "", []
    for line in outcome.output.splitlines() if outcome.ok else []:
        words = line.split()
        if words[:1] == ["table"]:
            table = " ".join(words[1:3])
        elif "hook forward" in line and "policy drop" in line:
            dropping.append(table)
    return _check("firewall", not dropping,
                  f"forwarding is dropped by table {', '.join(dropping)}" if dropping else "no table drops forwarding",
                  "servers may not reach the outside", "accept forwarding from and to br-ex there")  # fmt: skip


def _check(name: str, ok: bool, found: str, cost: str, remedy: str, *, vital: bool = False) -> Check:
    return Check(name, ok, found, "" if ok else cost, "" if ok else remedy, vital)
