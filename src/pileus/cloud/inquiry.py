"""Questions of the command line to the running cloud, over a UNIX socket that only its owner can open.

One line of JSON each way: {"ask": "status"} and its answer.
"""

import asyncio
import socket
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import msgspec

from pileus.cloud.folder import StateFolder

Answer = Callable[[dict[str, Any]], Awaitable[Any]]
"""Answers one question with JSON values."""


class NoAnswer(Exception):
    """The cloud is up but does not answer; the message says why."""


async def serve(folder: StateFolder, answers: dict[str, Answer]) -> asyncio.Server:
    """Answer questions until the server is closed."""

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            question = msgspec.json.decode(await reader.readline(), type=dict[str, Any])
            reply = {"answer": await answers[question["ask"]](question)}
        except Exception as error:
            reply = {"error": f"{type(error).__name__}: {error}"}
        writer.write(msgspec.json.encode(reply) + b"\n")
        await writer.drain()
        writer.close()

    place = _place(folder)
    place.unlink(missing_ok=True)
    place.parent.mkdir(parents=True, exist_ok=True)
    server = await asyncio.start_unix_server(answer, str(place))
    place.chmod(0o600)
    return server


def ask(folder: StateFolder, what: str, **more: Any) -> Any:
    """The running cloud's answer.  Blocks.

    Raises:
        NoAnswer: there is none.
    """
    with socket.socket(socket.AF_UNIX) as line:
        line.settimeout(120)
        try:
            line.connect(str(_place(folder)))
            line.sendall(msgspec.json.encode({"ask": what, **more}) + b"\n")
            data = b""
            while chunk := line.recv(1 << 16):
                data += chunk
        except OSError as error:
            raise NoAnswer(str(error)) from error
    reply = msgspec.json.decode(data)
    if "error" in reply:
        raise NoAnswer(reply["error"])
    return reply["answer"]


def _place(folder: StateFolder) -> Path:
    return folder.run / "control.sock"
