"""Stores of images in the cloud's own object store, as any client of it: the contract of a store, over real HTTP."""

import hashlib
import os

import pytest
import yaml

from client.clouds import ADMIN
from pileus.image.settings import StoreSettings
from pileus.image.stores.protocol import DataMissing, StoreUnreachable
from pileus.image.stores.s3 import S3Store
from pileus.image.stores.swift import SwiftStore
from pileus.kernel.clock import SystemClock

PIECE = 1 << 16


@pytest.fixture(params=["swift", "s3"])
def store(request, cloud, name):
    container = name("images")
    if request.param == "swift":
        auth = yaml.safe_load((cloud.state / "clouds.yaml").read_text())["clouds"][ADMIN]["auth"]
        given = StoreSettings(
            id="swift", kind="swift", url=auth["auth_url"], user=auth["username"], secret=auth["password"],
            project=auth["project_name"], container=container,
        )  # fmt: skip
        return SwiftStore(given, segment=PIECE)
    catalog = {entry["Type"] for entry in cloud.json("catalog", "list")}
    if "s3" not in catalog:
        pytest.skip("this cloud does not speak S3")
    keys = cloud.json("ec2", "credentials", "create")
    url = cloud.connection().session.get_endpoint(service_type="s3")
    given = StoreSettings(id="s3", kind="s3", url=url, user=keys["access"], secret=keys["secret"], container=container)
    return S3Store(given, SystemClock(), part=5 << 20)


async def read(store, name, start=0, length=None):
    return b"".join([piece async for piece in store.read(name, start, length)])


@pytest.mark.parametrize("size", [0, 1, PIECE, PIECE * 3 + 17, (5 << 20) + 1])
async def test_what_is_kept_comes_back_until_it_is_deleted(store, tmp_path, size):
    data = os.urandom(size)
    file, title = tmp_path / "data", hashlib.sha512(data).hexdigest()
    file.write_bytes(data)
    with pytest.raises(StoreUnreachable):
        await store.size(title)
    await store.keep(file, title, share=False)
    await store.keep(file, title, share=True)
    assert file.read_bytes() == data
    assert await store.size(title) == size
    assert await read(store, title) == data
    assert await store.path(title) is None
    if size > 100:
        assert await read(store, title, 50, 40) == data[50:90]
        assert await read(store, title, size - 10) == data[-10:]
    assert await store.names() == {title}
    assert store.name(store.url(title)) == title
    assert "secret" not in store.url(title)
    await store.delete(title)
    await store.delete(title)
    assert await store.names() == set()
    with pytest.raises(DataMissing):
        await store.size(title)


async def test_what_broke_off_is_found_and_goes(store, tmp_path, monkeypatch):
    file = tmp_path / "data"
    file.write_bytes(os.urandom(12 << 20))
    put, puts = store._put, []

    async def breaking(*arguments):
        puts.append(arguments)
        if len(puts) == 3:
            raise StoreUnreachable("cut")
        return await put(*arguments)

    monkeypatch.setattr(store, "_put", breaking)
    with pytest.raises(StoreUnreachable):
        await store.keep(file, "f" * 128, share=False)
    with pytest.raises(DataMissing):
        await store.size("f" * 128)
    assert await store.names() == {"f" * 128}
    await store.delete("f" * 128)
    assert await store.names() == set()
