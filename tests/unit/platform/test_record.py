import json
from pathlib import Path

import pytest

from pileus.platform.daemons.process import Identity
from pileus.platform.record import Entry, Record


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "deep" / "machine.json"


async def again(path: Path) -> Record:
    record = Record(path)
    await record.load()
    return record


async def test_what_is_noted_is_on_disk_at_once_and_can_be_struck(path: Path) -> None:
    record = await again(path)
    process = Identity(pid=7, started=8, boot="b")
    await record.note(Entry(kind="process", name="libvirtd", process=process))
    await record.note(Entry(kind="netns", name="pileus-x"))
    assert (await again(path)).entries() == record.entries()
    assert (await again(path)).find("process", "libvirtd") == Entry(kind="process", name="libvirtd", process=process)
    await record.strike("netns", "pileus-x")
    await record.strike("netns", "never was")
    assert [entry.kind for entry in (await again(path)).entries()] == ["process"]


async def test_the_first_earlier_value_is_kept(path: Path) -> None:
    record = await again(path)
    await record.note(Entry(kind="sysctl", name="net.ipv4.ip_forward", detail="0"))
    await record.note(Entry(kind="sysctl", name="net.ipv4.ip_forward", detail="1"))
    assert [entry.detail for entry in (await again(path)).entries("sysctl")] == ["0"]


async def test_a_new_process_replaces_the_old_one(path: Path) -> None:
    record = await again(path)
    for pid in (1, 2):
        await record.note(Entry(kind="process", name="ovn-nb", process=Identity(pid=pid, started=0, boot="b")))
    [entry] = (await again(path)).entries()
    assert entry.process is not None
    assert entry.process.pid == 2


def pretend_reboot(path: Path) -> None:
    path.write_text(json.dumps({**json.loads(path.read_text()), "boot": "an earlier one"}))


async def test_a_record_of_an_earlier_boot_is_dropped(path: Path) -> None:
    record = await again(path)
    await record.note(Entry(kind="sysctl", name="net.ipv4.ip_forward", detail="0"))
    pretend_reboot(path)
    assert (await again(path)).entries() == []
