"""Attacks written by hand, each on every service that there is.

Each answer is below 500, has the service's own fault shape, and a refused request leaves nothing behind.  Writes are
made dry (rolled back) where an attack might succeed by right.
"""

import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import msgspec
import pytest
from sqlalchemy import func, select
from tests.fuzz.bodies import body_of
from tests.fuzz.cloud import FuzzCloud, Reply
from tests.fuzz.people import login
from tests.fuzz.registry import SERVICES, Target, targets
from tests.fuzz.shapes import wrong

from pileus.kernel.store import METADATA

JSON = {"Content-Type": "application/json"}
every_service = pytest.mark.parametrize("type", SERVICES)


THOROUGH = "PILEUS_FUZZ_EXAMPLES" in os.environ


def few(items: Iterable[Any], turn: int, out_of: int) -> list[Any]:
    """One in `out_of` of the items, others at each turn; all of them in a thorough run."""
    every = [*items]
    return every if THOROUGH else every[turn % out_of :: out_of]


class Findings(list[str]):
    """What is wrong, in words."""

    def look(self, type: str, method: str, reply: Reply, *, statuses: tuple[int, ...] = ()) -> None:
        """Note what is wrong with an answer."""
        what = wrong(type, method, reply)
        if not what and statuses and reply.status not in statuses:
            what = f"{reply.status}, not {statuses}: {reply.body[:200]!r}"
        if what:
            self.append(f"{reply.sent}: {what}")

    def none(self) -> None:
        """Fail if there are any."""
        assert not self, f"{len(self)}:\n" + "\n".join(self[:80])


@contextmanager
def dry(cloud: FuzzCloud) -> Iterator[None]:
    cloud.store.dry = True
    try:
        yield
    finally:
        cloud.store.dry = False


def count_rows(cloud: FuzzCloud) -> dict[str, int]:
    """How many rows each table has; the journal's own, which moves by itself, left out."""

    async def ask() -> dict[str, int]:
        async with cloud.store.read() as tx:
            return {
                name: await tx.scalar(select(func.count()).select_from(table))
                for name, table in METADATA.tables.items()
                if not name.startswith("operation")
            }

    return cloud.await_(ask())


def guarded(cloud: FuzzCloud, type: str) -> list[Target]:
    return [t for t in targets(cloud, type) if not t.operation.public]


def with_bodies(cloud: FuzzCloud, type: str) -> list[Target]:
    return [t for t in targets(cloud, type) if t.operation.body is not None or t.operation.action]


# ---- tokens -----------------------------------------------------------------------------------------------------


def forged(good: str) -> list[tuple[str, bytes]]:
    flipped = good[:20] + ("A" if good[20] != "A" else "B") + good[21:]
    return [
        ("empty", b""),
        ("word", b"x"),
        ("admin", b"admin"),
        ("spaces", b"   "),
        ("long", b"g" * 60_000),
        ("cut", good[:-5].encode()),
        ("flipped", flipped.encode()),
        ("twice", (good + good).encode()),
        ("comma", f"{good},{good}".encode()),
        ("space inside", f"{good} x".encode()),
        ("nul", b"\0"),
        ("nul behind", good.encode() + b"\0"),
        ("latin", b"\xe9\xff\xfe"),
        ("utf-8", "токен☃".encode()),
        ("sql", b"' OR 1=1 --"),
        ("format", b"%s%n{0}{a}"),
        ("bearer", f"Bearer {good}".encode()),
        ("fernet of zeros", b"gAAAAA" + b"A" * 120),
        ("base64 rubbish", b"gAAAAABm" + b"=" * 40),
        ("path", b"../../etc/passwd"),
    ]


@every_service
def test_bad_tokens_are_401(cloud: FuzzCloud, type: str) -> None:
    found = Findings()
    for target in guarded(cloud, type):
        reply = cloud.ask(target.operation.method, target.url, body=b"{}", headers={**JSON, **target.headers})
        found.look(type, target.operation.method, reply, statuses=(401, 400) if target.operation.action else (401,))
    for target in guarded(cloud, type)[:3]:
        for _name, token in forged(cloud.tokens["member"]):
            for header in ("X-Auth-Token", "x-auth-token", "X-AUTH-TOKEN"):
                reply = cloud.ask(target.operation.method, target.url, headers=[(header, token)])
                found.look(type, target.operation.method, reply, statuses=(401,))
        # the first of two counts, so a bad one is not made good by what follows
        pair = [("X-Auth-Token", "bad"), ("X-Auth-Token", cloud.tokens["root"])]
        found.look(
            type, target.operation.method, cloud.ask(target.operation.method, target.url, headers=pair), statuses=(401,)
        )
        for alike in ("X_Auth_Token", "Authorization", "X-Auth-Token ", "X-Storage-Tokens", "Cookie"):
            reply = cloud.ask(target.operation.method, target.url, headers=[(alike, cloud.tokens["root"])])
            found.look(type, target.operation.method, reply, statuses=(401,))
    found.none()


