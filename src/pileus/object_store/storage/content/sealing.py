"""Encryption of bytes that lie on the disk: AES-256-GCM, block by block, so that any range can be read and is checked.

Each object has a key of its own, so a block's number is nonce enough.  That key lies beside the object, wrapped by the
owner's key or by one of the storage's ring.  Both ends of an object are checked, since its size is known.
"""

import os
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from pileus.kernel.ids import Ids
from pileus.object_store.storage.content.blobs import sync_folder
from pileus.object_store.storage.records import CUSTOMER, Damaged, WrongKey

BLOCK = 64 << 10
TAG = 16
NONCE = 12
RING = b"R"
"""What a wrapped key begins with that the ring opens; the number of the ring's key follows in four bytes."""


class KeyRing:
    """The storage's own keys: numbered files in a folder that is private to its owner; the highest one wraps.

    Older ones stay as long as objects are wrapped by them.  The folder is made with the first key.
    """

    def __init__(self, folder: Path, ids: Ids) -> None:
        self._folder = folder
        self._ids = ids
        self._keys: dict[int, AESGCM] = {}
        self._stamp = -1

    def newest(self) -> tuple[int, AESGCM]:
        """The key that wraps, and its number; made if there is none."""
        if not self._refresh():
            self.rotate()
            self._refresh()
        number = max(self._keys)
        return number, self._keys[number]

    def key(self, number: int) -> AESGCM | None:
        """A key by its number."""
        if number not in self._keys:
            self._refresh()
        return self._keys.get(number)

    def rotate(self) -> int:
        """Add a key that wraps from now on; its number.  Returns when it is on the disk."""
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        while True:
            self._refresh()
            number = max(self._keys, default=0) + 1
            part = self._folder / f".{self._ids.hex()}"
            descriptor = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            with os.fdopen(descriptor, "wb") as file:
                file.write(self._ids.secret(32))
                file.flush()
                os.fsync(file.fileno())
            try:
                os.link(part, self._folder / f"{number:04}")
            except FileExistsError:
                continue  # another process was first
            finally:
                part.unlink()
            sync_folder(self._folder)
            sync_folder(self._folder.parent)
            return number

    def _refresh(self) -> bool:
        """Take up what other processes added; whether there is any key."""
        try:
            stamp = self._folder.stat().st_mtime_ns
        except FileNotFoundError:
            return False
        if stamp != self._stamp or not self._keys:
            for file in self._folder.iterdir():
                if file.name.isdecimal() and int(file.name) not in self._keys:
                    self._keys[int(file.name)] = AESGCM(file.read_bytes())
            self._stamp = stamp
        return bool(self._keys)


class Sealing:
    """Wraps and opens the keys of objects."""

    def __init__(self, ring: KeyRing, ids: Ids) -> None:
        self._ring = ring
        self._ids = ids

    def new(self, key: bytes | None) -> "Sealer":
        """What encrypts one object, under its owner's key or one of the ring."""
        own = self._ids.secret(32)
        return Sealer(own, self.wrap(own, key))

    def wrap(self, own: bytes, key: bytes | None) -> bytes:
        """An object's key, wrapped."""
        nonce = self._ids.secret(NONCE)
        if key is not None:
            return CUSTOMER + nonce + AESGCM(key).encrypt(nonce, own, CUSTOMER)
        number, wrapping = self._ring.newest()
        head = RING + number.to_bytes(4, "big")
        return head + nonce + wrapping.encrypt(nonce, own, head)

    def unwrap(self, sealed: bytes, key: bytes | None) -> bytes:
        """An object's key.

        Raises:
            WrongKey: it is its owner's to open, and not with this key.
            Damaged: nothing opens it.
        """
        if sealed.startswith(CUSTOMER):
            if key is None:
                raise WrongKey
            wrapping, rest, head = AESGCM(key), sealed[1:], CUSTOMER
        else:
            found = self._ring.key(int.from_bytes(sealed[1:5], "big"))
            if found is None:
                raise Damaged("the key ring has not the key of these bytes")
            wrapping, rest, head = found, sealed[5:], sealed[:5]
        try:
            return wrapping.decrypt(rest[:NONCE], rest[NONCE:], head)
        except InvalidTag:
            if head == CUSTOMER:
                raise WrongKey from None
            raise Damaged("the key of these bytes is damaged") from None

    def current(self, sealed: bytes) -> bool:
        """Whether a wrapped key is the owner's, or wrapped by the newest of the ring."""
        return not sealed.startswith(RING) or int.from_bytes(sealed[1:5], "big") == self._ring.newest()[0]

    def opens(self, sealed: bytes) -> bool:
        """Whether the storage itself can open what lies under a wrapped key."""
        return not sealed.startswith(CUSTOMER)

    def rotate(self) -> int:
        """Add a key to the ring, which wraps from now on; its number."""
        return self._ring.rotate()


class Sealer:
    """Encrypts the bytes of one object as they come.

    Attributes:
        sealed: its key, wrapped.
    """

    def __init__(self, own: bytes, sealed: bytes) -> None:
        self._cipher = AESGCM(own)
        self._number = 0
        self._rest = b""
        self.sealed = sealed

    def add(self, data: bytes, *, last: bool = False) -> bytes:
        """What can be written after these bytes; all that is left, with the last."""
        plain = self._rest + data if self._rest else data
        whole = len(plain) if last else len(plain) - len(plain) % BLOCK
        self._rest = plain[whole:]
        out = []
        for start in range(0, whole, BLOCK):
            out.append(self._cipher.encrypt(_nonce(self._number), plain[start : min(start + BLOCK, whole)], None))
            self._number += 1
        return b"".join(out)


def opened(own: bytes, data: bytes, first: int) -> bytes:
    """The plain bytes of blocks from a number on.

    Raises:
        Damaged: they are not those that were written.
    """
    cipher = AESGCM(own)
    out = []
    for number, start in enumerate(range(0, len(data), BLOCK + TAG), first):
        try:
            out.append(cipher.decrypt(_nonce(number), data[start : start + BLOCK + TAG], None))
        except InvalidTag:
            raise Damaged("encrypted bytes are not those that were written") from None
    return b"".join(out)


def _nonce(number: int) -> bytes:
    return number.to_bytes(NONCE, "big")
