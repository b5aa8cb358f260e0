"""Hashing and checking secrets in threads, a few at a time: a flood of logins leaves room for everything else."""

import asyncio
import os

from pileus.identity.users.hashing import is_current, make, matches

MOST = 4096
"""Characters of a password at the most."""


class Passwords:
    """Makes and checks hashes.

    Args:
        rounds: the algorithm's cost; 0 for its usual one.
        algorithm: what new hashes are made with; older ones of every kind are still checked.
    """

    def __init__(self, rounds: int, algorithm: str = "bcrypt") -> None:
        self._rounds = rounds
        self._algorithm = algorithm
        self._room = asyncio.Semaphore(max(2, os.cpu_count() or 2))
        self._nobodys: str = ""

    def hash_now(self, password: str) -> str:
        """The hash of a password; takes long, for threads."""
        return make(password, self._algorithm, self._rounds)

    async def hash(self, password: str) -> str:
        """The hash of a password."""
        async with self._room:
            return await asyncio.to_thread(self.hash_now, password)

    async def verify(self, password: str, stored: str | None) -> bool:
        """Whether the password is the stored one; takes as long when nothing is stored."""
        if stored is None and not self._nobodys:
            self._nobodys = await self.hash("nobody has this password")
        async with self._room:
            same = await asyncio.to_thread(matches, password, stored or self._nobodys)
        return same and stored is not None

    def is_old(self, stored: str) -> bool:
        """Whether a hash was made in another way than today's."""
        return not is_current(stored, self._algorithm, self._rounds)
