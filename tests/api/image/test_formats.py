"""Formats over HTTP: what images may be, and the classes of attacks by crafted files, named after their advisories.

Every crafted image is made here, from what the real qemu-img writes.
"""

import struct
import subprocess

import pytest
from tests.doubles.web import OCTETS, image_of, made

from pileus.image.settings import ImageSettings

MIB = 1 << 20


@pytest.fixture
def settings():
    return ImageSettings(most_bytes=64 * MIB)


def qemu(tmp_path, kind, *options, size="2M"):
    path = tmp_path / f"disk.{kind}"
    subprocess.run(["qemu-img", "create", "-q", "-f", kind, *options, str(path), size], check=True)
    return path.read_bytes()


async def put(api, image, data):
    return await api.put(f"/image/v2/images/{image['id']}/file", content=data, headers=OCTETS)


async def refused(api, service, disk_format, data):
    image = await made(api, disk_format=disk_format)
    answer = await put(api, image, data)
    assert answer.status_code == 415, answer.text
    assert (await image_of(api, image["id"]))["status"] == "queued"
    assert await service.dealing.stores.store("file").names() == set()
    assert await service.dealing.area.names() == []


GPT = bytearray(2 * MIB)
GPT[446:462] = struct.pack("<B3BB3BII", 0, 0, 2, 0, 0xEE, 255, 255, 255, 1, 4095)
GPT[510:512] = b"\x55\xaa"
GPT[512:520] = b"EFI PART"


@pytest.mark.parametrize("kind", ["qcow2", "qcow2 v2", "vdi", "vhd", "vhdx", "vmdk", "raw", "gpt", "ami", "ari", "aki", "ploop"])  # fmt: skip
async def test_what_is_what_it_says_is_taken(api, tmp_path, kind):
    disk_format, data = {
        "qcow2": lambda: ("qcow2", qemu(tmp_path, "qcow2")),
        "qcow2 v2": lambda: ("qcow2", qemu(tmp_path, "qcow2", "-o", "compat=0.10")),
        "vdi": lambda: ("vdi", qemu(tmp_path, "vdi")),
        "vhd": lambda: ("vhd", qemu(tmp_path, "vpc", "-o", "force_size=on")),
        "vhdx": lambda: ("vhdx", qemu(tmp_path, "vhdx")),
        "vmdk": lambda: ("vmdk", qemu(tmp_path, "vmdk", "-o", "subformat=streamOptimized")),
        "raw": lambda: ("raw", b"boot me" * 1000),
        "gpt": lambda: ("gpt", bytes(GPT)),
    }.get(kind, lambda: (kind, b"some kernel" * 1000))()
    image = await made(api, disk_format=disk_format)
    assert (await put(api, image, data)).status_code == 204
    shown = await image_of(api, image["id"])
    assert shown["status"] == "active"
    if disk_format in {"qcow2", "vdi", "vhd", "vhdx", "vmdk"}:
        assert shown["virtual_size"] == 2 * MIB


async def test_encrypted_disks_are_taken_as_what_they_are(api, tmp_path):
    secret = ("--object", "secret,id=s,data=abc")
    luks = (*secret, "-o", "encrypt.format=luks,encrypt.key-secret=s,encrypt.iter-time=10")
    image = await made(api, disk_format="qcow2")
    assert (await put(api, image, qemu(tmp_path, "qcow2", *luks))).status_code == 204
    plain = (*secret, "-o", "key-secret=s,iter-time=10")
    image = await made(api, disk_format="raw")
    assert (await put(api, image, qemu(tmp_path, "luks", *plain))).status_code == 204


async def test_containers_are_not_looked_into(api):
    image = await made(api, disk_format="qcow2", container_format="compressed")
    assert (await put(api, image, b"\x1f\x8b\x08" + bytes(100))).status_code == 204


def with_backing(data, name=b"/etc/passwd"):
    data = bytearray(data)
    data[8:20] = struct.pack(">QI", 512, len(name))
    data[512 : 512 + len(name)] = name
    return bytes(data)


