"""What settings turn on: policies, tempauth, limits, hosts, and who comes by which account."""

import hmac
from hashlib import sha1

import pytest

from pileus.object_store.settings import (
    Features,
    NameRules,
    ObjectStoreSettings,
    Policy,
    Rates,
    TemporaryUser,
)

RESELLER = {"X-Auth-Token": "ResellerAdmin:ops"}
USERS = (
    TemporaryUser("test", "tester", "testing", (".admin",)),
    TemporaryUser("test", "friend", "f"),
    TemporaryUser("adm", "boss", "b", (".reseller_admin",)),
)


@pytest.fixture
def settings(request):
    rates = Rates(account=2, container=((0, 4.0),), most_wait=3)
    return ObjectStoreSettings(
        most_bytes=8 << 20,
        policies=(
            Policy("gold", ("yellow", "orange")),
            Policy("vault", default=True, encrypted=True),
            Policy("old", deprecated=True),
        ),
        features=Features(
            info_key="admin",
            tempauth=USERS,
            storage_domains=("storage.example",),
            cname_lookup=True,
            names=NameRules(characters="`", most=100, pattern=r"/\.\./"),
            rates=rates if request.node.name == "test_requests_wait_for_their_turn" else Rates(),
        ),
    )


async def test_policies_are_chosen_by_name_or_alias(api):
    assert [p["name"] for p in (await api.get("http://cloud/info")).json()["swift"]["policies"]] == ["gold", "vault"]
    assert (await api.put("/c1", headers={"X-Storage-Policy": "YELLOW"})).status_code == 201
    assert (await api.head("/c1")).headers["X-Storage-Policy"] == "gold"
    assert (await api.put("/c1", headers={"X-Storage-Policy": "vault"})).status_code == 409
    assert (await api.put("/c1")).status_code == 202
    await api.put("/c2")
    assert (await api.head("/c2")).headers["X-Storage-Policy"] == "vault"
    for bad in ("none", "old"):
        assert (await api.put("/c3", headers={"X-Storage-Policy": bad})).status_code == 400
    await api.put("/c1/o", content=b"12345")
    head = (await api.head("")).headers
    assert (head["X-Account-Storage-Policy-Gold-Bytes-Used"], head["X-Account-Storage-Policy-Vault-Bytes-Used"]) == (
        "5",
        "0",
    )
    listed = (await api.get("?format=json")).json()
    assert {e["name"]: e["storage_policy"] for e in listed} == {"c1": "gold", "c2": "vault"}


async def test_quotas_of_one_policy(api):
    await api.put("/g", headers={"X-Storage-Policy": "gold"})
    await api.put("/v")
    limit = {"X-Account-Quota-Bytes-Policy-Gold": "4"}
    assert (await api.post("", headers=limit)).status_code == 403
    assert (await api.post("", headers={**limit, **RESELLER})).status_code == 204
    assert (await api.head("")).headers["X-Account-Quota-Bytes-Policy-Gold"] == "4"
    assert (await api.put("/g/o", content=b"12345")).status_code == 413
    assert (await api.put("/v/o", content=b"12345")).status_code == 201
    assert (await api.put("/g/o", content=b"12345", headers=RESELLER)).status_code == 201
    await api.post("", headers={"X-Remove-Account-Quota-Bytes-Policy-Gold": "x", **RESELLER})
    assert (await api.put("/g/o2", content=b"12345")).status_code == 201


async def test_what_lies_under_an_encrypted_policy_is_not_readable_on_the_disk(api, parts):
    await api.put("/v")
    await api.put("/g", headers={"X-Storage-Policy": "gold"})
    secret, plain = b"hidden words " * 20_000, b"open words " * 20_000
    await api.put("/v/o", content=secret)
    await api.put("/g/o", content=plain)
    kept = b"".join(path.read_bytes() for path in (parts.state / "object_store").rglob("*") if path.is_file())
    assert b"open words" in kept
    assert b"hidden words" not in kept
    assert (await api.get("/v/o", headers={"Range": "bytes=13-18"})).content == b"hidden"