@every_service
def test_expired_and_revoked_tokens_are_401(cloud: FuzzCloud, type: str) -> None:
    found = Findings()
    target = next((t for t in guarded(cloud, type) if t.operation.method == "GET"), None)
    if target is None:
        pytest.skip("nothing to ask for")
    scope = {"project": {"name": "ours", "domain": {"id": "default"}}}
    token = login(cloud, "fuzz-member", "pw-of-member", scope)
    before = cloud.ask("GET", target.url, token=token)
    assert before.status != 401, before
    cloud.clock.offset = timedelta(days=2)
    try:
        found.look(type, "GET", cloud.ask("GET", target.url, token=token), statuses=(401,))
    finally:
        cloud.clock.offset = timedelta()
    gone = [("X-Subject-Token", token)]
    assert cloud.ask("DELETE", "/identity/v3/auth/tokens", token=token, headers=gone).status == 204
    found.look(type, "GET", cloud.ask("GET", target.url, token=token), statuses=(401,))
    found.none()


def identity_headers() -> list[tuple[str, str]]:
    """What the token middleware of OpenStack tells services about the caller; here they mean nothing."""
    said = {
        "X-Identity-Status": "Confirmed",
        "X-Service-Identity-Status": "Confirmed",
        "X-Roles": "admin,service,manager",
        "X-Role": "admin",
        "X-Service-Roles": "admin,service",
        "X-User-Id": "admin",
        "X-User": "admin",
        "X-User-Name": "admin",
        "X-User-Domain-Id": "default",
        "X-Project-Id": "admin",
        "X-Tenant-Id": "admin",
        "X-Tenant": "admin",
        "X-Project-Domain-Id": "default",
        "X-Domain-Id": "default",
        "X-Is-Admin-Project": "True",
        "X-Is-Admin": "True",
        "OpenStack-System-Scope": "all",
        "OpenStack-Identity-Status": "Confirmed",
        "OpenStack-Identity": "admin",
        "X-Authorization": "admin",
        "Remote-User": "admin",
        "X-Forwarded-User": "admin",
        "X-Auth-Project-Id": "admin",
        "X-Service-Catalog": "[]",
        "X-Token-Info": "{}",
    }
    cases = [*said.items()]
    for change in (str.lower, str.upper, lambda name: name.replace("-", "_")):
        cases += [(change(name), value) for name, value in said.items()]
    return cases * 2


@every_service
def test_identity_headers_of_clients_mean_nothing(cloud: FuzzCloud, type: str) -> None:
    found, refused = Findings(), 0
    extra = identity_headers()
    with dry(cloud):
        for target in guarded(cloud, type):
            body = body_of(cloud, target.service, target.operation, target.version)
            sent = {} if body is None else {"body": body}
            for person in ("", "reader", "stranger"):
                asked = (target.operation.method, target.url)
                plain = cloud.ask(*asked, token=person, headers=target.headers, **sent)
                told = cloud.ask(*asked, token=person, headers=[*target.headers.items(), *extra], **sent)
                refused += plain.status in {401, 403}
                found.look(type, target.operation.method, told)
                if told.status != plain.status:
                    found.append(f"{plain.sent} as {person or 'nobody'}: {plain.status} became {told.status}")
    assert refused or not guarded(cloud, type)
    found.none()


# ---- bodies -----------------------------------------------------------------------------------------------------


def broken_bodies() -> list[tuple[bytes, tuple[int, ...]]]:
    """Bodies that no operation takes, with the statuses that are right."""
    bad = (400,)
    return [
        (b"", bad),
        (b" ", bad),
        (b"{", bad),
        (b"}", bad),
        (b"nul", bad),
        (b"'a'", bad),
        (b'{"a": 1,}', bad),
        (b'{"a" 1}', bad),
        (b"{} {}", bad),
        (b"\xff\xfe\x00", bad),
        (b'{"\xff": 1}', bad),
        (b"\xef\xbb\xbf{}", bad),
        ('{"a": 1}'.encode("utf-16"), bad),
        (b"{\0}", bad),
        (b'{"a": NaN}', bad),
        (b'{"a": Infinity}', bad),
        (b'{"a": 1e999}', bad),
        (b"[" * 100_000, bad),
        (b'{"a":' * 20_000 + b"1" + b"}" * 20_000, bad),
        (b"<xml/>", bad),
        (b"a=b&c=d", bad),
        (b"x" * (3 << 20), (413,)),
        (b'"' + b"a" * (3 << 20) + b'"', (413,)),
    ]