def with_features(data, bits):
    data = bytearray(data)
    data[72:80] = struct.pack(">Q", bits)
    return bytes(data)


async def test_ossa_2015_014_backing_files(api, service, tmp_path):
    await refused(api, service, "qcow2", with_backing(qemu(tmp_path, "qcow2")))
    await refused(api, service, "raw", with_backing(qemu(tmp_path, "qcow2")))


@pytest.mark.parametrize("subformat", ["monolithicFlat", "twoGbMaxExtentFlat", "twoGbMaxExtentSparse"])
async def test_ossa_2023_002_vmdks_that_point_at_other_files(api, service, tmp_path, subformat):
    data = qemu(tmp_path, "vmdk", "-o", f"subformat={subformat}")
    await refused(api, service, "vmdk", data)
    await refused(api, service, "vmdk", data.replace(b'"disk', b'"/etc/passwd'))


async def test_ossa_2023_002_vmdks_with_extents_elsewhere_in_their_descriptor(api, service, tmp_path):
    data = qemu(tmp_path, "vmdk", "-o", "subformat=monolithicSparse")
    await refused(api, service, "vmdk", data.replace(b'"disk.vmdk"', b'"/etc/host"'))


async def test_ossa_2024_001_data_files(api, service, tmp_path):
    other = tmp_path / "other.raw"
    await refused(api, service, "qcow2", qemu(tmp_path, "qcow2", "-o", f"data_file={other},data_file_raw=on"))
    await refused(api, service, "qcow2", with_features(qemu(tmp_path, "qcow2"), 1 << 2))
    await refused(api, service, "qcow2", with_features(qemu(tmp_path, "qcow2"), 1 << 40))


@pytest.mark.parametrize("kind", ["qcow2", "vdi", "vhdx", "vmdk", "qed"])
@pytest.mark.parametrize("claim", ["raw", "iso", "vhd"])
async def test_ossa_2024_002_other_content_than_claimed(api, service, tmp_path, kind, claim):
    await refused(api, service, claim, qemu(tmp_path, kind))


async def test_ossa_2024_002_two_formats_in_one(api, service, tmp_path):
    data = bytearray(qemu(tmp_path, "qcow2")) + bytes(MIB)
    data[0x8001:0x8006] = b"CD001"  # an ISO image that is a qcow2 as well
    for claim in ("qcow2", "iso", "raw"):
        await refused(api, service, claim, bytes(data))


async def test_ossa_2016_012_tables_that_no_disk_needs(api, service, tmp_path):
    huge = bytearray(qemu(tmp_path, "qcow2"))
    huge[36:40] = struct.pack(">I", 0x7FFFFFFF)
    await refused(api, service, "qcow2", bytes(huge))
    large = bytearray(qemu(tmp_path, "qcow2"))
    large[24:32] = struct.pack(">Q", 1 << 62)
    await refused(api, service, "qcow2", bytes(large))


async def test_partition_tables_out_of_order_are_the_operators_choice(api, service):
    odd = bytearray(GPT)
    odd[446 + 9 : 446 + 12] = b"\x07\x07\x07"
    await refused(api, service, "gpt", bytes(odd))


class TestTolerant:
    """What the operator may let pass; never what points elsewhere."""

    @pytest.fixture
    def settings(self):
        return ImageSettings(most_bytes=64 * MIB, tolerated=("mismatch", "mbr"))

    async def test_what_lies_is_taken_and_what_harms_is_not(self, api, service, tmp_path):
        odd = bytearray(GPT)
        odd[446 + 9 : 446 + 12] = b"\x07\x07\x07"
        for disk_format, data in (("gpt", bytes(odd)), ("vhd", qemu(tmp_path, "qcow2"))):
            image = await made(api, disk_format=disk_format)
            assert (await put(api, image, data)).status_code == 204
            await api.delete(f"/image/v2/images/{image['id']}")
        await service.dealing.keeper.settle()
        await refused(api, service, "raw", with_backing(qemu(tmp_path, "qcow2")))
