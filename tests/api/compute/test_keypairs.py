"""Keypairs over HTTP, with keys made by the library that clients use."""

import base64
import hashlib

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519


def public(key) -> str:
    form = serialization.PublicFormat.OpenSSH
    return key.public_key().public_bytes(serialization.Encoding.OpenSSH, form).decode()


ECDSA = public(ec.generate_private_key(ec.SECP384R1()))


async def test_import_in_the_oldest_version(member):
    answer = await member.post("/os-keypairs", json={"keypair": {"name": "k", "public_key": ECDSA + " me@here"}})
    assert answer.status_code == 200
    made = answer.json()["keypair"]
    assert set(made) == {"name", "fingerprint", "public_key", "user_id"}
    digest = hashlib.md5(base64.b64decode(ECDSA.split()[1])).hexdigest()
    assert made["fingerprint"].replace(":", "") == digest
    assert made["public_key"] == ECDSA + " me@here"
    shown = (await member.get("/os-keypairs/k")).json()["keypair"]
    assert set(shown) == set(made) | {"id", "created_at", "updated_at", "deleted", "deleted_at"}
    assert isinstance(shown["id"], int)
    assert shown["created_at"] is not None
    assert shown["deleted"] is False
    listed = (await member.get("/os-keypairs")).json()["keypairs"]
    assert listed == [{"keypair": {n: made[n] for n in ("name", "fingerprint", "public_key")}}]
    answer = await member.delete("/os-keypairs/k")
    assert (answer.status_code, answer.content) == (202, b"")
    answer = await member.get("/os-keypairs/k")
    assert answer.status_code == 404
    assert answer.json()["itemNotFound"]["message"] == "Keypair k not found for user user1"


async def test_import_in_the_newest_version(member, at):
    key = public(ed25519.Ed25519PrivateKey.generate())
    body = {"keypair": {"name": "a@b.c", "public_key": key, "type": "ssh"}}
    answer = await member.post("/os-keypairs", json=body, headers=at("latest"))
    assert answer.status_code == 201
    assert set(answer.json()["keypair"]) == {"name", "fingerprint", "public_key", "user_id", "type"}
    answer = await member.delete("/os-keypairs/a@b.c", headers=at("latest"))
    assert (answer.status_code, answer.content) == (204, b"")
    without = {"keypair": {"name": "k"}}
    assert (await member.post("/os-keypairs", json=without, headers=at("2.92"))).status_code == 400
    assert (await member.post("/os-keypairs", json=body, headers=at("2.91"))).status_code == 400


async def test_keys_are_made_until_their_version(member, at):
    answer = await member.post("/os-keypairs", json={"keypair": {"name": "k"}}, headers=at("2.91"))
    assert answer.status_code == 201
    made = answer.json()["keypair"]
    private = serialization.load_pem_private_key(made["private_key"].encode(), None)
    assert public(private).split()[1] == made["public_key"].split()[1]
    assert "private_key" not in (await member.get("/os-keypairs/k", headers=at("2.91"))).json()["keypair"]


async def test_certificates(member, at):
    body = {"keypair": {"name": "win", "type": "x509"}}
    answer = await member.post("/os-keypairs", json=body, headers=at("2.2"))
    assert answer.status_code == 201
    made = answer.json()["keypair"]
    assert made["type"] == "x509"
    assert made["public_key"].startswith("-----BEGIN CERTIFICATE-----")
    assert len(made["fingerprint"].split(":")) == 20
    again = {"keypair": {"name": "copy", "type": "x509", "public_key": made["public_key"]}}
    imported = await member.post("/os-keypairs", json=again, headers=at("2.2"))
    assert imported.json()["keypair"]["fingerprint"] == made["fingerprint"]
    assert (await member.post("/os-keypairs", json=body)).status_code == 400


@pytest.mark.parametrize(
    "bad",
    [
        {"public_key": "ssh-rsa JUNK nova@ubuntu"},
        {"public_key": ""},
        {"public_key": "ssh-rsa"},
        {"public_key": ECDSA.replace("ecdsa-sha2-nistp384", "ssh-rsa")},
        {"public_key": ECDSA + "\n" + ECDSA},
        {"public_key": None},
        {"name": ""},
        {"name": "key/"},
        {"name": "k" * 256},
        {"name": " k"},
        {"name": "a@b"},
        {"nothing": 1},
    ],
)
async def test_bad_keypairs(member, bad):
    body = {"keypair": {"name": "k", "public_key": ECDSA, **bad}}
    assert (await member.post("/os-keypairs", json=body)).status_code == 400
    assert (await member.get("/os-keypairs")).json()["keypairs"] == []


async def test_names_are_unique_for_a_user(member, other):
    body = {"keypair": {"name": "k", "public_key": ECDSA}}
    assert (await member.post("/os-keypairs", json=body)).status_code == 200
    answer = await member.post("/os-keypairs", json=body)
    assert answer.status_code == 409
    assert answer.json()["conflictingRequest"]["message"] == "Key pair 'k' already exists."
    assert (await other.post("/os-keypairs", json=body)).status_code == 200
    assert (await other.get("/os-keypairs")).json()["keypairs"][0]["keypair"]["name"] == "k"


async def test_administrators_handle_those_of_others(admin, member, at):
    body = {"keypair": {"name": "k", "public_key": ECDSA, "user_id": "user1"}}
    assert (await admin.post("/os-keypairs", json=body, headers=at("2.9"))).status_code == 400
    answer = await admin.post("/os-keypairs", json=body, headers=at("2.10"))
    assert (answer.status_code, answer.json()["keypair"]["user_id"]) == (201, "user1")
    assert (await member.get("/os-keypairs/k")).status_code == 200
    assert (await admin.get("/os-keypairs/k")).status_code == 404
    assert (await admin.get("/os-keypairs/k?user_id=user1", headers=at("2.10"))).status_code == 200
    assert len((await admin.get("/os-keypairs?user_id=user1", headers=at("2.10"))).json()["keypairs"]) == 1
    body["keypair"]["user_id"] = "boss"
    assert (await member.post("/os-keypairs", json=body, headers=at("2.10"))).status_code == 403
    assert (await member.get("/os-keypairs?user_id=boss", headers=at("2.10"))).status_code == 403
    assert (await admin.delete("/os-keypairs/k?user_id=user1", headers=at("2.10"))).status_code == 204


async def test_pages(member, at):
    for name in "abc":
        await member.post("/os-keypairs", json={"keypair": {"name": name, "public_key": ECDSA}})
    page = (await member.get("/os-keypairs?limit=2", headers=at("2.35"))).json()
    assert [k["keypair"]["name"] for k in page["keypairs"]] == ["a", "b"]
    rest = (await member.get(page["keypairs_links"][0]["href"], headers=at("2.35"))).json()
    assert [k["keypair"]["name"] for k in rest["keypairs"]] == ["c"]
    assert "keypairs_links" not in rest
    assert len((await member.get("/os-keypairs?limit=2")).json()["keypairs"]) == 3
    assert (await member.get("/os-keypairs?marker=z", headers=at("2.35"))).status_code == 400
    assert (await member.get("/os-keypairs?nothing=z", headers=at("2.75"))).status_code == 400
