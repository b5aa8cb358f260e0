"""Objects that stand for others, and what objects were: links, versions of both kinds."""

import pytest

EMPTY = "d41d8cd98f00b204e9800998ecf8427e"
OTHER = {"X-Auth-Token": "member:p2"}


async def test_a_link_is_followed_and_shown(container):
    await container.put("/c/o", content=b"data", headers={"Content-Type": "text/x"})
    made = await container.put("/c/l", content=b"", headers={"X-Symlink-Target": "c/o"})
    assert (made.status_code, made.headers["ETag"]) == (201, EMPTY)
    answer = await container.get("/c/l")
    assert (answer.content, answer.headers["Content-Type"]) == (b"data", "text/x")
    assert answer.headers["Content-Location"] == "/v1/AUTH_p1/c/o"
    head = await container.head("/c/l", params={"symlink": "get"})
    assert (head.headers["X-Symlink-Target"], head.headers["Content-Length"]) == ("c/o", "0")
    assert head.headers["Content-Type"] == "application/symlink"
    (entry,) = [e for e in (await container.get("/c?format=json")).json() if e["name"] == "l"]
    assert (entry["symlink_path"], entry["bytes"]) == ("/v1/AUTH_p1/c/o", 0)
    posted = await container.post("/c/l", headers={"X-Object-Meta-A": "1"})
    assert (posted.status_code, posted.headers["Location"]) == (307, "/v1/AUTH_p1/c/o")
    assert "X-Object-Meta-A" not in (await container.head("/c/o")).headers
    assert (await container.get("/c/l", headers={"Range": "bytes=1-2"})).content == b"at"
    assert (await container.delete("/c/l")).status_code == 204
    assert (await container.get("/c/o")).status_code == 200


async def test_a_static_link_holds_on_to_its_target(container):
    etag = (await container.put("/c/o", content=b"data")).headers["ETag"]
    wrong = {"X-Symlink-Target": "c/o", "X-Symlink-Target-Etag": EMPTY}
    assert (await container.put("/c/l", content=b"", headers=wrong)).status_code == 409
    missing = {"X-Symlink-Target": "c/none", "X-Symlink-Target-Etag": EMPTY}
    assert (await container.put("/c/l", content=b"", headers=missing)).status_code == 409
    right = {"X-Symlink-Target": "c/o", "X-Symlink-Target-Etag": f'"{etag}"'}
    assert (await container.put("/c/l", content=b"", headers=right)).status_code == 201
    assert (await container.get("/c/l")).content == b"data"
    head = await container.head("/c/l", params={"symlink": "get"})
    assert (head.headers["X-Symlink-Target-Etag"], head.headers["X-Symlink-Target-Bytes"]) == (etag, "4")
    await container.put("/c/o", content=b"other")
    answer = await container.get("/c/l")
    assert (answer.status_code, answer.headers["Content-Location"]) == (409, "/v1/AUTH_p1/c/o")


async def test_links_that_lead_nowhere(container):
    for number in range(4):
        await container.put(f"/c/{number}", content=b"", headers={"X-Symlink-Target": f"c/{number + 1}"})
    await container.put("/c/4", content=b"end")
    assert (await container.get("/c/2")).content == b"end"
    assert (await container.get("/c/1")).status_code == 409
    await container.put("/c/a", content=b"", headers={"X-Symlink-Target": "c/b"})
    await container.put("/c/b", content=b"", headers={"X-Symlink-Target": "c/a"})
    assert (await container.get("/c/a")).status_code == 409
    await container.put("/c/x", content=b"", headers={"X-Symlink-Target": "c/none"})
    assert (await container.get("/c/x")).status_code == 404


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"X-Symlink-Target": "/c/o"}, 412),
        ({"X-Symlink-Target": "c"}, 412),
        ({"X-Symlink-Target": "c/l"}, 400),
        ({"X-Symlink-Target": "c/o", "X-Symlink-Target-Etag": 'a;b"'}, 400),
        ({"X-Symlink-Target": "c/o", "X-Symlink-Target-Account": "a/b"}, 412),
    ],
)
async def test_links_that_cannot_be(container, headers, status):
    assert (await container.put("/c/l", content=b"", headers=headers)).status_code == status
    assert (await container.get("/c/l")).status_code == 404


