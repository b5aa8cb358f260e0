"""Objects made of segments, and many deletions in one request."""

import hashlib
import io
import json
import tarfile

import pytest

from pileus.object_store.large.segments import Broken


@pytest.fixture
async def segments(container):
    await container.put("/s")
    for name, byte in (("1", b"a"), ("2", b"b"), ("3", b"c")):
        await container.put(f"/s/part/{name}", content=byte * 70_000)
    return container


WHOLE = b"a" * 70_000 + b"b" * 70_000 + b"c" * 70_000


async def test_a_dynamic_large_object(segments):
    answer = await segments.put("/c/dlo", content=b"", headers={"X-Object-Manifest": "s/part/"})
    assert answer.status_code == 201
    answer = await segments.get("/c/dlo")
    assert answer.content == WHOLE
    assert answer.headers["X-Object-Manifest"] == "s/part/"
    assert answer.headers["ETag"].strip('"').isalnum()
    assert answer.headers["ETag"].startswith('"')
    assert (await segments.head("/c/dlo")).headers["Content-Length"] == "210000"
    answer = await segments.get("/c/dlo", headers={"Range": "bytes=69999-140000"})
    assert (answer.status_code, answer.content) == (206, b"a" + b"b" * 70_000 + b"c")
    assert (await segments.get("/c/dlo", params={"multipart-manifest": "get"})).content == b""
    await segments.put("/s/part/4", content=b"d")
    assert (await segments.get("/c/dlo")).content == WHOLE + b"d"
    for bad in ("s", "/s", "s/"):
        assert (await segments.put("/c/x", content=b"", headers={"X-Object-Manifest": bad})).status_code == 400


async def put_list(api, path, entries, **headers):
    return await api.put(path, params={"multipart-manifest": "put"}, content=json.dumps(entries), headers=headers)


async def test_a_static_large_object(segments):
    sums = [hashlib.md5(byte * 70_000).hexdigest() for byte in (b"a", b"b", b"c")]
    entries = [{"path": f"/s/part/{i + 1}", "etag": sums[i], "size_bytes": 70_000} for i in range(3)]
    etag = hashlib.md5("".join(sums).encode()).hexdigest()
    answer = await put_list(segments, "/c/slo", entries, **{"Content-Type": "video/x", "X-Object-Meta-A": "1"})
    assert (answer.status_code, answer.headers["ETag"]) == (201, f'"{etag}"')
    answer = await segments.get("/c/slo")
    assert answer.content == WHOLE
    assert answer.headers["X-Static-Large-Object"] == "True"
    assert (answer.headers["ETag"], answer.headers["Content-Type"]) == (f'"{etag}"', "video/x")
    head = await segments.head("/c/slo")
    assert (head.headers["Content-Length"], head.headers["X-Object-Meta-A"]) == ("210000", "1")
    listed = (await segments.get("/c/slo", params={"multipart-manifest": "get"})).json()
    assert [(e["name"], e["bytes"], e["hash"]) for e in listed] == [
        (f"/s/part/{i + 1}", 70_000, sums[i]) for i in range(3)
    ]
    raw = (await segments.get("/c/slo", params={"multipart-manifest": "get", "format": "raw"})).json()
    assert raw == entries
    (entry,) = (await segments.get("/c", params={"format": "json"})).json()
    assert (entry["bytes"], entry["slo_etag"]) == (210_000, f'"{etag}"')
    await segments.post("/c/slo", headers={"X-Object-Meta-B": "2"})
    assert (await segments.get("/c/slo")).content == WHOLE
    copied = await segments.request("COPY", "/c/slo", headers={"Destination": "c/flat"})
    assert copied.headers["ETag"] == hashlib.md5(WHOLE).hexdigest()
    assert "X-Static-Large-Object" not in (await segments.head("/c/flat")).headers


async def test_a_list_of_lists_and_ranges(segments):
    await put_list(segments, "/c/inner", [{"path": "/s/part/1"}, {"path": "s/part/2", "range": "0-9"}])
    outer = [{"path": "/c/inner", "range": "69999-70001"}, {"path": "/s/part/3", "range": "-2"}]
    assert (await put_list(segments, "/c/outer", outer)).status_code == 201
    assert (await segments.get("/c/outer")).content == b"abbcc"


async def test_a_list_is_checked_when_it_is_put(segments):
    for entries in (
        [{"path": "/s/none"}],
        [{"path": "/s/part/1", "etag": "0" * 32}],
        [{"path": "/s/part/1", "size_bytes": 1}],
        [{"path": "/s/part/1", "range": "70000-"}],
        [{"path": "/s"}],
        [{"path": "/s/part/1", "extra": 1}],
        {},
        "x",
        [1],
    ):
        assert (await put_list(segments, "/c/slo", entries)).status_code in {400, 404}, entries
    assert (await segments.get("/c/slo")).status_code == 404
    assert (await put_list(segments, "/c/x", [{"path": "/s/part/1"}] * 1001)).status_code == 413
    assert (await put_list(segments, "/c/x", [{"path": "/s/part/1"}], ETag="0" * 32)).status_code == 422


