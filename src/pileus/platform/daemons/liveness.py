"""Asks a daemon whether it answers, in its own protocol, over its UNIX socket.

Open vSwitch and OVN speak JSON-RPC (RFC 7047 section 4.1.11 `echo` for databases; `version` on control sockets);
libvirtd speaks its own RPC (libvirt's internals documentation, "RPC protocol").
"""

import asyncio
import json
import struct
from pathlib import Path
from typing import Any, Literal

Protocol = Literal["ovsdb", "control", "libvirt"]

_LIBVIRT_PROGRAM, _LIBVIRT_VERSION, _LIBVIRT_AUTH_LIST = 0x20008086, 1, 66


class NoAnswer(Exception):
    """Nobody listens, or the answer did not come or was not one."""


async def answers(protocol: Protocol, socket: Path, patience: float = 2.0) -> bool:
    """Whether the daemon behind that socket answers within `patience` seconds."""
    try:
        match protocol:
            case "ovsdb":
                await request(socket, "echo", [], patience)
            case "control":
                await request(socket, "version", [], patience)
            case "libvirt":
                await asyncio.wait_for(_libvirt(socket), patience)
    except (NoAnswer, OSError, TimeoutError, asyncio.IncompleteReadError):
        return False
    return True


async def request(socket: Path, method: str, parameters: list[Any], patience: float = 5.0) -> Any:
    """Send one JSON-RPC request and return its result.

    Raises:
        NoAnswer: nobody listens, no answer within `patience` seconds, or an error was answered.
    """
    try:
        return await asyncio.wait_for(_json_rpc(socket, method, parameters), patience)
    except (OSError, TimeoutError, asyncio.IncompleteReadError) as error:
        raise NoAnswer(f"{socket}: {method}: {error or 'no answer'}") from error


async def _json_rpc(socket: Path, method: str, parameters: list[Any]) -> Any:
    reader, writer = await asyncio.open_unix_connection(str(socket))
    try:
        writer.write(json.dumps({"id": "pileus", "method": method, "params": parameters}).encode())
        await writer.drain()
        # Messages are not delimited: read until what has come is one whole JSON text.
        received = b""
        while True:
            part = await reader.read(65536)
            if not part:
                raise NoAnswer(f"{socket}: {method}: connection closed")
            received += part
            try:
                answer = json.loads(received)
            except ValueError:
                continue
            break
    finally:
        writer.close()
    if answer.get("error") is not None:
        raise NoAnswer(f"{socket}: {method}: {answer['error']}")
    return answer.get("result")


async def _libvirt(socket: Path) -> None:
    """Ask which authentication is offered: the one question that is answered before logging in."""
    reader, writer = await asyncio.open_unix_connection(str(socket))
    try:
        call = (_LIBVIRT_PROGRAM, _LIBVIRT_VERSION, _LIBVIRT_AUTH_LIST, 0, 0, 0)
        writer.write(struct.pack(">IIIIIII", 28, *call))
        await writer.drain()
        await reader.readexactly(28)
    finally:
        writer.close()
