"""Hashing passwords and other secrets: bcrypt over a digest, so that no byte of a long password is ignored.

bcrypt reads 72 bytes at the most and stops at a zero byte; base64 of SHA-384 is 64 characters without one.
The work is done in threads, a few at a time, so that a flood of logins leaves room for everything else.
"""

import asyncio
import base64
import hashlib
import os

import bcrypt

PREFIX = "$bcrypt-sha384"
"""What a stored hash starts with; the rest is bcrypt's own form."""

MOST = 4096
"""Characters of a password at the most."""


def _digest(password: str) -> bytes:
    return base64.b64encode(hashlib.sha384(password.encode("utf-8", "surrogatepass")).digest())


class Passwords:
    """Makes and checks hashes.

    Args:
        rounds: bcrypt's cost, the logarithm of its rounds.
    """

    def __init__(self, rounds: int) -> None:
        self._rounds = rounds
        self._room = asyncio.Semaphore(max(2, os.cpu_count() or 2))
        self._nobodys: str = ""

    def hash_now(self, password: str) -> str:
        """The hash of a password; takes long, for threads."""
        return PREFIX + bcrypt.hashpw(_digest(password), bcrypt.gensalt(self._rounds)).decode()

    async def hash(self, password: str) -> str:
        """The hash of a password."""
        async with self._room:
            return await asyncio.to_thread(self.hash_now, password)

    async def verify(self, password: str, stored: str | None) -> bool:
        """Whether the password is the stored one; takes as long when nothing is stored."""
        if stored is None and not self._nobodys:
            self._nobodys = await self.hash("nobody has this password")
        against = (stored or self._nobodys).removeprefix(PREFIX).encode()
        async with self._room:
            same = await asyncio.to_thread(bcrypt.checkpw, _digest(password), against)
        return same and stored is not None
