"""What attackers of Glance and of its like have done, by the advisories that told of it."""

from urllib.parse import quote

import pytest

AT = "/image/v2/images"
MINE = {"X-Auth-Token": "member:p1"}
STRANGER = {"X-Auth-Token": "member:p2"}
READER = {"X-Auth-Token": "reader:p1"}
PATCH = {"Content-Type": "application/openstack-images-v2.1-json-patch"}
OCTETS = {"Content-Type": "application/octet-stream"}


async def made(api, **body):
    body = {"disk_format": "raw", "container_format": "bare", **body}
    return (await api.post(AT, json=body)).json()["id"]


SUBRESOURCES = [
    ("PUT", "/tags/word", None, {}),
    ("DELETE", "/tags/word", None, {}),
    ("GET", "/members", None, {}),
    ("POST", "/members", {"member": "p2"}, {}),
    ("GET", "/members/p3", None, {}),
    ("PUT", "/members/p3", {"status": "accepted"}, {}),
    ("DELETE", "/members/p3", None, {}),
    ("GET", "/tasks", None, {}),
    ("GET", "/file", None, {}),
    ("PUT", "/file", b"x", OCTETS),
    ("PUT", "/stage", b"x", OCTETS),
    ("POST", "/import", {"method": {"name": "glance-direct"}}, {}),
    ("GET", "/locations", None, {}),
    ("POST", "/actions/deactivate", None, {}),
    ("POST", "/actions/reactivate", None, {}),
    ("PATCH", "", [{"op": "replace", "path": "/name", "value": "x"}], PATCH),
    ("DELETE", "", None, {}),
    ("GET", "", None, {}),
]


async def asked(api, method, url, body, headers):
    content = {"content": body} if isinstance(body, bytes) else {"json": body}
    return await api.request(method, url, headers=headers, **({} if body is None else content))


@pytest.mark.parametrize(("method", "path", "body", "headers"), SUBRESOURCES)
@pytest.mark.parametrize("visibility", ["private", "shared"])
async def test_ossa_2024_005_nothing_below_anothers_image_is_a_strangers(api, method, path, body, headers, visibility):
    image = await made(api, visibility=visibility, tags=["word"])
    if visibility == "shared":
        await api.post(f"{AT}/{image}/members", json={"member": "p3"})
    answer = await asked(api, method, f"{AT}/{image}{path}", body, {**headers, **STRANGER})
    assert answer.status_code == 404, answer.text
    shown = (await api.get(f"{AT}/{image}")).json()
    assert (shown["status"], shown["tags"], shown["name"]) == ("queued", ["word"], None)


@pytest.mark.parametrize(("method", "path", "body", "headers"), SUBRESOURCES)
async def test_ossa_2024_005_a_public_image_is_not_everybodys_to_change(api, method, path, body, headers):
    image = await made(api, visibility="community", tags=["word"])
    before = (await api.get(f"{AT}/{image}")).json()
    answer = await asked(api, method, f"{AT}/{image}{path}", body, {**headers, **STRANGER})
    if method == "GET" and path in {"", "/file", "/tasks"}:
        assert answer.status_code in {200, 204}
    else:
        assert answer.status_code in {403, 404}, answer.text
    assert (await api.get(f"{AT}/{image}")).json() == before


@pytest.mark.parametrize(("method", "path", "body", "headers"), SUBRESOURCES)
async def test_ossa_2024_005_who_reads_does_not_write(api, method, path, body, headers):
    image = await made(api, tags=["word"])
    before = (await api.get(f"{AT}/{image}")).json()
    answer = await asked(api, method, f"{AT}/{image}{path}", body, {**headers, **READER})
    if method == "GET":
        assert answer.status_code < 405
    else:
        assert answer.status_code in {403, 404}, answer.text
    assert (await api.get(f"{AT}/{image}")).json() == before


async def test_a_member_of_one_image_is_none_of_another(api):
    offered, other = await made(api), await made(api)
    await api.post(f"{AT}/{offered}/members", json={"member": "p2"})
    assert (await api.get(f"{AT}/{offered}", headers=STRANGER)).status_code == 200
    assert (await api.get(f"{AT}/{other}", headers=STRANGER)).status_code == 404
    answer = await api.put(f"{AT}/{other}/members/p2", json={"status": "accepted"}, headers=STRANGER)
    assert answer.status_code == 404
    answer = await api.put(f"{AT}/{offered}/members/p2", json={"status": "accepted"}, headers=MINE)
    assert answer.status_code == 403


@pytest.mark.parametrize(
    "text",
    ["a\nb: c", "`id`", "$(id)", "{{7*7}}", "'; DROP TABLE image_images; --", "<script>", "../../etc/passwd", "%n%s"],
)
async def test_ossa_2021_005_texts_are_texts_wherever_they_stand(api, text):
    body = {"name": text, "tags": [text], "free": text, "architecture": text}
    answer = await api.post(AT, json=body)
    assert answer.status_code == 201
    shown = (await api.get(f"{AT}/{answer.json()['id']}")).json()
    assert {name: shown[name] for name in body} == body
    assert "\n" not in answer.headers["Location"]
    for query in ("name", "tag", "free", "owner", "checksum", "status"):
        listed = await api.get(AT, params={query: text})
        assert listed.status_code in {200, 400}
        found = [image["name"] for image in listed.json().get("images", ())]
        assert found == ([text] if query in {"name", "tag", "free"} and listed.status_code == 200 else [])
    page = await api.get(f"{AT}/{quote(text, safe='')}", headers={"Accept": "text/html"})
    assert page.status_code == 404
    assert "<script>" not in page.text
