"""How a secret becomes a hash, by algorithm, in the forms that passlib and Keystone write.

bcrypt reads 72 bytes at the most and stops at a zero byte, so it is given a digest of the secret (`$bcrypt-sha256$`):
no byte of a long one is ignored.  All of this takes long and belongs into threads.
"""

import base64
import hashlib
import hmac
import os
import re
from collections.abc import Callable
from typing import Any

import bcrypt

_BCRYPT_SHA256 = re.compile(r"\$bcrypt-sha256\$v=2,t=(2[aby]),r=(\d\d?)\$([./A-Za-z0-9]{22})\$([./A-Za-z0-9]{31})")
_SCRYPT = re.compile(r"\$scrypt\$ln=([12]?\d),r=(\d\d?),p=(\d\d?)\$([A-Za-z0-9+/]+)\$([A-Za-z0-9+/]+)")
_PBKDF2 = re.compile(r"\$pbkdf2-sha512\$(\d+)\$([A-Za-z0-9+/.]+)\$([A-Za-z0-9+/.]+)")
_OWN = "$bcrypt-sha384"
_SCRYPT_MEMORY = 1 << 28
_ROUNDS = {"bcrypt": 12, "scrypt": 16, "pbkdf2_sha512": 210_000, "argon2": 3}

ALGORITHMS = tuple(_ROUNDS)
"""The algorithms that new hashes can be made with."""


def _bytes(secret: str) -> bytes:
    return secret.encode("utf-8", "surrogatepass")


def _base64(data: bytes) -> str:
    return base64.b64encode(data).decode().rstrip("=")


def _unbase64(text: str) -> bytes:
    return base64.b64decode(text.replace(".", "+") + "=" * (-len(text) % 4))


def _digest(secret: str, salt: str) -> bytes:
    return base64.b64encode(hmac.digest(salt.encode(), _bytes(secret), "sha256"))


def _bcrypt(secret: str, rounds: int) -> str:
    opening = bcrypt.gensalt(rounds)
    salt = opening[-22:].decode()
    hashed = bcrypt.hashpw(_digest(secret, salt), opening).decode()
    return f"$bcrypt-sha256$v=2,t=2b,r={rounds}${salt}${hashed[-31:]}"


def _scrypt(secret: str, rounds: int) -> str:
    salt = os.urandom(16)
    return f"$scrypt$ln={rounds},r=8,p=1${_base64(salt)}${_base64(_scrypted(secret, salt, rounds, 8, 1))}"


def _scrypted(secret: str, salt: bytes, ln: int, r: int, p: int) -> bytes:
    return hashlib.scrypt(_bytes(secret), salt=salt, n=1 << ln, r=r, p=p, maxmem=_SCRYPT_MEMORY, dklen=32)


def _pbkdf2(secret: str, rounds: int) -> str:
    salt = os.urandom(16)
    key = hashlib.pbkdf2_hmac("sha512", _bytes(secret), salt, rounds, 64)
    return f"$pbkdf2-sha512${rounds}${_base64(salt)}${_base64(key)}".replace("+", ".")


def _argon2(secret: str, rounds: int) -> str:
    from argon2 import PasswordHasher

    return PasswordHasher(time_cost=rounds).hash(_bytes(secret))


_MAKERS: dict[str, Callable[[str, int], str]] = {
    "bcrypt": _bcrypt,
    "scrypt": _scrypt,
    "pbkdf2_sha512": _pbkdf2,
    "argon2": _argon2,
}


def cost(algorithm: str, rounds: int) -> int:
    """The cost to make hashes with: the one that is asked for, or the algorithm's usual one for 0."""
    return rounds or _ROUNDS[algorithm]


def make(secret: str, algorithm: str, rounds: int) -> str:
    """The hash of a secret."""
    return _MAKERS[algorithm](secret, cost(algorithm, rounds))


def matches(secret: str, stored: str) -> bool:
    """Whether a hash of any known form is that of the secret; one of an unknown form is nobody's."""
    try:
        return _matches(secret, stored)
    except ValueError:  # a form that only looks like one of those below
        return False


def _matches(secret: str, stored: str) -> bool:
    found: Any
    if found := _BCRYPT_SHA256.fullmatch(stored):
        kind, rounds, salt, rest = found.groups()
        return bcrypt.checkpw(_digest(secret, salt), f"${kind}${int(rounds):02}${salt}{rest}".encode())
    if stored.startswith(_OWN):
        digest = base64.b64encode(hashlib.sha384(_bytes(secret)).digest())
        return bcrypt.checkpw(digest, stored.removeprefix(_OWN).encode())
    if re.match(r"\$2[abxy]?\$", stored):
        return bcrypt.checkpw(_bytes(secret)[:72], stored.encode())
    if found := _SCRYPT.fullmatch(stored):
        ln, r, p = (int(number) for number in found.groups()[:3])
        made = _scrypted(secret, _unbase64(found[4]), ln, r, p)
        return hmac.compare_digest(made, _unbase64(found[5]))
    if found := _PBKDF2.fullmatch(stored):
        wanted = _unbase64(found[3])
        made = hashlib.pbkdf2_hmac("sha512", _bytes(secret), _unbase64(found[2]), int(found[1]), len(wanted))
        return hmac.compare_digest(made, wanted)
    return stored.startswith("$argon2") and _argon2_matches(secret, stored)


def _argon2_matches(secret: str, stored: str) -> bool:
    from argon2 import PasswordHasher
    from argon2.exceptions import InvalidHashError, VerificationError

    try:
        return PasswordHasher().verify(stored, _bytes(secret))
    except (VerificationError, InvalidHashError):
        return False


def is_current(stored: str, algorithm: str, rounds: int) -> bool:
    """Whether a hash is what would be made of its secret today, but for the salt."""
    wanted = cost(algorithm, rounds)
    starts = {
        "bcrypt": f"$bcrypt-sha256$v=2,t=2b,r={wanted}$",
        "scrypt": f"$scrypt$ln={wanted},r=8,p=1$",
        "pbkdf2_sha512": f"$pbkdf2-sha512${wanted}$",
        "argon2": "$argon2id$",
    }
    return stored.startswith(starts[algorithm]) and (algorithm != "argon2" or f",t={wanted}," in stored)
