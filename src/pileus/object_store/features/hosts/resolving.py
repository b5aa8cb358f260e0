"""CNAME records, asked of the machine's own name servers: the standard library looks up addresses only.

Source: RFC 1035, sections 4.1 (messages) and 4.1.4 (compressed names).
"""

import asyncio
import secrets
import struct
from pathlib import Path

CNAME = 5
TIMEOUT = 2.0
FORGET = 60.0
"""Seconds for which it is remembered that there is no answer."""
_HEAD = struct.Struct("!6H")
_RECORD = struct.Struct("!HHIH")


def servers(file: Path = Path("/etc/resolv.conf")) -> list[str]:
    """The addresses of the machine's name servers."""
    try:
        lines = [line.split() for line in file.read_text().splitlines()]
    except OSError:
        return []
    return [words[1] for words in lines if len(words) > 1 and words[0] == "nameserver"]


def question(number: int, name: str) -> bytes:
    """A message that asks for a name's CNAME.

    Raises:
        ValueError: it is no name.
    """
    out = _HEAD.pack(number, 0x0100, 1, 0, 0, 0)
    for label in name.rstrip(".").split("."):
        encoded = label.encode("idna") if not label.isascii() else label.encode()
        if not 0 < len(encoded) < 64:
            raise ValueError(f"{label!r} is no label")
        out += bytes([len(encoded)]) + encoded
    return out + b"\0" + struct.pack("!HH", CNAME, 1)


def answered(message: bytes, number: int) -> tuple[str, float]:
    """What a message says that a name is an alias of (empty for nothing), and for how many seconds.

    Raises:
        ValueError: it is no answer to that question.
    """
    try:
        found, flags, questions, answers, _, _ = _HEAD.unpack_from(message)
        if found != number or not flags & 0x8000:
            raise ValueError("no answer to this question")
        at = _HEAD.size
        for _ in range(questions):
            at = _name(message, at)[1] + 4
        for _ in range(answers):
            at = _name(message, at)[1]
            kind, _, lasts, length = _RECORD.unpack_from(message, at)
            at += _RECORD.size
            if kind == CNAME:
                return _name(message, at)[0], float(lasts)
            at += length
    except (struct.error, IndexError, UnicodeDecodeError) as error:
        raise ValueError("a broken message") from error
    return "", FORGET


def _name(message: bytes, at: int) -> tuple[str, int]:
    """The name at a place, and the place behind it."""
    labels: list[str] = []
    behind = 0
    for _ in range(128):
        size = message[at]
        if size == 0:
            return ".".join(labels), behind or at + 1
        if size >= 0xC0:
            behind = behind or at + 2
            at = (size & 0x3F) << 8 | message[at + 1]
            continue
        labels.append(message[at + 1 : at + 1 + size].decode("ascii"))
        at += 1 + size
    raise ValueError("a name that points to itself")


class _Asking(asyncio.DatagramProtocol):
    def __init__(self, number: int) -> None:
        self._number = number
        self.answer: asyncio.Future[tuple[str, float]] = asyncio.get_running_loop().create_future()

    def datagram_received(self, data: bytes, addr: object) -> None:
        try:
            found = answered(data, self._number)
        except ValueError:
            return
        if not self.answer.done():
            self.answer.set_result(found)


async def lookup(name: str) -> tuple[str, float]:
    """The name that a name is an alias of, empty for none, and for how many seconds that may be relied on."""
    number = secrets.randbelow(1 << 16)
    try:
        message = question(number, name)
    except ValueError:
        return "", FORGET
    loop = asyncio.get_running_loop()
    for server in await asyncio.to_thread(servers):
        try:
            transport, asking = await loop.create_datagram_endpoint(lambda: _Asking(number), remote_addr=(server, 53))
        except OSError:
            continue
        try:
            transport.sendto(message)
            return await asyncio.wait_for(asking.answer, TIMEOUT)
        except (TimeoutError, OSError):
            continue
        finally:
            transport.close()
    return "", FORGET
