"""Serving an application on a socket until the process is asked to stop."""

import asyncio
import contextlib
import signal
import socket
from collections.abc import Awaitable, Callable
from typing import Any

from granian.constants import HTTPModes, Interfaces
from granian.http import HTTP1Settings
from granian.server.embed import Server

from pileus.kernel.clock import Clock


def why_not(address: str, port: int) -> str:
    """Why nothing can listen there; empty if it can.  Asked before a cloud is built that nobody could reach."""
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as trial:
        trial.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            trial.bind((address, port))
        except OSError as error:
            return f"Cannot listen on {address}:{port}: {(error.strerror or str(error)).lower()}."
    return ""


async def serve(
    application: Any, address: str, port: int, started: Callable[[], Awaitable[None]], clock: Clock
) -> None:
    """Serve until SIGTERM or SIGINT.

    Args:
        started: awaited once the port answers.
    """
    server = Server(
        application,
        address=address,
        port=port,
        interface=Interfaces.ASGI,
        http=HTTPModes.http1,
        http1_settings=HTTP1Settings(header_read_timeout=30_000, max_buffer_size=1 << 20),
        backlog=1024,
        log_enabled=False,
        runtime_threads=1,
    )
    loop = asyncio.get_running_loop()
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    serving = loop.create_task(server.serve())
    stopping = loop.create_task(stop.wait())
    await _until_open(address, port, clock, serving)
    await started()
    await asyncio.wait({serving, stopping}, return_when=asyncio.FIRST_COMPLETED)
    stopping.cancel()
    server.stop()  # type: ignore[no-untyped-call]  # granian's has no annotation
    with contextlib.suppress(asyncio.CancelledError):
        await serving


async def _until_open(address: str, port: int, clock: Clock, serving: asyncio.Task[None]) -> None:
    host = "127.0.0.1" if address in {"0.0.0.0", "::"} else address  # noqa: S104 - compared, not bound
    while not serving.done():
        with contextlib.suppress(OSError):
            _reader, writer = await asyncio.open_connection(host, port)
            writer.close()
            return
        await clock.sleep(0.01)
    await serving
