"""What browsers get: scripts of other sites, sites of static pages, signed forms."""

import hmac

import pytest

NOBODY = {"X-Auth-Token": ""}
ORIGIN = {"Origin": "https://a.example"}
EXPIRES = 1_795_266_000


async def test_scripts_of_other_sites(container):
    await container.post("/c", headers={"X-Container-Meta-Access-Control-Allow-Origin": "https://a.example https://b"})
    await container.put("/c/o", content=b"x", headers={"X-Object-Meta-Color": "red"})
    answer = await container.get("/c/o", headers=ORIGIN)
    assert answer.headers["Access-Control-Allow-Origin"] == "https://a.example"
    assert "x-object-meta-color" in answer.headers["Access-Control-Expose-Headers"].split(", ")
    assert "Origin" in answer.headers["Vary"]
    assert "Access-Control-Allow-Origin" not in (await container.get("/c/o", headers={"Origin": "https://c"})).headers
    missing = await container.get("/c/none", headers=ORIGIN)
    assert (missing.status_code, missing.headers["Access-Control-Allow-Origin"]) == (404, "https://a.example")
    asked = {**ORIGIN, "Access-Control-Request-Method": "PUT", "Access-Control-Request-Headers": "X-A, X-B", **NOBODY}
    answer = await container.options("/c/o", headers=asked)
    assert answer.status_code == 200
    assert "PUT" in answer.headers["Access-Control-Allow-Methods"]
    assert answer.headers["Access-Control-Allow-Headers"] == "X-A, X-B"
    assert (await container.options("/c/o", headers={**asked, "Origin": "https://evil"})).status_code == 401
    assert (await container.options("/c/o", headers={**asked, "Access-Control-Request-Method": "X"})).status_code == 401
    plain = await container.options("/c/o", headers=NOBODY)
    assert (plain.status_code, "COPY" in plain.headers["Allow"]) == (200, True)
    assert (await container.options("", headers={**asked})).status_code == 200


async def test_everybody_may_where_the_container_says_so(container):
    await container.post(
        "/c",
        headers={
            "X-Container-Meta-Access-Control-Allow-Origin": "*",
            "X-Container-Meta-Access-Control-Max-Age": "5",
            "X-Container-Meta-Access-Control-Expose-Headers": "X-Foo",
        },
    )
    answer = await container.options("/c/o", headers={**ORIGIN, "Access-Control-Request-Method": "GET", **NOBODY})
    assert (answer.headers["Access-Control-Allow-Origin"], answer.headers["Access-Control-Max-Age"]) == ("*", "5")
    await container.put("/c/o", content=b"")
    assert "x-foo" in (await container.get("/c/o", headers=ORIGIN)).headers["Access-Control-Expose-Headers"]


@pytest.fixture
async def site(container):
    await container.post("/c", headers={"X-Container-Read": ".r:*,.rlistings"})
    for name in ("index.html", "sub/index.html", "404error.html", "bare/<b>.txt"):
        await container.put(f"/c/{name}", content=name.encode(), headers={"Content-Type": "text/html"})
    return container


async def test_a_site_has_index_pages_and_error_pages(site):
    await site.post(
        "/c", headers={"X-Container-Meta-Web-Index": "index.html", "X-Container-Meta-Web-Error": "error.html"}
    )
    assert (await site.get("/c/", headers=NOBODY)).content == b"index.html"
    moved = await site.get("/c", headers=NOBODY)
    assert (moved.status_code, moved.headers["Location"]) == (301, "/object-store/v1/AUTH_p1/c/")
    moved = await site.get("/c/sub", headers=NOBODY)
    assert (moved.status_code, moved.headers["Location"]) == (301, "/object-store/v1/AUTH_p1/c/sub/")
    assert (await site.get("/c/sub/", headers=NOBODY)).content == b"sub/index.html"
    missing = await site.get("/c/none", headers=NOBODY)
    assert (missing.status_code, missing.content) == (404, b"404error.html")
    assert (await site.get("/c/bare/", headers=NOBODY)).status_code == 404
    # with a token it is a container, unless the visitor asks for the site
    assert "index.html" in (await site.get("/c")).text.split()
    assert (await site.get("/c/", headers={"X-Web-Mode": "true"})).content == b"index.html"


async def test_a_site_lists_directories(site):
    await site.post(
        "/c", headers={"X-Container-Meta-Web-Listings": "true", "X-Container-Meta-Web-Listings-Css": "s.css"}
    )
    page = (await site.get("/c/", headers=NOBODY)).text
    assert 'href="./sub/"' in page
    assert 'href="s.css"' in page
    page = (await site.get("/c/bare/", headers=NOBODY)).text
    assert "&lt;b&gt;.txt" in page
    assert "<b>" not in page
    assert 'href="../s.css"' in page
    assert 'href="../"' in page
    assert (await site.get("/c/none/", headers=NOBODY)).status_code == 404
    await site.post("/c", headers={"X-Container-Meta-Web-Listings-Label": "<i>Site"})
    assert "Listing of &lt;i&gt;Site/" in (await site.get("/c/", headers=NOBODY)).text


