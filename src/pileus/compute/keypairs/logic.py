"""What happens to keypairs: reading, making and fingerprinting keys, and storing the public halves."""

import base64
import binascii
import hashlib
from dataclasses import dataclass
from datetime import datetime, timedelta

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID, ObjectIdentifier
from sqlalchemy import delete, select

from pileus.compute.keypairs.table import KEYPAIRS
from pileus.compute.quotas.logic import shortages
from pileus.kernel.api.errors import BadRequest, Conflict, Forbidden, NotFound
from pileus.kernel.store import DuplicateRow, Row, Tx
from pileus.kernel.world import World

KEY_BITS = 2048
_PRINCIPAL_NAME = ObjectIdentifier("1.3.6.1.4.1.311.20.2.3")
"""The name by which Windows maps a client's certificate to an account."""


class KeypairNotFound(NotFound):
    """404: the user has no keypair of that name."""

    message = "Keypair {name} not found for user {user_id}"


class KeypairExists(Conflict):
    """409: the user has a keypair of that name."""

    message = "Key pair '{name}' already exists."


class InvalidKeypair(BadRequest):
    """400: the public key cannot be read."""

    message = "Keypair data is invalid: {reason}"


class TooManyKeypairs(Forbidden):
    """403: the user may not have more keypairs."""

    message = "Quota exceeded, too many key pairs."


@dataclass(frozen=True, slots=True)
class Keys:
    """A keypair's keys; `private` is empty for an imported one, and secret."""

    public: str
    fingerprint: str
    private: str = ""


def _pairs(text: str) -> str:
    return ":".join(text[i : i + 2] for i in range(0, len(text), 2))


def read(kind: str, public: str) -> Keys:
    """An imported public key, checked and fingerprinted.

    Raises:
        InvalidKeypair: it is not a key of its kind.
    """
    if kind == "x509":
        try:
            certificate = x509.load_pem_x509_certificate(public.encode())
        except (ValueError, UnsupportedAlgorithm) as error:
            raise InvalidKeypair(reason="failed to generate X509 fingerprint") from error
        return Keys(public, _pairs(certificate.fingerprint(hashes.SHA1()).hex()))  # noqa: S303 - as clients compute it
    if "\n" in public.strip() or "\r" in public.strip():
        raise InvalidKeypair(reason="failed to generate fingerprint")
    words = public.split()
    try:
        blob = base64.b64decode(words[1], validate=True)
        named = blob[4 : 4 + int.from_bytes(blob[:4], "big")].decode()
        if named != words[0]:
            raise ValueError(named)
        if not named.startswith("sk-"):  # of security keys only the frame can be checked
            serialization.load_ssh_public_key(" ".join(words[:2]).encode())
    except (IndexError, ValueError, binascii.Error, UnsupportedAlgorithm) as error:
        raise InvalidKeypair(reason="failed to generate fingerprint") from error
    return Keys(public, _pairs(hashlib.md5(blob, usedforsecurity=False).hexdigest()))


def generate(kind: str, user_id: str, now: datetime) -> Keys:
    """A new pair of keys, which takes a moment of computing: call it in a thread."""
    key = rsa.generate_private_key(public_exponent=65537, key_size=KEY_BITS)
    if kind == "x509":
        return _certificate(key, user_id, now)
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.TraditionalOpenSSL, serialization.NoEncryption()
    ).decode()
    public = key.public_key().public_bytes(serialization.Encoding.OpenSSH, serialization.PublicFormat.OpenSSH).decode()
    made = read("ssh", public + " Generated-by-Pileus")
    return Keys(made.public, made.fingerprint, private)


def _certificate(key: rsa.RSAPrivateKey, user_id: str, now: datetime) -> Keys:
    """A certificate with which a client can sign in to Windows by WinRM."""
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, user_id[:64])])
    text = f"{user_id}@localhost".encode()
    principal = x509.OtherName(_PRINCIPAL_NAME, b"\x0c" + _der_length(len(text)) + text)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(hours=1))
        .not_valid_after(now + timedelta(days=3650))
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.CLIENT_AUTH]), critical=False)
        .add_extension(x509.SubjectAlternativeName([principal]), critical=False)
        .sign(key, hashes.SHA256())
    )
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    ).decode()
    made = read("x509", certificate.public_bytes(serialization.Encoding.PEM).decode())
    return Keys(made.public, made.fingerprint, private)


def _der_length(size: int) -> bytes:
    """The length of a DER value: short form below 128, else its count of bytes first."""
    if size < 128:
        return bytes([size])
    digits = size.to_bytes((size.bit_length() + 7) // 8, "big")
    return bytes([0x80 | len(digits)]) + digits


async def find(tx: Tx, user_id: str, name: str) -> Row:
    """A user's keypair.

    Raises:
        KeypairNotFound: the user has none of that name.
    """
    row = await tx.first(select(KEYPAIRS).where(KEYPAIRS.c.user_id == user_id, KEYPAIRS.c.name == name))
    if row is None:
        raise KeypairNotFound(name=name, user_id=user_id)
    return row


async def create(tx: Tx, world: World, *, user_id: str, project_id: str, name: str, kind: str, keys: Keys) -> Row:
    """Store a keypair.

    Raises:
        KeypairExists: the user has one of that name.
        TooManyKeypairs: the user has as many as the quota allows.
    """
    if await shortages(tx, project_id, {"key_pairs": 1}, user_id=user_id):
        raise TooManyKeypairs
    row = {
        "user_id": user_id,
        "name": name,
        "type": kind,
        "fingerprint": keys.fingerprint,
        "public_key": keys.public,
        "created_at": world.clock.now(),
    }
    try:
        await tx.insert(KEYPAIRS, row)
    except DuplicateRow as error:
        raise KeypairExists(name=name) from error
    return row


async def remove(tx: Tx, keypair: Row) -> None:
    """Delete a keypair; servers keep the public key that they were made with."""
    await tx.run(delete(KEYPAIRS).where(KEYPAIRS.c.id == keypair["id"]))
