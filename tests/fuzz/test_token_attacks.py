"""Bad tokens, and headers that claim what only a token may say."""

from datetime import timedelta

import pytest
from tests.fuzz.attacking import JSON, Findings, dry, every_service, guarded
from tests.fuzz.bodies import body_of
from tests.fuzz.cloud import FuzzCloud
from tests.fuzz.people import login


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
    if type == "s3":
        pytest.skip("it knows signatures and no tokens: tests/api/object_store/s3")
    found = Findings()
    for target in guarded(cloud, type):
        reply = cloud.ask(target.operation.method, target.url, body=b"{}", headers={**JSON, **target.headers})
        found.look(
            type,
            target.operation.method,
            reply,
            statuses=(401, 400)
            if target.operation.action
            else (401, 412)
            if target.operation.method == "COPY"
            else (401,),
        )
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
    if type == "s3":
        pytest.skip("it knows signatures and no tokens: tests/api/object_store/s3")
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
