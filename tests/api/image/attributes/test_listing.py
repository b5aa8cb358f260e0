"""The list of images: every filter, order and page."""

import pytest

from pileus.image.images.listing import in_list
from pileus.kernel.api.errors import BadRequest

ADMIN = {"X-Auth-Token": "admin:a"}
OTHER = {"X-Auth-Token": "member:p2"}
AT = "/image/v2/images"


async def made(api, name, who=None, **body):
    body = {"name": name, "disk_format": "raw", "container_format": "bare", **body}
    answer = await api.post(AT, json=body, headers=who or {})
    assert answer.status_code == 201, answer.text
    return answer.json()["id"]


async def names(api, query="", who=None):
    answer = await api.get(f"{AT}?limit=100&{query}", headers=who or {})
    assert answer.status_code == 200, answer.text
    return [image["name"] for image in answer.json()["images"]]


@pytest.fixture
async def three(api):
    octets = {"Content-Type": "application/octet-stream"}
    ids = [
        await made(api, "a", tags=["x", "y"], min_ram=1, os_distro="debian"),
        await made(api, "b,c", tags=["x"], disk_format="qcow2", protected=True, os_distro="it's"),
        await made(api, "d", os_hidden=True, visibility="community", min_disk=3),
    ]
    answer = await api.put(f"{AT}/{ids[0]}/file", content=b"z" * 100, headers=octets)
    assert answer.status_code == 204
    return ids


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("", {"a", "b,c"}),
        ("os_hidden=true", {"d"}),
        ("os_hidden=True", {"d"}),
        ("name=a", {"a"}),
        ("name=eq:a", {"a"}),
        ("name=in:a,d", {"a"}),
        ('name=in:a,"b,c"', {"a", "b,c"}),
        ("status=in:queued,active", {"a", "b,c"}),
        ("status=active", {"a"}),
        ("disk_format=in:qcow2,vmdk", {"b,c"}),
        ("container_format=bare", {"a", "b,c"}),
        ("protected=true", {"b,c"}),
        ("protected=false", {"a"}),
        ("tag=x", {"a", "b,c"}),
        ("tag=x&tag=y", {"a"}),
        ("tag=none", set()),
        ("min_ram=1", {"a"}),
        ("os_hidden=true&min_disk=3", {"d"}),
        ("size=100", {"a"}),
        ("size_min=100", {"a"}),
        ("size_max=99", set()),
        ("checksum=none", set()),
        ("os_hash_algo=sha512", {"a"}),
        ("owner=p1", {"a", "b,c"}),
        ("os_distro=debian", {"a"}),
        ("os_distro=it's", {"b,c"}),
        ("nothing=1", set()),
        ("created_at=gt:2020-01-01T00:00:00Z", {"a", "b,c"}),
        ("created_at=lte:2020-01-01T00:00:00", set()),
        ("updated_at=neq:2020-01-01T00:00:00%2B01:00", {"a", "b,c"}),
        ("created_at=2020-01-01T00:00:00Z", set()),
        ("visibility=shared", {"a", "b,c"}),
        ("visibility=all", {"a", "b,c"}),
        ("visibility=community&os_hidden=true", {"d"}),
        ("visibility=public", set()),
    ],
)
async def test_filters(api, three, query, expected):
    assert set(await names(api, query)) == expected


