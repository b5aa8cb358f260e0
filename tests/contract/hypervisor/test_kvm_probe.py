"""The probe tells a machine that runs guests under KVM from one that only looks so."""

import shutil
from pathlib import Path

import pytest

from pileus.host.hypervisor.libvirt import kvm_probe

pytestmark = [pytest.mark.slow]

QEMU = shutil.which("qemu-system-x86_64")


@pytest.fixture
def emulator(tmp_path: Path):
    """Make an emulator that is told something else than the probe says."""

    def make(script: str) -> str:
        path = tmp_path / "emulator"
        path.write_text(f"#!/bin/sh\n{script}\n")
        path.chmod(0o755)
        return str(path)

    return make


@pytest.mark.skipif(QEMU is None, reason="needs QEMU")
async def test_the_sector_comes_to_its_end_on_a_whole_processor(emulator):
    # TCG implements all of the processor, so this proves the sector itself.
    changed = emulator(f"""for a; do shift; set -- "$@" "$(echo "$a" | sed s/accel=kvm/accel=tcg/)"; done
exec {QEMU} "$@" """)
    assert await kvm_probe.kvm_runs(changed)


async def test_a_guest_that_stands_still_is_noticed_at_once(emulator):
    broken = emulator("echo 'KVM internal error. Suberror: 1' >&2; exec sleep 60")
    assert not await kvm_probe.kvm_runs(broken)


@pytest.mark.parametrize("script", ["exit 0", "exit 1", "exec sleep 60"])
async def test_anything_else_is_no(emulator, script):
    assert not await kvm_probe.kvm_runs(emulator(script), seconds=1)


async def test_no_emulator(tmp_path: Path):
    assert not await kvm_probe.kvm_runs(str(tmp_path / "nothing"))