async def test_a_link_has_no_body_and_is_not_posted(container):
    target = {"X-Symlink-Target": "c/o"}
    assert (await container.put("/c/l", content=b"x", headers=target)).status_code == 400
    await container.put("/c/o", content=b"x")
    assert (await container.post("/c/o", headers=target)).status_code == 400


async def test_a_link_gives_no_rights(container):
    await container.put("/secret")
    await container.put("/secret/o", content=b"s")
    await container.put("/c/l", content=b"", headers={"X-Symlink-Target": "secret/o"})
    await container.post("/c", headers={"X-Container-Read": "p2:*"})
    assert (await container.get("/c/l", headers=OTHER)).status_code == 403
    assert (await container.get("/c/l", params={"symlink": "get"}, headers=OTHER)).status_code == 200


async def test_links_are_copied_as_what_they_stand_for(container):
    await container.put("/c/o", content=b"data")
    await container.put("/c/l", content=b"", headers={"X-Symlink-Target": "c/o"})
    await container.request("COPY", "/c/l", headers={"Destination": "c/flat"})
    await container.request("COPY", "/c/l?symlink=get", headers={"Destination": "c/l2"})
    await container.put("/c/o", content=b"new")
    assert (await container.get("/c/flat")).content == b"data"
    assert (await container.get("/c/l2")).content == b"new"


@pytest.fixture
async def versioned(api):
    assert (await api.put("/v", headers={"X-Versions-Enabled": "true"})).status_code == 201
    return api


async def test_versions_are_kept_read_and_brought_back(versioned):
    first = (await versioned.put("/v/o", content=b"one")).headers["X-Object-Version-Id"]
    second = (await versioned.put("/v/o", content=b"two")).headers["X-Object-Version-Id"]
    answer = await versioned.get("/v/o")
    assert (answer.content, answer.headers["X-Object-Version-Id"]) == (b"two", second)
    assert (await versioned.get("/v/o", params={"version-id": first})).content == b"one"
    gone = await versioned.delete("/v/o")
    marker = gone.headers["X-Object-Version-Id"]
    assert (await versioned.get("/v/o")).status_code == 404
    assert (await versioned.head("/v/o", params={"version-id": marker})).status_code == 404
    listed = (await versioned.get("/v?versions&format=json")).json()
    assert [(e["version_id"], e["is_latest"]) for e in listed] == [(marker, True), (second, False), (first, False)]
    assert listed[0]["content_type"] == "application/x-deleted;swift_versions_deleted=1"
    assert (await versioned.get("/v")).status_code == 204
    head = (await versioned.head("/v")).headers
    assert (head["X-Container-Bytes-Used"], head["X-Versions-Enabled"]) == ("6", "True")
    restored = await versioned.put("/v/o", params={"version-id": first}, content=b"")
    assert restored.status_code == 201
    assert (await versioned.get("/v/o")).content == b"one"
    answer = await versioned.delete("/v/o", params={"version-id": second})
    assert answer.headers["X-Object-Version-Id"] == second
    assert (await versioned.get("/v/o", params={"version-id": second})).status_code == 404


async def test_pages_of_versions(versioned):
    ids = [(await versioned.put("/v/o", content=b"%d" % n)).headers["X-Object-Version-Id"] for n in range(3)]
    await versioned.put("/v/p", content=b"")
    page = (await versioned.get(f"/v?versions&format=json&marker=o&version_marker={ids[1]}")).json()
    assert [(e["name"], e["version_id"]) for e in page][:1] == [("o", ids[0])]
    assert [e["name"] for e in (await versioned.get("/v?versions&format=json&marker=o")).json()] == ["p"]
    assert (await versioned.get("/v?versions&version_marker=1.00000")).status_code == 400
    assert (await versioned.get("/v?versions&format=xml")).status_code == 406
    assert (await versioned.get("/v?versions&format=json&limit=2")).json()[1]["version_id"] == ids[1]


