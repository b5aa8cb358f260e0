from pathlib import Path

import msgspec
import pytest

from pileus.platform.inspection import doctor, facts
from pileus.platform.inspection.facts import Facts
from pileus.platform.switching.uplink import Route

GOOD = Facts(
    kernel="6.1", root=True, network_admin=True, system_admin=True, systemd=False, virtual=False, kvm="usable",
    openvswitch=True, tun=True, nft=True, cpus=4, memory=2**34, memory_available=2**33, disk_free=2**36,
    orphans_collected=True, uplink=Route("eth0", 1500), missing_packages=(), missing_programs=(),
)  # fmt: skip


async def bad(**changes: object) -> dict[str, doctor.Check]:
    checks = await doctor.examine(msgspec.structs.replace(GOOD, **changes))
    return {check.name: check for check in checks if not check.ok and check.name != "firewall"}


async def test_a_good_machine_has_nothing_to_mend() -> None:
    assert await bad() == {}


@pytest.mark.parametrize(
    ("changes", "name", "vital"),
    [
        ({"root": False}, "rights", True),
        ({"system_admin": False}, "namespaces", True),
        ({"orphans_collected": False}, "orphans", True),
        ({"missing_programs": ("nft",)}, "programs", True),
        ({"missing_packages": ("nftables",)}, "packages", False),
        ({"tun": False}, "taps", True),
        ({"kvm": "absent"}, "kvm", False),
        ({"kvm": "denied"}, "kvm", False),
        ({"openvswitch": False}, "datapath", False),
        ({"nft": False}, "nft", False),
        ({"uplink": None}, "uplink", False),
        ({"memory_available": 2**20}, "memory", False),
        ({"disk_free": 2**20}, "disk", False),
    ],
)
async def test_each_lack_is_named_with_its_cost_and_remedy(changes: dict[str, object], name: str, vital: bool) -> None:
    found = await bad(**changes)
    assert list(found) == [name]
    assert found[name].vital == vital
    assert found[name].cost
    assert found[name].remedy


async def test_vital_checks_come_first() -> None:
    checks = await doctor.examine(GOOD)
    assert [check.vital for check in checks] == sorted((check.vital for check in checks), reverse=True)


async def test_the_probe_reads_this_machine(tmp_path: Path) -> None:
    found = await facts.probe(tmp_path / "not" / "there" / "yet")
    assert found.cpus >= 1
    assert 0 < found.memory_available <= found.memory
    assert found.disk_free > 0
    assert isinstance(found.orphans_collected, bool)
