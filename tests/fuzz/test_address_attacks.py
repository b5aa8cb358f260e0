"""Bad paths, queries, methods and versions."""

import pytest
from tests.fuzz.attacking import Findings, dry, every_service, few
from tests.fuzz.bodies import body_of
from tests.fuzz.cloud import FuzzCloud
from tests.fuzz.registry import targets

NASTY = (
    b"%00",
    b"a%00b",
    b"%FF%FE",
    b"%C3%28",
    b"%ED%A0%80",
    b"%2F",
    b"a%2Fb",
    b"%2E%2E",
    b"..",
    b".",
    b"%2e%2e%2f%2e%2e%2fetc",
    b"%25",
    b"%",
    b"%zz",
    b"%0d%0aX-Evil:%201",
    b"%0A",
    b"'%20OR%201=1--",
    b"%25s%25n",
    b"{0}",
    b"%7B%7D",
    b"*",
    b"~",
    b"$(id)",
    b"None",
    b"null",
    b"undefined",
    b"-1",
    b"0",
    b"99999999999999999999",
    b"1e9",
    b"%E2%98%83",
    b"%F0%9F%98%80",
    b"a" * 8000,
    b"00000000-0000-0000-0000-000000000000",
    b"detail",
    b"__class__",
    b"\xff",
    b";a=b",
    b"a,b",
    b"%20",
    b"+",
)


@every_service
def test_bad_paths(cloud: FuzzCloud, type: str) -> None:
    found = Findings()
    with dry(cloud):
        for turn, target in enumerate(targets(cloud, type)):
            method, root = target.operation.method, target.url.encode()
            body = body_of(cloud, target.service, target.operation, target.version)
            sent = {} if body is None else {"body": body}
            base = root.rpartition(b"/")[0]
            for nasty in few(NASTY, turn, 10):
                for url in (base + b"/" + nasty, root + b"/" + nasty, base.replace(b"/", b"//")[1:] + b"/" + nasty):
                    found.look(type, method, cloud.ask(method, url, token="root", headers=target.headers, **sent))
        prefix = cloud.service(type).prefix.encode()
        for url in (
            b"/",
            b"//",
            b"/..",
            b"/%2e%2e/" + prefix,
            b"/v",
            b"/v2",
            b"/v99.9/x",
            b"/" + b"a/" * 2000,
            b"/" + b"/" * 2000,
        ):
            found.look(type, "GET", cloud.ask("GET", prefix + url, token="root"))
    found.none()


@every_service
def test_bad_queries(cloud: FuzzCloud, type: str) -> None:
    found = Findings()
    words = (
        b"limit",
        b"marker",
        b"sort_key",
        b"sort_dir",
        b"sort",
        b"offset",
        b"page_reverse",
        b"fields",
        b"name",
        b"id",
        b"unknown",
    )
    with dry(cloud):
        for turn, target in enumerate(targets(cloud, type)):
            method = target.operation.method
            if method not in {"GET", "DELETE"}:
                continue
            names = {*words}
            if target.operation.query is not None:
                names |= {w.encode() for w in target.operation.query.form("query", target.version).items}
            queries = [name + b"=" + nasty for name in names for nasty in NASTY if len(nasty) < 100]
            queries += [name + b"=" + b"9" * 5000 for name in names] + list(names)
            queries += [name + b"__" + word + b"=1" for name in (b"name", b"id") for word in (b"in", b"like", b"gt")]
            queries += [
                b"&".join([b"name=a"] * 1000),
                b"=",
                b"&&&",
                b"%00=1",
                b"%FF=%FE",
                b"a" * 9000,
                b"?a=b",
                b"#",
                b"\xff=\xff",
            ]
            queries += [name + b"=in:a,b" for name in names] + [name + b"=gt:x" for name in names]
            for query in few(queries, turn, 16):
                url = target.url.encode() + b"?" + query
                found.look(type, method, cloud.ask(method, url, token="root", headers=target.headers))
    found.none()


@every_service
def test_wrong_methods_and_heads(cloud: FuzzCloud, type: str) -> None:
    found = Findings()
    with dry(cloud):
        for turn, target in enumerate(targets(cloud, type)):
            methods = (
                "TRACE",
                "CONNECT",
                "OPTIONS",
                "FOO",
                "get",
                "PROPFIND",
                "G" * 3000,
                "COPY",
                "PATCH",
                "PUT",
                "POST",
                "DELETE",
            )
            for method in few(methods, turn, 4):
                found.look(type, method, cloud.ask(method, target.url, token="root", headers=target.headers))
            own = any(t.operation.method == "HEAD" and t.url == target.url for t in targets(cloud, type))
            if target.operation.method == "GET" and not own:
                shown = cloud.ask("GET", target.url, token="root", headers=target.headers)
                head = cloud.ask("HEAD", target.url, token="root", headers=target.headers)
                found.look(type, "HEAD", head)
                if head.status != shown.status or head.kind != shown.kind:
                    found.append(f"{head.sent}: {head.status} {head.kind}, but GET is {shown.status} {shown.kind}")
    found.none()


@every_service
def test_bad_versions(cloud: FuzzCloud, type: str) -> None:
    service = cloud.service(type)
    if not service.history.has_versions:
        pytest.skip("has no versions")
    found = Findings()
    target = next((t for t in targets(cloud, type) if t.operation.method == "GET" and not t.operation.public), None)
    if target is None:
        pytest.skip("nothing to ask for")
    kind = service.history.service
    bad: list[tuple[str, tuple[int, ...]]] = [
        ("0.0", (406,)),
        ("9999.9999", (406,)),
        ("2.99999", (400,)),
        ("x", (400,)),
        ("2", (400,)),
        ("2.", (400,)),
        (".1", (400,)),
        ("-2.1", (400,)),
        ("2.1.1", (400,)),
        ("02.1", (400,)),
        ("2.01", (400,)),
        ("2.\u00b2", (400,)),
        ("LATEST", (400,)),
        ("2.1 latest", (400,)),
        ("1e3.1", (400,)),
        ("9" * 5000 + ".1", (400,)),
        ("2.0x10", (400,)),
        ("\0", (400,)),
    ]
    for version, statuses in bad:
        names = [("OpenStack-API-Version", f"{kind} {version}")]
        names += [(service.history.legacy_name, version)] if service.history.legacy_name else []
        for pair in names:
            found.look(type, "GET", cloud.ask("GET", target.url, token="root", headers=[pair]), statuses=statuses)
    for odd in ("", " ", ",", ",,", "other 2.1", kind, f"{kind}2.1", f"other 9.9, {kind} latest", "a" * 9000):
        reply = cloud.ask("GET", target.url, token="root", headers=[("OpenStack-API-Version", odd)])
        found.look(type, "GET", reply, statuses=(200, 400, 406, 501, 404))
    found.none()
