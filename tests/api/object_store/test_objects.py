"""Objects over HTTP, in this process."""

import hashlib
import re

import pytest

SIZES = [0, 1, 65536, 65537, 3_000_000]


def data(size):
    return hashlib.shake_128(b"seed").digest(size)


@pytest.mark.parametrize("size", SIZES)
async def test_what_goes_in_comes_out(container, size):
    body = data(size)
    answer = await container.put("/c/a/b.txt", content=body)
    etag = hashlib.md5(body).hexdigest()
    assert (answer.status_code, answer.headers["ETag"]) == (201, etag)
    assert answer.headers["Last-Modified"].endswith("GMT")
    answer = await container.get("/c/a/b.txt")
    assert (answer.status_code, answer.content == body) == (200, True)
    assert answer.headers["ETag"] == etag
    assert answer.headers["Content-Type"] == "text/plain"
    assert re.fullmatch(r"\d+\.\d{5}", answer.headers["X-Timestamp"])
    head = await container.head("/c/a/b.txt")
    assert (head.status_code, head.content) == (200, b"")
    assert head.headers["Content-Length"] == str(size)


async def test_chunks_without_length(container):
    async def chunks():
        for _ in range(40):
            yield b"0123456789" * 1000

    answer = await container.put("/c/o", content=chunks(), headers={"Transfer-Encoding": "chunked"})
    assert answer.status_code == 201
    assert (await container.get("/c/o")).content == b"0123456789" * 40_000


async def test_a_body_of_another_sum_is_refused_and_leaves_the_old_object(container):
    await container.put("/c/o", content=b"old")
    for size in (5, 200_000):
        answer = await container.put("/c/o", content=data(size), headers={"ETag": "0" * 32})
        assert answer.status_code == 422
    assert (await container.get("/c/o")).content == b"old"
    good = hashlib.md5(b"new").hexdigest()
    assert (await container.put("/c/o", content=b"new", headers={"ETag": f'"{good}"'})).status_code == 201


async def test_a_body_that_breaks_off_leaves_the_old_object(container, parts):
    await container.put("/c/o", content=b"old")
    answer = await container.put("/c/o", content=_short(), headers={"Content-Length": "500000"})
    assert answer.status_code == 499
    assert (await container.get("/c/o")).content == b"old"
    left = [p for p in (parts.state / "object_store").rglob("*") if p.is_file() and not p.suffix.startswith(".db")]
    assert {p.name for p in left} == {"lock", "census"}


async def _short():
    yield b"x" * 200_000


async def test_too_long_a_body_is_refused(container):
    assert (await container.put("/c/o", content=b"", headers={"Content-Length": str(9 << 20)})).status_code == 413

    async def endless():
        for _ in range(9):
            yield bytes(1 << 20)

    answer = await container.put("/c/o", content=endless(), headers={"Transfer-Encoding": "chunked"})
    assert answer.status_code == 413
    assert (await container.get("/c/o")).status_code == 404


async def test_metadata_are_replaced_by_a_post(container):
    headers = {"X-Object-Meta-A": "1", "X-Object-Meta-Empty": "", "Content-Type": "a/b", "Content-Encoding": "gzip"}
    await container.put("/c/o", content=b"x", headers=headers)
    shown = (await container.head("/c/o")).headers
    assert (shown["X-Object-Meta-A"], shown["X-Object-Meta-Empty"], shown["Content-Encoding"]) == ("1", "", "gzip")
    answer = await container.post("/c/o", headers={"X-Object-Meta-B": "2", "Content-Disposition": "attachment"})
    assert (answer.status_code, answer.headers.get("Content-Length")) == (202, "0")
    shown = (await container.head("/c/o")).headers
    assert "X-Object-Meta-A" not in shown
    assert "Content-Encoding" not in shown
    assert (shown["X-Object-Meta-B"], shown["Content-Type"], shown["Content-Disposition"]) == ("2", "a/b", "attachment")
    assert (await container.post("/c/none", headers={"X-Object-Meta-B": "2"})).status_code == 404


async def test_there_must_be_a_container(api):
    assert (await api.put("/none/o", content=b"x")).status_code == 404
    assert (await api.get("/none/o")).status_code == 404