def shapes_of(good: Any) -> Iterator[bytes]:
    """JSON that parses, near to a body that is taken."""
    encode = msgspec.json.encode
    for value in (None, True, 0, -1, "", "x", [], {}, [[]], [None], {"": None}, {"a": {"b": "c"}}, [good], {"x": good}):
        yield encode(value)
    if not isinstance(good, dict) or not good:
        return
    text = encode(good)
    for key, inner in good.items():
        for value in (
            None,
            [],
            {},
            "",
            7,
            "x" * 70_000,
            [[[[[]]]]],
            {"\0": "\0"},
            {"__proto__": 1, "a.b": 2, "$ref": "#"},
        ):
            yield encode({**good, key: value})
        yield b"{" + encode(key) + b":" + encode(inner) + b"," + encode(key) + b":" + encode(inner) + b"}"
        yield encode({**good, key + "s": [inner] * 3, key: inner})
        yield encode({**good, "unknown": 1, key: inner})
        if not isinstance(inner, dict):
            continue
        for name in {*inner, "name", "description", "id"}:
            for raw in NASTY_VALUES:
                rest = encode({k: v for k, v in inner.items() if k != name})[1:-1]
                yield b"{" + encode(key) + b":{" + encode(name) + b":" + raw + (b"," + rest if rest else b"") + b"}}"
    yield text[:-1]
    yield text + b"x"


NASTY_VALUES = (
    b"null",
    b"true",
    b"[]",
    b"{}",
    b"-1",
    b"0.5",
    b"9223372036854775808",
    b"1" + b"0" * 400,
    b"-1e308",
    b'""',
    b'"\\u0000"',
    b'"\\ud800"',
    b'"a\\nb"',
    b'" "',
    b'"%s{0}%(a)s"',
    '"☃\u202e\U0001f600"'.encode(),
    b'"' + b"n" * 5000 + b'"',
    b"[" * 200 + b"]" * 200,
    b'{"a":' * 300 + b"1" + b"}" * 300,
    b'["a", {"b": null}, 1]',
    b'"9' + b"9" * 50 + b'"',
)


@every_service
def test_broken_bodies(cloud: FuzzCloud, type: str) -> None:
    found = Findings()
    for turn, target in enumerate(with_bodies(cloud, type)):
        for body, statuses in few(broken_bodies(), turn, 6):
            reply = cloud.ask(
                target.operation.method, target.url, token="root", headers={**JSON, **target.headers}, body=body
            )
            found.look(type, target.operation.method, reply, statuses=statuses)
    found.none()


@every_service
def test_near_bodies(cloud: FuzzCloud, type: str) -> None:
    found = Findings()
    with dry(cloud):
        for turn, target in enumerate(with_bodies(cloud, type)):
            good = body_of(cloud, target.service, target.operation, target.version)
            for body in few(shapes_of(good), turn, 6):
                headers = {**JSON, **target.headers}
                reply = cloud.ask(target.operation.method, target.url, token="root", headers=headers, body=body)
                if wrong(type, target.operation.method, reply):
                    found.look(type, target.operation.method, reply)
                    found[-1] += f" for {body[:150]!r}"
    found.none()


@every_service
def test_content_types_and_lengths(cloud: FuzzCloud, type: str) -> None:
    found = Findings()
    for turn, target in enumerate(with_bodies(cloud, type)):
        method = target.operation.method
        media = (415,) if target.service.strict_media else (400, 415)
        kinds = (
            "text/plain",
            "application/xml",
            "application/x-www-form-urlencoded",
            "multipart/form-data; boundary=x",
            "application/jsonx",
            "x",
            "/",
            ";",
            "application/json/json",
            "\u00e9",
            "application/json, text/plain",
            "a" * 9000,
        )
        for kind in few(kinds, turn, 4):
            reply = cloud.ask(
                method, target.url, token="root", headers={"Content-Type": kind, **target.headers}, body=b"<a/>"
            )
            found.look(type, method, reply, statuses=media)
        for length, statuses in (
            ("99999999999", (413,)),
            ("-1", (400, 413)),
            ("x", (400, 413)),
            ("\u00b2", (400, 413)),
        ):
            headers = {**JSON, **target.headers, "Content-Length": length}
            found.look(
                type, method, cloud.ask(method, target.url, token="root", headers=headers, body=b"{"), statuses=statuses
            )
    found.none()


# ---- paths, queries, methods, versions ----------------------------------------------------------------------------

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


# ---- nothing half made ------------------------------------------------------------------------------------------------


@every_service
def test_what_is_refused_leaves_nothing(cloud: FuzzCloud, type: str) -> None:
    """Writes that fail change the number of rows nowhere; those that succeed may."""
    found = Findings()
    rows = count_rows(cloud)
    for target in with_bodies(cloud, type):
        if target.operation.method not in {"POST", "PUT", "PATCH"}:
            continue
        good = body_of(cloud, target.service, target.operation, target.version)
        for number, body in enumerate(shapes_of(good)):
            if number % (7 if THOROUGH else 40):
                continue
            headers = {**JSON, **target.headers}
            reply = cloud.ask(target.operation.method, target.url, token="member", headers=headers, body=body)
            now = count_rows(cloud)
            if reply.status >= 400 and now != rows:
                changed = [name for name in now if now[name] != rows[name]]
                found.append(f"{reply.sent}: {reply.status} changed {changed} for {body[:100]!r}")
            rows = now
    found.none()