async def login(api, name, key):
    return await api.get("http://cloud/auth/v1.0", headers={"X-Auth-User": name, "X-Auth-Key": key, "X-Auth-Token": ""})


async def test_tempauth_gives_tokens(api):
    answer = await login(api, "test:tester", "testing")
    assert answer.status_code == 200
    url, token = answer.headers["X-Storage-Url"], {"X-Auth-Token": answer.headers["X-Auth-Token"]}
    assert url == "http://cloud/v1/AUTH_test"
    assert (await api.put(url + "/c", headers=token)).status_code == 201
    assert (await api.put("/x", headers=token)).status_code == 403
    for name, key in (("test:tester", "wrong"), ("test:nobody", "x"), ("", ""), ("test:tester", "")):
        assert (await login(api, name, key)).status_code == 401
    forged = answer.headers["X-Auth-Token"][:-1] + "0"
    assert (await api.get(url, headers={"X-Auth-Token": forged})).status_code == 401
    friend = {"X-Auth-Token": (await login(api, "test:friend", "f")).headers["X-Auth-Token"]}
    assert (await api.get(url + "/c", headers=friend)).status_code == 403
    await api.post(url + "/c", headers={"X-Container-Read": "test:friend", **token})
    assert (await api.get(url + "/c", headers=friend)).status_code == 204
    boss = {"X-Auth-Token": (await login(api, "adm:boss", "b")).headers["X-Auth-Token"]}
    assert (await api.get(url, headers=boss)).status_code == 200
    assert (await api.delete(url, headers=boss)).status_code == 204


async def test_accounts_are_opened_to_others(api):
    granted = {"X-Account-Access-Control": '{"read-only":["p2"],"read-write":["user-of-p3"],"admin":["p4:user-of-p4"]}'}
    assert (await api.post("", headers=granted)).status_code == 204
    assert (await api.head("")).headers["X-Account-Access-Control"].startswith("{")
    await api.put("/c")
    rights = {"p2": (200, 403, 403), "p3": (200, 201, 403), "p4": (200, 201, 204), "p5": (403, 403, 403)}
    for project, (reads, writes, manages) in rights.items():
        who = {"X-Auth-Token": f"member:{project}"}
        assert (await api.get("", headers=who)).status_code == reads
        assert (await api.put(f"/c/{project}", content=b"", headers=who)).status_code == writes
        assert (await api.post("", headers={"X-Account-Meta-A": "1", **who})).status_code == manages
    shown = await api.head("", headers={"X-Auth-Token": "member:p2"})
    assert "X-Account-Access-Control" not in shown.headers
    for bad in ("x", "[]", '{"owner":[]}', '{"admin":"x"}', '{"admin":[1]}'):
        assert (await api.post("", headers={"X-Account-Access-Control": bad})).status_code == 400


async def test_a_services_account_needs_both_tokens(root):
    mine = {"X-Auth-Token": "member:p1"}
    url = "http://cloud/v1/SERVICE_p1/c"
    assert (await root.put(url, headers=mine)).status_code == 403
    assert (await root.put(url, headers={**mine, "X-Service-Token": "member:srv"})).status_code == 403
    assert (await root.put(url, headers={**mine, "X-Service-Token": "service:srv"})).status_code == 201
    other = {"X-Auth-Token": "member:p2", "X-Service-Token": "service:srv"}
    assert (await root.get(url, headers=other)).status_code == 403


async def test_names_that_the_operator_refuses(api):
    assert (await api.put("/c%60")).status_code == 400
    assert (await api.put("/" + "x" * 100)).status_code == 400
    assert (await api.put("/fine")).status_code == 201