@pytest.mark.parametrize(
    ("header", "status", "body"),
    [
        ("bytes=0-3", 206, b"0123"),
        ("bytes=7-", 206, b"789"),
        ("bytes=-2", 206, b"89"),
        ("bytes=5-100", 206, b"56789"),
        ("bytes=10-", 416, None),
        ("bytes=-0", 416, None),
        ("bytes=3-1", 200, b"0123456789"),
        ("bytes=a-b", 200, b"0123456789"),
        ("items=0-1", 200, b"0123456789"),
        ("bytes=" + ",".join(["0-9"] * 51), 416, None),
        ("bytes=" + ",".join(["0-9"] * 5), 416, None),
    ],
)
async def test_ranges(container, header, status, body):
    await container.put("/c/o", content=b"0123456789")
    answer = await container.get("/c/o", headers={"Range": header})
    assert answer.status_code == status
    if body is not None:
        assert answer.content == body
        assert answer.headers["Content-Length"] == str(len(body))
    if status == 416:
        assert answer.headers["Content-Range"] == "bytes */10"


@pytest.mark.parametrize("size", [1000, 300_000])
async def test_several_ranges(container, size):
    body = data(size)
    await container.put("/c/o", content=body)
    answer = await container.get("/c/o", headers={"Range": "bytes=0-1,500-999"})
    assert answer.status_code == 206
    assert answer.headers["Content-Length"] == str(len(answer.content))
    kind, _, boundary = answer.headers["Content-Type"].partition(";boundary=")
    assert kind == "multipart/byteranges"
    parts = answer.content.split(b"--" + boundary.encode())
    assert parts[-1] == b"--"
    head, _, first = parts[1].partition(b"\r\n\r\n")
    assert f"Content-Range: bytes 0-1/{size}".encode() in head
    assert first == body[:2] + b"\r\n"
    assert parts[2].partition(b"\r\n\r\n")[2] == body[500:1000] + b"\r\n"


async def test_conditions(container):
    etag = (await container.put("/c/o", content=b"x")).headers["ETag"]
    modified = (await container.head("/c/o")).headers["Last-Modified"]
    early, late = "Thu, 01 Jan 1998 00:00:00 GMT", "Thu, 01 Jan 2099 00:00:00 GMT"
    for headers, status in (
        ({"If-Match": etag}, 200),
        ({"If-Match": f'"{etag}"'}, 200),
        ({"If-Match": "other"}, 412),
        ({"If-None-Match": etag}, 304),
        ({"If-None-Match": "*"}, 304),
        ({"If-None-Match": "other"}, 200),
        ({"If-Modified-Since": modified}, 304),
        ({"If-Modified-Since": early}, 200),
        ({"If-Unmodified-Since": early}, 412),
        ({"If-Unmodified-Since": late}, 200),
        ({"If-Modified-Since": "nonsense"}, 200),
    ):
        answer = await container.get("/c/o", headers=headers)
        assert answer.status_code == status, headers
        assert status != 304 or (answer.content == b"" and answer.headers["ETag"] == etag)


async def test_only_if_there_is_none(container):
    assert (await container.put("/c/o", content=b"1", headers={"If-None-Match": "*"})).status_code == 201
    assert (await container.put("/c/o", content=b"2", headers={"If-None-Match": "*"})).status_code == 412
    assert (await container.put("/c/o", content=b"2", headers={"If-None-Match": "abc"})).status_code == 400
    assert (await container.get("/c/o")).content == b"1"


async def test_copies(container):
    await container.put("/d")
    for size in (3, 100_000):
        await container.put("/c/o", content=data(size), headers={"X-Object-Meta-A": "1", "Content-Type": "a/b"})
        answer = await container.request(
            "COPY", "/c/o", headers={"Destination": "d/ä o".encode(), "X-Object-Meta-B": "2"}
        )
        assert answer.status_code == 201, answer.text
        assert answer.headers["X-Copied-From"] == "c/o"
        assert (answer.headers["X-Object-Meta-A"], answer.headers["X-Object-Meta-B"]) == ("1", "2")
        assert {"ETag", "Last-Modified", "X-Copied-From-Last-Modified"} <= {n.title() for n in answer.headers} | {
            "ETag"
        }
        copied = await container.get("/d/ä o")
        assert copied.content == data(size)
        assert (copied.headers["X-Object-Meta-A"], copied.headers["X-Object-Meta-B"]) == ("1", "2")
        assert copied.headers["Content-Type"] == "a/b"
    headers = {"X-Copy-From": "/c/o", "X-Fresh-Metadata": "true", "Content-Length": "0"}
    assert (await container.put("/d/fresh", headers=headers)).status_code == 201
    assert "X-Object-Meta-A" not in (await container.head("/d/fresh")).headers
    assert (await container.request("COPY", "/c/o")).status_code == 412
    assert (await container.request("COPY", "/c/o", headers={"Destination": "nowhere"})).status_code == 412
    assert (await container.request("COPY", "/c/no", headers={"Destination": "d/x"})).status_code == 404
    assert (await container.request("COPY", "/c/o", headers={"Destination": "no/x"})).status_code == 404


