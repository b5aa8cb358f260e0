"""Accounts and containers over HTTP, in this process."""

import re
import xml.etree.ElementTree as ET

import pytest


async def test_every_answer_carries_what_swift_carries(api):
    for method, path in (("GET", ""), ("HEAD", ""), ("PUT", "/c"), ("HEAD", "/c"), ("GET", "/none"), ("DELETE", "/c")):
        answer = await api.request(method, path)
        assert re.fullmatch(r"tx[0-9a-f]{21}-[0-9a-f]{10}", answer.headers["X-Trans-Id"]), (method, path)
        assert answer.headers["X-Openstack-Request-Id"] == answer.headers["X-Trans-Id"]
        assert answer.headers["Content-Type"]
        assert answer.headers["Date"].endswith("GMT")


async def test_an_account_that_nobody_used_is_empty(api):
    answer = await api.get("")
    assert (answer.status_code, answer.content) == (204, b"")
    assert answer.headers["X-Account-Container-Count"] == "0"
    assert re.fullmatch(r"\d+\.\d{5}", answer.headers["X-Timestamp"])
    answer = await api.get("", params={"format": "json"})
    assert (answer.status_code, answer.json()) == (200, [])


async def test_an_account_counts_what_is_in_it(container):
    await container.put("/c/o", content=b"12345")
    await container.put("/c/o", content=b"123")
    await container.put("/c/big", content=b"x" * 100_000)
    answer = await container.head("")
    assert answer.status_code == 204
    assert answer.headers["X-Account-Bytes-Used"] == "100003"
    assert answer.headers["X-Account-Object-Count"] == "2"
    assert answer.headers["X-Account-Storage-Policy-Policy-0-Bytes-Used"] == "100003"
    await container.delete("/c/big")
    assert (await container.head("")).headers["X-Account-Bytes-Used"] == "3"
    listed = (await container.get("", params={"format": "json"})).json()
    assert [(e["name"], e["count"], e["bytes"]) for e in listed] == [("c", 1, 3)]


async def test_account_metadata_come_and_go(api):
    assert (
        await api.post("", headers={"X-Account-Meta-Color": "blue", "X-Account-Meta-B": "é".encode()})
    ).status_code == 204
    answer = await api.head("")
    assert answer.headers["X-Account-Meta-Color"] == "blue"
    await api.post("", headers={"X-Account-Meta-B": ""})
    await api.post("", headers={"X-Remove-Account-Meta-Color": "x"})
    assert not [name for name in (await api.head("")).headers if "meta" in name]


async def test_a_container_is_made_once_and_deleted_once(api):
    assert [(await api.put("/c")).status_code for _ in range(2)] == [201, 202]
    assert (await api.put("/c/o", content=b"")).status_code == 201
    assert (await api.delete("/c")).status_code == 409
    assert (await api.delete("/c/o")).status_code == 204
    assert [(await api.delete("/c")).status_code for _ in range(2)] == [204, 404]


async def test_container_metadata(container):
    assert (await container.post("/c", headers={"X-Container-Meta-A-B": "1"})).status_code == 204
    answer = await container.head("/c")
    assert answer.status_code == 204
    assert answer.headers["X-Container-Meta-A-B"] == "1"
    assert answer.headers["X-Storage-Policy"] == "Policy-0"
    await container.put("/c", headers={"X-Container-Meta-A-B": "", "X-Container-Meta-C": "2"})
    headers = (await container.get("/c")).headers
    assert "X-Container-Meta-A-B" not in headers
    assert headers["X-Container-Meta-C"] == "2"
    assert (await container.post("/none")).status_code == 404
    assert (await container.put("/d", headers={"X-Storage-Policy": "gold"})).status_code == 400


@pytest.mark.parametrize(
    "headers",
    [
        {"X-Container-Meta-" + "n" * 129: "v"},
        {"X-Container-Meta-N": "v" * 257},
        {f"X-Container-Meta-{i}": "v" for i in range(91)},
        {f"X-Container-Meta-{i}": "v" * 256 for i in range(17)},
        {"X-Container-Meta-": "v"},
    ],
)
async def test_metadata_have_limits(container, headers):
    assert (await container.post("/c", headers=headers)).status_code == 400


async def test_metadata_limits_hold_over_several_requests(container):
    for start in (0, 45):
        headers = {f"X-Container-Meta-{i}": "v" for i in range(start, start + 45)}
        assert (await container.post("/c", headers=headers)).status_code == 204
    assert (await container.post("/c", headers={"X-Container-Meta-One-More": "v"})).status_code == 400
    assert (await container.post("/c", headers={"X-Container-Meta-0": ""})).status_code == 204


NAMES = ["a", "b/1", "b/2", "b/c/1", "b/c/2", "d/", "d/x", "é", "z"]