@pytest.mark.parametrize(
    "query",
    [
        "visibility=x",
        "member_status=x",
        "changes-since=2020-01-01",
        "os_hidden=1",
        "protected=True",
        "protected=yes",
        "name=gt:a",
        "status=x:y",
        'name=in:a,"b',
        'name=in:a"b"',
        "created_at=x",
        "created_at=in:2020-01-01T00:00:00Z",
        "size_min=x",
        "size=x",
        "limit=-1",
        "limit=x",
        "limit=1.5",
        "marker=none",
        "sort=name&sort_key=name",
        "sort=none",
        "sort=name:up",
        "sort_key=owner",
        "sort_dir=up",
        "sort_key=name&sort_key=id&sort_dir=asc&sort_dir=asc&sort_dir=asc",
        "$x=1",
    ],
)
async def test_wrong_lists_are_refused(api, query):
    answer = await api.get(f"{AT}?{query}")
    assert answer.status_code == 400, answer.text


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("sort=name:asc", ["a", "b,c"]),
        ("sort=name", ["b,c", "a"]),
        ("sort=size:asc,name:desc", ["b,c", "a"]),
        ("sort_key=name&sort_dir=asc", ["a", "b,c"]),
        ("sort_key=status&sort_key=name&sort_dir=desc&sort_dir=asc", ["b,c", "a"]),
        ("", ["b,c", "a"]),
    ],
)
async def test_orders(api, three, query, expected):
    assert await names(api, query) == expected


async def test_pages_follow_each_other(api):
    made_ids = {await made(api, f"n{number % 3}") for number in range(7)}
    seen, url, pages = [], f"{AT}?limit=3&sort_key=name&sort_dir=asc", 0
    while url:
        page = (await api.get(url)).json()
        assert page["first"] == "/v2/images?limit=3&sort_key=name&sort_dir=asc"
        seen += [(image["name"], image["id"]) for image in page["images"]]
        url = "/image" + page["next"] if "next" in page else ""
        pages += 1
    assert pages == 3
    assert [name for name, _ in seen] == sorted(name for name, _ in seen)
    assert {image_id for _, image_id in seen} == made_ids
    assert (await api.get(f"{AT}?limit=0")).json()["images"] == []


async def test_a_marker_that_the_caller_may_not_see_is_none(api):
    theirs = await made(api, "theirs", OTHER, visibility="private")
    assert (await api.get(f"{AT}?marker={theirs}")).status_code == 400
    assert (await api.get(f"{AT}?marker={theirs}", headers=ADMIN)).status_code == 200


async def test_who_sees_what_in_lists(api):
    for kind in ("private", "shared", "community"):
        await made(api, kind, visibility=kind)
    await made(api, "public", ADMIN, visibility="public")
    shared = await made(api, "offered")
    await api.post(f"{AT}/{shared}/members", json={"member": "p2"})
    assert set(await names(api)) == {"private", "shared", "community", "public", "offered"}
    assert set(await names(api, who=OTHER)) == {"public"}
    assert set(await names(api, "visibility=community", OTHER)) == {"community"}
    assert set(await names(api, "visibility=all", OTHER)) == {"public", "community"}
    assert set(await names(api, "visibility=shared&member_status=pending", OTHER)) == {"offered"}
    assert set(await names(api, "member_status=all", OTHER)) == {"public", "offered"}
    assert set(await names(api, "member_status=rejected", OTHER)) == {"public"}
    await api.put(f"{AT}/{shared}/members/p2", json={"status": "accepted"}, headers=OTHER)
    assert set(await names(api, who=OTHER)) == {"public", "offered"}
    assert set(await names(api, "visibility=private", OTHER)) == set()
    assert set(await names(api, who=ADMIN)) == {"private", "shared", "public", "offered"}
    assert set(await names(api, "visibility=all", ADMIN)) == {"private", "shared", "community", "public", "offered"}
    assert set(await names(api, "visibility=private", ADMIN)) == {"private"}


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("a", ["a"]),
        ("a,b", ["a", "b"]),
        ('"a,b",c', ["a,b", "c"]),
        ('"a\\"b"', ['a\\"b']),
        (",a", ["", "a"]),
        ("", []),
    ],
)
def test_values_of_in(value, expected):
    assert in_list(value) == expected


@pytest.mark.parametrize("value", ['"a', 'a"b"', '"a"b', 'a,"b""'])
def test_bad_values_of_in(value):
    with pytest.raises(BadRequest):
        in_list(value)