async def test_a_site_shows_nobody_what_they_may_not_see(site):
    await site.post("/c", headers={"X-Container-Meta-Web-Listings": "true", "X-Remove-Container-Read": "x"})
    for path in ("/c", "/c/", "/c/index.html", "/c/sub/"):
        assert (await site.get(path, headers=NOBODY)).status_code == 401
    await site.post("/c", headers={"X-Container-Read": ".r:*"})
    assert (await site.get("/c/", headers=NOBODY)).status_code == 401
    assert (await site.get("/c/index.html", headers=NOBODY)).status_code == 200


def form(files, path="/v1/AUTH_p1/c/up/", key="k", digest="sha256", **given):
    fields = {"redirect": "", "max_file_size": "1000", "max_file_count": "2", "expires": str(EXPIRES), **given}
    signed = "\n".join([path, *(fields[n] for n in ("redirect", "max_file_size", "max_file_count", "expires"))])
    fields["signature"] = hmac.new(key.encode(), signed.encode(), digest).hexdigest()
    lines = []
    for name, value in fields.items():
        lines += ["--B", f'Content-Disposition: form-data; name="{name}"', "", value]
    for name, body in files:
        head = f'Content-Disposition: form-data; name="f"; filename="{name}"'
        lines += ["--B", head, "Content-Type: text/x", "", body]
    return "\r\n".join([*lines, "--B--", ""]).encode()


@pytest.fixture
async def keyed(container):
    await container.post("", headers={"X-Account-Meta-Temp-URL-Key": "k"})
    container.headers.pop("X-Auth-Token")
    return container


async def post(api, body, path="/c/up/"):
    return await api.post(path, content=body, headers={"Content-Type": "multipart/form-data; boundary=B"})


OWNER = {"X-Auth-Token": "member:p1"}


@pytest.mark.parametrize("digest", ["sha1", "sha256", "sha512"])
async def test_a_signed_form_uploads(keyed, digest):
    answer = await post(keyed, form([("a b.txt", "one\r\n-- B not it"), ("b", "")], digest=digest))
    assert (answer.status_code, answer.text) == (201, "201 Created")
    shown = await keyed.get("/c/up/a b.txt", headers=OWNER)
    assert (shown.content, shown.headers["Content-Type"]) == (b"one\r\n-- B not it", "text/x")
    assert (await keyed.get("/c/up/b", headers=OWNER)).content == b""


async def test_a_form_redirects_and_expires_its_objects(keyed):
    given = {"redirect": "https://site.example/done?x=1", "x_delete_after": "60", "content-encoding": "gzip"}
    answer = await post(keyed, form([("a", "1")], **given))
    assert answer.status_code == 303
    assert answer.headers["Location"] == "https://site.example/done?x=1&status=201&message="
    head = (await keyed.head("/c/up/a", headers=OWNER)).headers
    assert head["Content-Encoding"] == "gzip"
    assert "X-Delete-At" in head


async def test_forms_that_are_refused(keyed):
    assert (await post(keyed, form([("a", "1")], key="other"))).status_code == 401
    assert (await post(keyed, form([("a", "1")], path="/v1/AUTH_p1/c/other"))).status_code == 401
    assert (await post(keyed, form([("a", "1")], expires="1"))).status_code == 401
    assert (await post(keyed, form([("a", "1")]), "/none/up/")).status_code == 401
    for body, words in (
        (form([("a", "1"), ("b", "2"), ("c", "3")]), "Max File Count Exceeded"),
        (form([("a", "x" * 1001)]), "max_file_size exceeded"),
        (form([]), "No Files To Process"),
        (form([("a", "1")], max_file_size="x"), "max_file_size not an integer"),
        (b"nonsense", "invalid starting boundary"),
        (form([("a", "1")])[:-9], "the body ends before its boundary"),
    ):
        answer = await post(keyed, body)
        assert (answer.status_code, words in answer.text) == (400, True), (words, answer.text)
    assert (await keyed.get("/c/up/a", headers=OWNER)).content == b"1"  # the first two of three
    assert "a" * 9 not in (await keyed.get("/c", headers=OWNER)).text


async def test_a_form_cannot_break_out_of_its_page(keyed):
    answer = await post(keyed, form([("a", "1")], redirect='https://x/"><script>\r\nSet-Cookie: a'))
    assert answer.status_code == 303
    assert "<script>" not in answer.text
    assert "\r" not in answer.headers["Location"]
