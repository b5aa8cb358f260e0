"""Identifiers, secrets and chance: everything random in Pileus comes from here.

Identifiers come from a generator that can be seeded (a simulated run repeats itself); secrets always come from the
operating system unless the run is simulated.
"""

import random
import secrets
import uuid
from typing import Protocol

Chance = random.Random
"""A generator for choices that need not be secret; made here only."""


class Ids(Protocol):
    """Makes identifiers, secrets and random choices."""

    def uuid(self) -> str:
        """A random UUID in its usual form with dashes."""
        ...

    def hex(self) -> str:
        """A random UUID as 32 hexadecimal digits, as Keystone writes them."""
        ...

    def secret(self, size: int = 32) -> bytes:
        """Unguessable bytes."""
        ...

    def random(self) -> random.Random:
        """A generator for choices that need not be secret."""
        ...


class SystemIds:
    """Identifiers and secrets from the operating system's generator."""

    def __init__(self) -> None:
        self._random = random.Random()  # noqa: S311 - for choices, never for secrets

    def uuid(self) -> str:
        """A random UUID in its usual form with dashes."""
        return str(uuid.uuid4())

    def hex(self) -> str:
        """A random UUID as 32 hexadecimal digits."""
        return uuid.uuid4().hex

    def secret(self, size: int = 32) -> bytes:
        """Unguessable bytes."""
        return secrets.token_bytes(size)

    def random(self) -> random.Random:
        """A generator for choices that need not be secret."""
        return self._random


class SeededIds:
    """The same identifiers in the same order for the same seed; for simulated runs and tests only."""

    def __init__(self, seed: int = 0) -> None:
        self._random = random.Random(seed)  # noqa: S311 - simulated runs must repeat

    def uuid(self) -> str:
        """The next UUID of this seed."""
        return str(uuid.UUID(int=self._random.getrandbits(128), version=4))

    def hex(self) -> str:
        """The next UUID of this seed as 32 hexadecimal digits."""
        return uuid.UUID(int=self._random.getrandbits(128), version=4).hex

    def secret(self, size: int = 32) -> bytes:
        """The next bytes of this seed."""
        return self._random.randbytes(size)

    def random(self) -> random.Random:
        """The seeded generator itself."""
        return self._random
