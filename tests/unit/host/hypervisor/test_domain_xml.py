"""Definitions of domains: compared with files that a person has read; and everything users write is escaped.

After a wanted change run this file with python, which writes them anew, and read the diff.
"""

from pathlib import Path
from xml.etree.ElementTree import fromstring

import pytest
from msgspec.structs import replace

from pileus.host.hypervisor.errors import InvalidSpec
from pileus.host.hypervisor.libvirt.domain_xml import Site, domain_xml
from pileus.host.hypervisor.libvirt.reading import DomainReading, kvm_emulator, read_capabilities
from pileus.host.hypervisor.spec import Cpu, Disk, FileSource, Graphics, Labels, Nic, ServerSpec

GOLDEN = Path(__file__).parent / "golden"
FOLDER = "/var/lib/pileus/servers/5f2b7b1e-7a0c-4d57-9a31-0d1c6f0c2b11"
KVM = Site(arch="x86_64", accel="kvm", checksum_offload=True, cpu_vendor="Intel", version="1.0")
TCG = Site(arch="x86_64", accel="tcg", checksum_offload=False)

SMALL = ServerSpec(id="5f2b7b1e-7a0c-4d57-9a31-0d1c6f0c2b11", name="instance-00000001", vcpus=1, memory_mib=128)
FULL = replace(
    SMALL,
    vcpus=4,
    memory_mib=2048,
    disks=(
        Disk(source=FileSource(f"{FOLDER}/disk"), target="vda", boot_order=1),
        Disk(source=FileSource(f"{FOLDER}/disk.swap", "raw"), target="vdb"),
        Disk(source=FileSource("/volumes/v", "raw"), target="sda", bus="scsi", serial="4f6c", shareable=True),
    ),
    nics=(
        Nic(port_id="11111111-2222-4333-8444-555555555555", mac="fa:16:3e:01:02:03", mtu=1442),
        Nic(port_id="21111111-2222-4333-8444-555555555555", mac="fa:16:3e:01:02:04", bridge="br-x", model="e1000"),
    ),
    config_drive=f"{FOLDER}/disk.config",
    console_log=f"{FOLDER}/console.log",
    serial_socket=f"{FOLDER}/serial",
    graphics=Graphics(vnc_listen="127.0.0.1", spice_listen="::1", keymap="de"),
    cpu=Cpu(sockets=2, cores=2, threads=1, features=("vmx",)),
    cpu_shares=200,
    labels=Labels(
        name="web </nova:name><evil/> & co",
        flavor="m1.small",
        created_at="2026-01-02T03:04:05Z",
        user_id="u1",
        user_name="demo",
        project_id="p1",
        project_name="Demo",
        image_id="7c9d0000-0000-4000-8000-000000000000",
        disk_gib=20,
        swap_mib=64,
        ephemeral_gib=1,
    ),
)

CASES = {
    "small-kvm": (SMALL, KVM),
    "small-tcg": (SMALL, TCG),
    "full-kvm": (FULL, KVM),
    "full-tcg-q35": (replace(FULL, machine="q35"), TCG),
    "arm": (SMALL, Site(arch="aarch64", accel="tcg", checksum_offload=False)),
    "amd": (
        replace(SMALL, console_log="/c.log"),
        Site(arch="x86_64", accel="kvm", checksum_offload=True, cpu_vendor="AMD"),
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_golden(name: str):
    assert domain_xml(*CASES[name]) == (GOLDEN / f"{name}.xml").read_text()


def test_user_text_stays_text():
    root = fromstring(domain_xml(FULL, KVM))
    assert root.find("./metadata/*/{*}name").text == FULL.labels.name
    assert root.find(".//evil") is None


def test_what_xml_cannot_carry_is_replaced():
    labels = Labels(name="a\0b\x1bc\ud800d\U0001f600")
    root = fromstring(domain_xml(replace(SMALL, labels=labels), KVM))
    assert root.find("./metadata/*/{*}name").text == "a\ufffdb\ufffdc\ufffdd\U0001f600"


def test_it_reads_back():
    domain = DomainReading(domain_xml(FULL, KVM))
    assert domain.console_log() == FULL.console_log
    assert domain.serial_socket() == FULL.serial_socket
    assert [mac for _, mac in domain.nics()] == [nic.mac for nic in FULL.nics]
    assert domain.nic(FULL.nics[1].port_id) is not None
    assert domain.nic("none") is None
    assert domain.disk("sda") is not None
    assert domain.vnc() is None


@pytest.mark.parametrize(
    "changes",
    [
        {"disks": (FULL.disks[0], FULL.disks[0])},
        {"nics": (FULL.nics[0], FULL.nics[0])},
        {"serial_socket": "/" + "x" * 107, "console_log": "/c"},
        {"serial_socket": "/s", "console_log": ""},
        {"cpu": Cpu(sockets=3, cores=1, threads=1)},
        {"cpu": Cpu(mode="custom")},
        {"cpu": Cpu(model="Nehalem")},
    ],
)
def test_contradictions_are_refused(changes):
    with pytest.raises(InvalidSpec):
        domain_xml(replace(FULL, **changes), KVM)


def test_capabilities(tmp_path: Path):
    xml = """<capabilities><host><cpu><arch>x86_64</arch><model>EPYC</model><vendor>AMD</vendor>
      <topology sockets='1' dies='1' cores='2' threads='2'/><feature name='b'/><feature name='a'/></cpu></host>
      <guest><arch name='x86_64'><emulator>/usr/bin/qemu</emulator><domain type='qemu'/>
      <domain type='kvm'/></arch></guest>
      <guest><arch name='aarch64'><domain type='qemu'/></arch></guest></capabilities>"""
    seen = read_capabilities(
        xml, hostname="h", vcpus=4, version=7002022, accel="kvm", storage=tmp_path, meminfo="MemTotal:  2097152 kB\n"
    )
    assert (seen.arch, seen.cpu_model, seen.cpu_vendor, seen.memory_mib) == ("x86_64", "EPYC", "AMD", 2048)
    assert (seen.cpu_sockets, seen.cpu_cores, seen.cpu_threads) == (1, 2, 2)
    assert seen.cpu_features == ("a", "b")
    assert kvm_emulator(xml, "x86_64") == "/usr/bin/qemu"
    assert kvm_emulator(xml, "aarch64") == ""


if __name__ == "__main__":
    GOLDEN.mkdir(exist_ok=True)
    for name, case in CASES.items():
        (GOLDEN / f"{name}.xml").write_text(domain_xml(*case))
