"""Who gets at what: roles, access lists, signed addresses."""

import base64
import hmac

import pytest

OTHER = {"X-Auth-Token": "member:p2"}
NOBODY = {"X-Auth-Token": ""}


async def statuses(api, headers, calls):
    return [(await api.request(method, path, headers=headers)).status_code for method, path in calls]


EVERYTHING = [
    ("GET", ""),
    ("HEAD", ""),
    ("POST", ""),
    ("GET", "/c"),
    ("HEAD", "/c"),
    ("PUT", "/c"),
    ("POST", "/c"),
    ("DELETE", "/c"),
    ("GET", "/c/o"),
    ("PUT", "/c/o"),
    ("POST", "/c/o"),
    ("DELETE", "/c/o"),
    ("COPY", "/c/o"),
    ("DELETE", ""),
    ("PUT", "/new"),
    ("GET", "/none"),
    ("GET", "/none/o"),
]


async def test_foreign_accounts_are_closed(container):
    await container.put("/c/o", content=b"secret")
    for token, status in (("member:p2", 403), ("admin:p2", 403), ("", 401), ("forged", 401)):
        for method, path in EVERYTHING:
            headers = {"X-Auth-Token": token, "Destination": "c/x"}
            answer = await container.request(method, path, headers=headers)
            assert answer.status_code == status, (token, method, path)
            assert (status == 401) == ("WWW-Authenticate" in answer.headers)
    assert (await container.get("/c/o")).content == b"secret"


async def test_a_role_that_means_nothing_opens_nothing(container):
    guest = {"X-Auth-Token": "guest:p1", "Destination": "c/x"}
    assert set(await statuses(container, guest, EVERYTHING)) == {403}


async def test_readers_read(container):
    await container.put("/c/o", content=b"x")
    reader = {"X-Auth-Token": "reader:p1"}
    reads = [("GET", ""), ("HEAD", "/c"), ("GET", "/c/o")]
    assert await statuses(container, reader, reads) == [200, 204, 200]
    for method, path in (("PUT", "/c/o"), ("POST", "/c"), ("DELETE", "/c/o"), ("POST", ""), ("PUT", "/d")):
        assert (await container.request(method, path, headers=reader)).status_code == 403


async def test_resellers_are_at_home_everywhere(container):
    reseller = {"X-Auth-Token": "ResellerAdmin:p9"}
    assert (await container.put("/c/o", content=b"x", headers=reseller)).status_code == 201
    assert (await container.delete("", headers=reseller)).status_code == 204
    assert (await container.get("/c")).status_code == 404


@pytest.mark.parametrize(
    ("acl", "header", "status"),
    [
        ("p2:user-of-p2", OTHER, 200),
        ("p2:*", OTHER, 200),
        ("*:user-of-p2", OTHER, 200),
        ("*:*", OTHER, 200),
        ("p3:*", OTHER, 403),
        ("p2:somebody", OTHER, 403),
        ("member", OTHER, 403),
        ("guest", {"X-Auth-Token": "guest:p1"}, 200),
        (".r:*", NOBODY, 200),
        (".r:*,.r:-evil.example", {**NOBODY, "Referer": "http://evil.example/x"}, 401),
        (".r:.example.com", {**NOBODY, "Referer": "http://a.example.com/x"}, 200),
        (".r:.example.com", {**NOBODY, "Referer": "http://example.org/a.example.com"}, 401),
        (".r:.example.com", NOBODY, 401),
        (".rlistings", NOBODY, 401),
        ("*:*", NOBODY, 401),
    ],
)
async def test_read_lists(container, acl, header, status):
    await container.put("/c/o", content=b"x")
    assert (await container.post("/c", headers={"X-Container-Read": acl})).status_code == 204
    assert (await container.get("/c/o", headers=header)).status_code == status
    assert (await container.put("/c/o", content=b"y", headers=header)).status_code in {401, 403}


async def test_listing_needs_its_own_word(container):
    await container.put("/c/o", content=b"x")
    await container.post("/c", headers={"X-Container-Read": ".r:*"})
    assert (await container.get("/c", headers=NOBODY)).status_code == 401
    await container.post("/c", headers={"X-Container-Read": ".r:*, .rlistings"})
    answer = await container.get("/c", headers=NOBODY)
    assert (answer.status_code, answer.text) == (200, "o\n")
    assert "X-Container-Read" not in answer.headers
    assert (await container.head("/c")).headers["X-Container-Read"] == ".r:*,.rlistings"
    await container.post("/c", headers={"X-Remove-Container-Read": "x"})
    assert (await container.get("/c/o", headers=NOBODY)).status_code == 401


async def test_write_lists(container):
    await container.post("/c", headers={"X-Container-Write": "p2:*"})
    assert (await container.put("/c/o", content=b"x", headers=OTHER)).status_code == 201
    assert (await container.get("/c/o", headers=OTHER)).status_code == 403
    assert (await container.post("/c", headers={"X-Container-Read": "*:*", **OTHER})).status_code == 403
    assert (await container.delete("/c", headers=OTHER)).status_code == 403
    assert (await container.delete("/c/o", headers=OTHER)).status_code == 204


@pytest.mark.parametrize("acl", [".x:*", ".r:", ".unknown:x", ".r:-"])
async def test_lists_that_mean_nothing(container, acl):
    assert (await container.put("/d", headers={"X-Container-Read": acl})).status_code == 400


async def test_no_referrers_in_write_lists(container):
    assert (await container.put("/d", headers={"X-Container-Write": ".r:*"})).status_code == 400


