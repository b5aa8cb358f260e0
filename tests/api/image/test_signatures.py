"""Signed images over HTTP: only what the owner of the certificate signed becomes active."""

import base64
from datetime import UTC, datetime, timedelta

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import dsa, ec, padding, rsa
from cryptography.x509.oid import NameOID
from tests.doubles.web import OCTETS, image_of, made

from pileus.image.settings import ImageSettings

DATA = b"signed" * 1000
ID = "125e6199-2de4-46e3-b091-8e2401ef0d63"


@pytest.fixture
def settings(tmp_path):
    return ImageSettings(most_bytes=8 << 20, certificates=str(tmp_path))


def certify(folder, key, kind="pem"):
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "signer")])
    start = datetime(2026, 1, 1, tzinfo=UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(start)
        .not_valid_after(start + timedelta(days=3650))
        .sign(key, hashes.SHA256())
    )
    encoding = serialization.Encoding.PEM if kind == "pem" else serialization.Encoding.DER
    (folder / f"{ID}.pem").write_bytes(certificate.public_bytes(encoding))


def signature(key, method, data=DATA):
    algorithm = getattr(hashes, method.replace("-", ""))()
    if isinstance(key, rsa.RSAPrivateKey):
        salted = padding.PSS(mgf=padding.MGF1(algorithm), salt_length=padding.PSS.MAX_LENGTH)
        return key.sign(data, salted, algorithm)
    return (
        key.sign(data, ec.ECDSA(algorithm))
        if isinstance(key, ec.EllipticCurvePrivateKey)
        else key.sign(data, algorithm)
    )


def properties(key_type, method, signed):
    return {
        "img_signature": base64.b64encode(signed).decode(),
        "img_signature_hash_method": method,
        "img_signature_key_type": key_type,
        "img_signature_certificate_uuid": ID,
    }


async def put(api, image, data=DATA):
    return await api.put(f"/image/v2/images/{image['id']}/file", content=data, headers=OCTETS)


@pytest.fixture(scope="module")
def rsa_key():
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


KEYS = {
    "DSA": lambda: dsa.generate_private_key(key_size=2048),
    "ECC_SECP521R1": lambda: ec.generate_private_key(ec.SECP521R1()),
    "ECC_SECP384R1": lambda: ec.generate_private_key(ec.SECP384R1()),
}


@pytest.mark.parametrize("method", ["SHA-224", "SHA-256", "SHA-384", "SHA-512"])
@pytest.mark.parametrize("kind", ["pem", "der"])
async def test_what_was_signed_is_taken_and_nothing_else(api, tmp_path, rsa_key, method, kind):
    certify(tmp_path, rsa_key, kind)
    good = properties("RSA-PSS", method, signature(rsa_key, method))
    image = await made(api, **good)
    answer = await put(api, image, DATA + b"x")
    assert (answer.status_code, "not what was signed" in answer.text) == (400, True)
    assert (await image_of(api, image["id"]))["status"] == "queued"
    assert (await put(api, image)).status_code == 204
    assert (await image_of(api, image["id"]))["status"] == "active"


@pytest.mark.parametrize("key_type", list(KEYS))
async def test_every_kind_of_key(api, tmp_path, key_type):
    key = KEYS[key_type]()
    certify(tmp_path, key)
    good = properties(key_type, "SHA-256", signature(key, "SHA-256"))
    assert (await put(api, await made(api, **good))).status_code == 204
    assert (await put(api, await made(api, **good), b"other")).status_code == 400


async def test_what_cannot_be_verified_is_refused(api, tmp_path, rsa_key):
    certify(tmp_path, rsa_key)
    good = properties("RSA-PSS", "SHA-256", signature(rsa_key, "SHA-256"))
    for change in (
        {"img_signature": "no base64!"},
        {"img_signature_hash_method": "MD5"},
        {"img_signature_key_type": "DSA"},
        {"img_signature_key_type": "ROT13"},
        {"img_signature_key_type": "ECC_SECT571K1"},
        {"img_signature_certificate_uuid": "5e6199-none"},
        {"img_signature_certificate_uuid": "../../etc/ssl"},
    ):
        assert (await put(api, await made(api, **{**good, **change}))).status_code == 400, change
    unsigned = {name: value for name, value in good.items() if name != "img_signature"}
    assert (await put(api, await made(api, **unsigned))).status_code == 204  # as Glance: all four or none


async def test_imports_are_verified_as_well(api, tmp_path, rsa_key, running):
    certify(tmp_path, rsa_key)
    good = properties("RSA-PSS", "SHA-256", signature(rsa_key, "SHA-256"))
    for data, status in ((DATA, "active"), (b"other", "queued")):
        image = await made(api, **good)
        await api.put(f"/image/v2/images/{image['id']}/stage", content=data, headers=OCTETS)
        body = {"method": {"name": "glance-direct"}}
        assert (await api.post(f"/image/v2/images/{image['id']}/import", json=body)).status_code == 202
        await running()
        assert (await image_of(api, image["id"]))["status"] == status