@pytest.fixture
async def filled(container):
    for name in NAMES:
        assert (await container.put(f"/c/{name}", content=b"x")).status_code == 201
    return container


async def listed(api, **params):
    answer = await api.get("/c", params=params)
    assert answer.status_code in {200, 204}, answer.text
    return answer.text.splitlines()


@pytest.mark.parametrize(
    ("params", "expected"),
    [
        ({}, NAMES),
        ({"limit": "2"}, ["a", "b/1"]),
        ({"limit": "x"}, NAMES),
        ({"limit": "0"}, []),
        ({"marker": "b/2"}, ["b/c/1", "b/c/2", "d/", "d/x", "z", "é"]),
        ({"end_marker": "b/2"}, ["a", "b/1"]),
        ({"marker": "a", "end_marker": "b/c/2", "limit": "10"}, ["b/1", "b/2", "b/c/1"]),
        ({"prefix": "b/"}, ["b/1", "b/2", "b/c/1", "b/c/2"]),
        ({"prefix": "b/", "marker": "b/2"}, ["b/c/1", "b/c/2"]),
        ({"prefix": "b/", "marker": "a"}, ["b/1", "b/2", "b/c/1", "b/c/2"]),
        ({"prefix": "b/", "marker": "c"}, []),
        ({"delimiter": "/"}, ["a", "b/", "d/", "z", "é"]),
        ({"delimiter": "/", "limit": "2"}, ["a", "b/"]),
        ({"delimiter": "/", "marker": "b/"}, ["d/", "z", "é"]),
        ({"delimiter": "/", "prefix": "b/"}, ["b/1", "b/2", "b/c/"]),
        ({"delimiter": "/", "prefix": "d/"}, ["d/", "d/x"]),
        ({"delimiter": "/c/"}, ["a", "b/1", "b/2", "b/c/", "d/", "d/x", "z", "é"]),
        ({"path": ""}, ["a", "d/", "z", "é"]),
        ({"path": "b"}, ["b/1", "b/2"]),
        ({"path": "d/"}, ["d/x"]),
        ({"reverse": "true"}, ["é", "z", "d/x", "d/", "b/c/2", "b/c/1", "b/2", "b/1", "a"]),
        ({"reverse": "true", "marker": "b/c/1", "end_marker": "a"}, ["b/2", "b/1"]),
        ({"reverse": "true", "delimiter": "/"}, ["é", "z", "d/", "b/", "a"]),
        ({"reverse": "true", "delimiter": "/", "marker": "d/"}, ["b/", "a"]),
        ({"reverse": "1", "prefix": "b/", "limit": "2"}, ["b/c/2", "b/c/1"]),
        ({"prefix": "é"}, ["é"]),
    ],
)
async def test_a_part_of_a_list(filled, params, expected):
    if params in ({}, {"limit": "x"}):
        expected = sorted(NAMES, key=str.encode)
    assert await listed(filled, **params) == expected


async def test_lists_beyond_the_limit_are_refused(container):
    assert (await container.get("/c", params={"limit": "10001"})).status_code == 412
    assert (await container.get("", params={"limit": "10001"})).status_code == 412


async def test_pages_join_to_the_whole(filled):
    for extra in ({}, {"delimiter": "/"}, {"reverse": "yes"}, {"reverse": "yes", "delimiter": "/"}):
        whole = await listed(filled, **extra)
        seen, marker = [], {}
        while page := await listed(filled, limit="1", **marker, **extra):
            seen += page
            marker = {"marker": page[-1]}
        assert seen == whole


async def test_the_forms_of_a_list(filled):
    json = (await filled.get("/c", params={"format": "json", "prefix": "b/", "delimiter": "/"})).json()
    assert json[0]["name"] == "b/1"
    assert json[0]["hash"] == "9dd4e461268c8034f5c8564e155c67a6"
    assert (json[0]["bytes"], json[0]["content_type"]) == (1, "application/octet-stream")
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}", json[0]["last_modified"])
    assert json[-1] == {"subdir": "b/c/"}
    answer = await filled.get("/c", headers={"Accept": "application/xml"}, params={"delimiter": "/"})
    assert answer.headers["Content-Type"] == "application/xml; charset=utf-8"
    tree = ET.fromstring(answer.content)
    assert (tree.tag, tree.get("name")) == ("container", "c")
    assert [e.findtext("name") for e in tree] == ["a", "b/", "d/", "z", "é"]
    assert (await filled.get("/c", headers={"Accept": "image/png"})).status_code == 406


async def test_xml_cannot_be_broken_out_of(container):
    name = 'x"><evil a="&amp;'
    await container.put("/" + "c", headers={})
    await container.put(f"/c/{name.replace('&', '%26')}/1", content=b"")
    answer = await container.get("/c", params={"format": "xml", "delimiter": "/"})
    (entry,) = ET.fromstring(answer.content)
    assert entry.get("name") == f"{name}/"