async def test_copying_needs_both_ends(container):
    await container.put("/c/o", content=b"mine")
    other = {"X-Auth-Token": "member:p2", "X-Copy-From-Account": "AUTH_p1", "X-Copy-From": "c/o"}
    await container.put("http://cloud/object-store/v1/AUTH_p2/d", headers=OTHER)
    target = "http://cloud/object-store/v1/AUTH_p2/d/o"
    assert (await container.put(target, headers=other)).status_code == 403
    away = {"Destination-Account": "AUTH_p2", "Destination": "d/o"}
    assert (await container.request("COPY", "/c/o", headers=away)).status_code == 403
    await container.post("/c", headers={"X-Container-Read": "p2:*"})
    assert (await container.put(target, headers=other)).status_code == 201


EXPIRES = 1795262400
"""The second at which the clock of these tests starts."""


def signed(method, path="/v1/AUTH_p1/c/o", key="k", expires=EXPIRES + 3600, digest="sha256", extra=""):
    text = f"{extra}{method}\n{expires}\n{path}"
    return {
        "temp_url_sig": hmac.new(key.encode(), text.encode(), digest).hexdigest(),
        "temp_url_expires": str(expires),
    }


@pytest.fixture
async def keyed(container):
    await container.put("/c/o", content=b"data")
    await container.post("", headers={"X-Account-Meta-Temp-URL-Key": "k"})
    container.headers.pop("X-Auth-Token")
    return container


async def test_signed_addresses(keyed):
    for params in (signed("GET"), signed("GET", digest="sha512"), signed("GET", "/object-store/v1/AUTH_p1/c/o")):
        answer = await keyed.get("/c/o", params=params)
        assert (answer.status_code, answer.content) == (200, b"data")
        assert answer.headers["Content-Disposition"].startswith('attachment; filename="o"')
    assert (await keyed.head("/c/o", params=signed("GET"))).status_code == 200
    assert (await keyed.put("/c/new", params=signed("PUT", "/v1/AUTH_p1/c/new"), content=b"n")).status_code == 201
    for params in (
        signed("PUT"),
        signed("GET", key="other"),
        signed("GET", "/v1/AUTH_p1/c/p"),
        signed("GET", expires=EXPIRES - 7200),
        signed("GET", digest="md5"),
        signed("GET") | {"temp_url_expires": str(EXPIRES + 9999)},
        {"temp_url_sig": "", "temp_url_expires": "x"},
        {"temp_url_sig": "zz"},
    ):
        assert (await keyed.get("/c/o", params=params)).status_code == 401, params
    answer = await keyed.get("/c", params=signed("GET", "/v1/AUTH_p1/c"))
    assert answer.status_code == 401


async def test_signatures_in_base64_for_prefixes_and_addresses(keyed):
    path = "prefix:/v1/AUTH_p1/c/"
    raw = bytes.fromhex(signed("GET", path)["temp_url_sig"])
    params = {**signed("GET", path), "temp_url_prefix": ""}
    assert (await keyed.get("/c/o", params=params)).status_code == 200
    params["temp_url_sig"] = "sha256:" + base64.urlsafe_b64encode(raw).decode().rstrip("=")
    assert (await keyed.get("/c/o", params=params)).status_code == 200
    params = signed("GET", extra="ip=127.0.0.0/8\n") | {"temp_url_ip_range": "127.0.0.0/8"}
    assert (await keyed.get("/c/o", params=params)).status_code == 200
    params = signed("GET", extra="ip=10.0.0.0/8\n") | {"temp_url_ip_range": "10.0.0.0/8"}
    assert (await keyed.get("/c/o", params=params)).status_code == 401


async def test_a_signature_cannot_be_stretched_to_other_objects(keyed):
    owner = {"X-Auth-Token": "member:p1"}
    await keyed.put("/private", headers=owner)
    await keyed.put("/private/o", content=b"secret", headers=owner)
    params = signed("PUT", "/v1/AUTH_p1/c/x")
    manifest = {"X-Object-Manifest": "private/o"}
    assert (await keyed.put("/c/x", params=params, content=b"", headers=manifest)).status_code == 400
    copied = {"X-Copy-From": "private/o", "Content-Length": "0"}
    assert (await keyed.put("/c/x", params=params, headers=copied)).status_code == 400
    assert (await keyed.get("/c/x", headers=owner)).status_code == 404
    await keyed.post("/c", headers={"X-Container-Meta-Temp-URL-Key": "ck", **owner})
    await keyed.put("/c/dlo", content=b"", headers={"X-Object-Manifest": "private/o", **owner})
    params = signed("GET", "/v1/AUTH_p1/c/dlo", key="ck")
    assert (await keyed.get("/c/dlo", params=params)).status_code == 401
    assert (await keyed.get("/c/dlo", params=signed("GET", "/v1/AUTH_p1/c/dlo"))).content == b"secret"


async def test_the_filename_of_a_signed_address_cannot_inject_headers(keyed):
    params = signed("GET") | {"filename": 'a"\r\nSet-Cookie: x=y'}
    answer = await keyed.get("/c/o", params=params)
    assert answer.status_code == 200
    assert "\r" not in answer.headers["Content-Disposition"]
    assert answer.headers["Content-Disposition"].count('"') == 2


async def test_keys_are_not_shown_to_guests(container):
    await container.post("/c", headers={"X-Container-Meta-Temp-URL-Key": "k", "X-Container-Read": "p2:*,.rlistings"})
    assert "X-Container-Meta-Temp-Url-Key" in (await container.head("/c")).headers
    answer = await container.head("/c", headers=OTHER)
    assert answer.status_code == 204
    assert "X-Container-Meta-Temp-Url-Key" not in answer.headers