async def test_a_changed_segment_breaks_the_answer_off(segments):
    await put_list(segments, "/c/slo", [{"path": "/s/part/1"}, {"path": "/s/part/2"}])
    await segments.put("/s/part/2", content=b"x" * 70_000)
    with pytest.raises(Broken):
        await segments.get("/c/slo")


async def test_segments_are_read_with_the_readers_rights(segments):
    await put_list(segments, "/c/slo", [{"path": "/s/part/1"}])
    await segments.put("/c/dlo", content=b"", headers={"X-Object-Manifest": "s/part/"})
    await segments.post("/c", headers={"X-Container-Read": "p2:*"})
    other = {"X-Auth-Token": "member:p2"}
    for name in ("slo", "dlo"):
        assert (await segments.get(f"/c/{name}", headers=other)).status_code == 403
    await segments.post("/s", headers={"X-Container-Read": "p2:*"})
    for name in ("slo", "dlo"):
        assert (await segments.get(f"/c/{name}", headers=other)).status_code == 200


async def test_a_list_and_its_segments_are_deleted_together(segments):
    await put_list(segments, "/c/slo", [{"path": "/s/part/1"}, {"path": "/s/part/2"}])
    answer = await segments.delete("/c/slo", params={"multipart-manifest": "delete"})
    assert answer.status_code == 200
    assert "Number Deleted: 3" in answer.text
    assert "Content-Length" not in answer.headers
    assert (await segments.get("/s")).text.split() == ["part/3"]


async def test_many_deletions(segments):
    body = "/s/part/1\ns/part/%32\n/s/none\n/c\n/s\n/nowhere\n"
    answer = await segments.post("", params={"bulk-delete": ""}, content=body, headers={"Accept": "application/json"})
    assert answer.status_code == 200
    shown = answer.json()
    assert (shown["Number Deleted"], shown["Number Not Found"]) == (3, 2)
    assert (shown["Response Status"], shown["Errors"]) == ("400 Bad Request", [["/s", "409 Conflict"]])
    other = {"X-Auth-Token": "member:p2", "Accept": "application/json"}
    shown = (await segments.post("", params={"bulk-delete": ""}, content="/s/part/3\n/s", headers=other)).json()
    assert [status for _name, status in shown["Errors"]] == ["403 Forbidden"] * 2
    assert (await segments.get("/s/part/3")).status_code == 200


def archive(files, form="gz"):
    kept = io.BytesIO()
    with tarfile.open(fileobj=kept, mode=f"w:{form}") as tar:
        for name, body in files.items():
            entry = tarfile.TarInfo(name)
            entry.size = len(body)
            tar.addfile(entry, io.BytesIO(body))
        link = tarfile.TarInfo("new/link")
        link.type, link.linkname = tarfile.SYMTYPE, "/etc/passwd"
        tar.addfile(link)
    return kept.getvalue()


JSON = {"Accept": "application/json"}


async def test_archives_become_objects(container):
    body = archive({"new/a.txt": b"1", "new/d/b": b"2" * 100_000, "./c/x": b"3", "toplevel": b"4"})
    answer = await container.put("", params={"extract-archive": "tar.gz"}, content=body, headers=JSON)
    assert answer.status_code == 200, answer.text
    assert (answer.json()["Number Files Created"], answer.json()["Response Status"]) == (3, "201 Created")
    assert (await container.get("/new")).text.split() == ["a.txt", "d/b"]
    assert (await container.get("/new/d/b")).content == b"2" * 100_000
    assert (await container.head("/new/a.txt")).headers["Content-Type"] == "text/plain"
    body = archive({"../../up": b"1", "x": b"2"}, "bz2")
    await container.put("/c/deep/er", params={"extract-archive": "tar.bz2"}, content=body)
    assert (await container.get("/c")).text.split() == ["deep/er/../../up", "deep/er/x", "x"]


async def test_archives_that_are_none(container):
    params = {"extract-archive": "tar.gz"}
    answer = await container.put("/c", params=params, content=b"nonsense", headers=JSON)
    assert answer.json()["Response Status"] == "400 Bad Request"
    whole = archive({"a": b"1" * 100_000}, "gz")
    answer = await container.put("/c", params=params, content=whole[:80], headers=JSON)
    assert answer.json()["Response Status"] == "400 Bad Request"
    assert (await container.put("/c", params={"extract-archive": "zip"}, content=b"")).status_code == 400
    other = {"X-Auth-Token": "member:p2", **JSON}
    answer = await container.put("/c", params=params, content=archive({"a": b"1"}), headers=other)
    assert answer.json()["Errors"] == [["/c/a", "403 Forbidden"]]
    assert (await container.get("/c")).status_code == 204
    assert (await container.put("", content=b"")).status_code == 405
    nobody = {"X-Auth-Token": ""}
    assert (await container.put("", params=params, content=whole, headers=nobody)).status_code == 401
    assert (await container.post("", params={"bulk-delete": ""}, content="/c", headers=nobody)).status_code == 401
