"""Hashes of passwords: every algorithm, the forms of other programs, and when one is made anew."""

import pytest

from pileus.identity.users.hashing import ALGORITHMS, is_current, make, matches
from pileus.identity.users.passwords import Passwords

QUICK = {"bcrypt": 4, "scrypt": 4, "pbkdf2_sha512": 10, "argon2": 1}

KEYSTONES = {
    "$2b$04$tfOunsWLkjv51JCWedjSQu.dZo7aeFEQSNM1AjRk8h68665cMdNrq": "secret",
    "$bcrypt-sha256$v=2,t=2b,r=4$QYaLNtoIYFa5lTQOkxzaBu$7AkrVTUgIjNiuk9cfxNbL831h5MgGWu": "secret" * 20,
    "$scrypt$ln=4,r=8,p=1$2dp4JvlW/6+EZ7CA7szXZQ$iET9HQOFCv/Qfkblk/yezWECAC/Sgd1QzP6Ae341CvU": "secret",
    "$pbkdf2-sha512$10$2zvnvDcGAMB4z3lPKaU0pg$AxBf3dmuEt/IhETM2HTRl/Mb5O3hxNOuxBHKKgvjMrm6MC4aCfHaGXyCOIBlmcYAOFOCnfCiC0R"
    "337G8j5PACg": "secret",
}
"""Hashes that other programs made, and the passwords that they are of."""


@pytest.mark.parametrize("algorithm", ALGORITHMS)
@pytest.mark.parametrize("secret", ["a", "é" * 40, "x" * 100, "a\0b", "\ud800"])
def test_each_algorithm_knows_its_own(algorithm, secret):
    hashed = make(secret, algorithm, QUICK[algorithm])
    assert len(hashed) < 256
    assert matches(secret, hashed)
    assert not matches(secret[:-1], hashed)
    assert not matches(secret + "b", hashed)
    assert make(secret, algorithm, QUICK[algorithm]) != hashed
    assert is_current(hashed, algorithm, QUICK[algorithm])
    assert not is_current(hashed, algorithm, QUICK[algorithm] + 1)
    assert not any(is_current(hashed, other, 0) for other in ALGORITHMS if other != algorithm)


@pytest.mark.parametrize("stored", KEYSTONES)
def test_an_imported_hash_is_known(stored):
    assert matches(KEYSTONES[stored], stored)
    assert not matches("wrong", stored)


@pytest.mark.parametrize(
    "stored",
    [
        "",
        "$",
        "plain",
        "$unknown$x",
        "$2b$99$x",
        "$2b$04$short",
        "$scrypt$ln=64,r=8,p=1$AAAA$AAAA",
        "$scrypt$ln=4,r=8,p=1$A$A",
        "$argon2id$v=19$m=8,t=1,p=1$c29tZXNhbHQ$AAAA",
        "$argon2id$nonsense",
        "$pbkdf2-sha512$0$AAAA$AAAA",
    ],
)
def test_what_only_looks_like_a_hash_is_nobodys(stored):
    assert not matches("secret", stored)


async def test_an_older_hash_is_known_to_be_old():
    older, newer = Passwords(4), Passwords(4, "scrypt")
    hashed = await older.hash("secret")
    assert await newer.verify("secret", hashed)
    assert newer.is_old(hashed)
    assert not older.is_old(hashed)
    assert Passwords(5).is_old(hashed)