async def test_requests_wait_for_their_turn(api, clock, monkeypatch):
    waited = []

    async def sleep(seconds):
        waited.append(round(seconds, 2))

    monkeypatch.setattr(clock, "sleep", sleep)
    statuses = [(await api.put(f"/c{number}")).status_code for number in range(9)]
    assert waited == [0.5, 1.0, 1.5, 2.0, 2.5, 3.0]
    assert statuses == [201] * 7 + [498, 498]
    await api.post("", headers={"X-Account-Global-Write-Ratelimit": "WHITELIST", **RESELLER})
    assert (await api.put("/free")).status_code == 201
    await api.post("", headers={"X-Account-Global-Write-Ratelimit": "BLACKLIST", **RESELLER})
    assert (await api.put("/shut")).status_code == 497
    assert (await api.post("", headers={"X-Account-Global-Write-Ratelimit": "1"})).status_code == 403


async def test_an_account_that_may_only_be_read(api):
    await api.put("/c")
    await api.post("", headers={"X-Account-Read-Only": "true", **RESELLER})
    assert (await api.put("/c/o", content=b"")).status_code == 405
    assert (await api.get("/c")).status_code == 204
    await api.post("", headers={"X-Account-Read-Only": "", **RESELLER})
    assert (await api.put("/c/o", content=b"")).status_code == 201


async def test_hosts_that_mean_containers(root, service, monkeypatch):
    asked = []

    async def lookup(name):
        asked.append(name)
        return ("c.auth-p1.storage.example.", 60.0) if name == "photos.example.org" else ("", 60.0)

    monkeypatch.setattr(service.api.claim, "_lookup", lookup)
    mine = {"X-Auth-Token": "member:p1"}
    await root.put("http://cloud/v1/AUTH_p1/c", headers=mine)
    await root.put("http://cloud/v1/AUTH_p1/c/a/o", content=b"data", headers=mine)
    for host in ("c.AUTH-p1.storage.example", "c.auth-p1.storage.example:8080", "photos.example.org"):
        assert (await root.get("http://cloud/a/o", headers={"Host": host, **mine})).content == b"data", host
    account = {"Host": "AUTH-p1.storage.example", **mine}
    assert (await root.get("http://cloud/c/a/o", headers=account)).content == b"data"
    assert (
        await root.get("http://cloud/a/o", headers={"Host": "c.other-p1.storage.example", **mine})
    ).status_code == 404
    assert (await root.get("http://cloud/a/o", headers={"Host": "10.0.0.1", **mine})).status_code == 404
    await root.get("http://cloud/a/o", headers={"Host": "photos.example.org", **mine})
    assert asked.count("photos.example.org") == 1
    assert {"domain_remap", "cname_lookup"} <= set((await root.get("http://cloud/info")).json())


async def test_the_administrators_info(root):
    def signed(method, key="admin", expires=1_795_266_000):
        text = f"{method}\n{expires}\n/info".encode()
        return {"swiftinfo_sig": hmac.new(key.encode(), text, sha1).hexdigest(), "swiftinfo_expires": str(expires)}

    url = "http://cloud/info"
    assert "admin" not in (await root.get(url)).json()
    assert "admin" in (await root.get(url, params=signed("GET"))).json()
    assert (await root.head(url, params=signed("GET"))).status_code == 200
    assert (await root.get(url, params=signed("HEAD"))).status_code == 401
    assert (await root.get(url, params=signed("GET", key="x"))).status_code == 401
    assert (await root.get(url, params=signed("GET", expires=1))).status_code == 401


async def test_figures_and_addresses(root):
    assert (await root.get("http://cloud/recon/version")).json()["version"]
    for token, status in (("", 401), ("member:p1", 403), ("ResellerAdmin:ops", 200)):
        answer = await root.get("http://cloud/recon/diskusage", headers={"X-Auth-Token": token})
        assert answer.status_code == status
    assert (await root.get("http://cloud/endpoints/AUTH_p1/c/a b")).json() == ["http://cloud/v1/AUTH_p1/c/a%20b"]
    assert (await root.get("http://cloud/endpoints/v2/AUTH_p1/c")).json()["endpoints"]
    assert (await root.get("http://cloud/endpoints/v3/AUTH_p1/c")).status_code == 400
    assert "cross-domain-policy" in (await root.get("http://cloud/crossdomain.xml")).text