async def test_objects_expire(container, clock, parts):
    await container.put("/c/at", content=b"x", headers={"X-Delete-At": str(int(clock.now().timestamp()) + 10)})
    await container.put("/c/after", content=b"x", headers={"X-Delete-After": "20"})
    await container.put("/c/stays", content=b"x", headers={"X-Delete-After": "20"})
    await container.post("/c/stays", headers={"X-Remove-Delete-At": "x"})
    assert (await container.head("/c/after")).headers["X-Delete-At"] == str(int(clock.now().timestamp()) + 20)
    await clock.advance(15)
    assert [(await container.get(f"/c/{n}")).status_code for n in ("at", "after")] == [404, 200]
    assert (await container.head("/c")).headers["X-Container-Object-Count"] == "3"
    assert await parts.loops.once() == 1
    assert (await container.get("/c")).text.split() == ["after", "stays"]
    await clock.advance(15)
    assert (await container.put("/c/after", content=b"new")).status_code == 201
    assert await parts.loops.once() == 0
    assert (await container.get("/c/after")).content == b"new"
    for headers in ({"X-Delete-At": "1"}, {"X-Delete-At": "x"}, {"X-Delete-After": "0"}, {"X-Delete-After": "-5"}):
        assert (await container.put("/c/o", content=b"", headers=headers)).status_code == 400, headers


async def test_a_clock_that_goes_backwards_does_not_bring_an_old_object_back(container, parts):
    first = (await container.put("/c/o", content=b"1")).headers
    parts.world.clock._start = parts.world.clock._start.replace(year=2020)
    await container.put("/c/o", content=b"2")
    answer = await container.get("/c/o")
    assert answer.content == b"2"
    assert answer.headers["Last-Modified"] >= first["Last-Modified"]


async def test_quotas(container):
    await container.post("/c", headers={"X-Container-Meta-Quota-Bytes": "10", "X-Container-Meta-Quota-Count": "2"})
    assert (await container.put("/c/1", content=b"12345678")).status_code == 201
    assert (await container.put("/c/2", content=b"123")).status_code == 413
    assert (await container.put("/c/2", content=b"12")).status_code == 201
    assert (await container.put("/c/3", content=b"")).status_code == 413
    assert (await container.post("/c", headers={"X-Container-Meta-Quota-Bytes": "many"})).status_code == 400
    assert (await container.post("", headers={"X-Account-Meta-Quota-Bytes": "10"})).status_code == 403
    reseller = {"X-Auth-Token": "ResellerAdmin:other"}
    assert (await container.post("", headers={"X-Account-Meta-Quota-Bytes": "12", **reseller})).status_code == 204
    await container.put("/d")
    assert (await container.put("/d/o", content=b"123")).status_code == 413
    assert (await container.post("", headers={"X-Account-Quota-Count": "2"})).status_code == 403
    assert (await container.post("", headers={"X-Account-Quota-Count": "2", **reseller})).status_code == 204
    assert (await container.put("/d/o", content=b"")).status_code == 413
    assert (await container.post("", headers={"X-Remove-Account-Quota-Count": "x", **reseller})).status_code == 204
    assert (await container.put("/d/o", content=b"")).status_code == 201


async def test_damaged_bytes_are_not_handed_out(container, service):
    await container.put("/c/o", content=b"right")
    await container.put("/c/other", content=b"fine")
    (shard,) = service.storage.disk.shards
    await shard.write(lambda c: c.execute("UPDATE small SET content = ? WHERE content = ?", (b"wrong", b"right")))
    answer = await container.get("/c/o")
    assert (answer.status_code, b"wrong" in answer.content) == (503, False)
    assert b"damaged" in answer.content
    assert (await container.get("/c/other")).content == b"fine"
    assert (await container.put("/c/o", content=b"new")).status_code == 201
    assert (await container.get("/c/o")).content == b"new"


async def test_a_full_disk_is_said_to_be_full(container, service):
    (shard,) = service.storage.disk.shards
    await container.put("/c/o", content=b"old")

    def fill(connection):
        pages = connection.execute("PRAGMA page_count").fetchone()[0]
        connection.execute(f"PRAGMA max_page_count = {pages + 4}")

    await shard.write(fill)
    answer = await container.put("/c/o", content=bytes(60_000))
    assert answer.status_code == 507
    assert (await container.get("/c/o")).content == b"old"
    await shard.write(lambda c: c.execute("PRAGMA max_page_count = 1000000").fetchone())
    assert (await container.put("/c/o", content=bytes(60_000))).status_code == 201
