"""Broken and nearly right bodies; what is refused leaves nothing behind."""

from collections.abc import Iterator
from typing import Any

import msgspec
from tests.fuzz.attacking import JSON, THOROUGH, Findings, count_rows, dry, every_service, few, with_bodies
from tests.fuzz.bodies import body_of
from tests.fuzz.cloud import FuzzCloud
from tests.fuzz.shapes import wrong


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
            found.look(
                type, target.operation.method, reply, statuses=(*statuses, 403, 404)
            )  # of an id that is not there
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
            found.look(type, method, reply, statuses=(*media, 400, 403, 404))
        for length, statuses in (
            ("99999999999", (413,)),
            ("-1", (400, 413)),
            ("x", (400, 413)),
            ("\u00b2", (400, 413)),
        ):
            headers = {**JSON, **target.headers, "Content-Length": length}
            found.look(
                type,
                method,
                cloud.ask(method, target.url, token="root", headers=headers, body=b"{"),
                statuses=(*statuses, 403, 404),
            )
    found.none()


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