async def test_what_versions_refuse(versioned):
    await versioned.put("/c")
    await versioned.put("/c/o", content=b"")
    assert (await versioned.get("/c/o", params={"version-id": "1234567890.00000"})).status_code == 400
    assert (await versioned.get("/c/o", params={"version-id": "null"})).status_code == 200
    await versioned.put("/v/o", content=b"x")
    assert (await versioned.get("/v/o", params={"version-id": "../x"})).status_code == 400
    assert (await versioned.post("/v/o", params={"version-id": "1234567890.00000"})).status_code == 400
    assert (await versioned.put("/v/o", params={"version-id": "null"}, content=b"")).status_code == 400
    assert (await versioned.put("/v/o", params={"version-id": "1234567890.00000"}, content=b"x")).status_code == 400
    assert (await versioned.post("/v", headers={"X-Versions-Location": "c"})).status_code == 400
    await versioned.post("/c", headers={"X-Versions-Location": "v"})
    assert (await versioned.post("/c", headers={"X-Versions-Enabled": "true"})).status_code == 400
    await versioned.delete("/v/o")
    refused = await versioned.delete("/v")
    assert (refused.status_code, "versions" in refused.text) == (409, True)


async def test_versions_can_be_suspended(versioned):
    old = (await versioned.put("/v/o", content=b"one")).headers["X-Object-Version-Id"]
    await versioned.post("/v", headers={"X-Versions-Enabled": "false"})
    assert (await versioned.head("/v")).headers["X-Versions-Enabled"] == "False"
    assert "X-Object-Version-Id" not in (await versioned.put("/v/o", content=b"two")).headers
    await versioned.put("/v/o", content=b"three")
    assert (await versioned.get("/v/o")).headers["X-Object-Version-Id"] == "null"
    listed = (await versioned.get("/v?versions&format=json")).json()
    assert [e["version_id"] for e in listed] == ["null", old]


async def test_what_is_overwritten_goes_to_another_container_and_comes_back(container, clock):
    await container.put("/old")
    await container.post("/c", headers={"X-Versions-Location": "old"})
    assert (await container.head("/c")).headers["X-Versions-Location"] == "old"
    for body in (b"one", b"two", b"three"):
        await container.put("/c/o", content=body, headers={"X-Object-Meta-Is": body.decode()})
        await clock.advance(1)
    names = (await container.get("/old")).text.split()
    assert [name.rpartition("/")[0] for name in names] == ["001o", "001o"]
    assert (await container.get(f"/old/{names[0]}")).content == b"one"
    for body in (b"two", b"one"):
        assert (await container.delete("/c/o")).status_code == 204
        answer = await container.get("/c/o")
        assert (answer.content, answer.headers["X-Object-Meta-Is"]) == (body, body.decode())
    assert (await container.get("/old")).status_code == 204
    assert (await container.delete("/c/o")).status_code == 204
    assert (await container.get("/c/o")).status_code == 404


async def test_history_keeps_deletions_too(container, clock):
    await container.put("/old")
    await container.post("/c", headers={"X-History-Location": "old"})
    assert (await container.head("/c")).headers["X-History-Location"] == "old"
    await container.put("/c/o", content=b"one")
    await clock.advance(1)
    assert (await container.delete("/c/o")).status_code == 204
    assert (await container.get("/c/o")).status_code == 404
    kinds = [e["content_type"] for e in (await container.get("/old?format=json")).json()]
    assert kinds == ["application/octet-stream", "application/x-deleted;swift_versions_deleted=1"]


async def test_archives_that_cannot_be(container):
    both = {"X-Versions-Location": "a", "X-History-Location": "b"}
    assert (await container.post("/c", headers=both)).status_code == 400
    assert (await container.post("/c", headers={"X-Versions-Location": "a/b"})).status_code == 412
    await container.post("/c", headers={"X-Versions-Location": "none"})
    await container.put("/c/o", content=b"one")
    assert (await container.put("/c/o", content=b"two")).status_code == 412
    assert (await container.get("/c/o")).content == b"one"
    await container.post("/c", headers={"X-Remove-Versions-Location": "x"})
    assert "X-Versions-Location" not in (await container.head("/c")).headers
    assert (await container.put("/c/o", content=b"two")).status_code == 201
