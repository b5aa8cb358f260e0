"""The metadata server against guests that behave and guests that do not."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator

import pytest

from pileus.host.chassis.http import Limits, MetadataServer
from pileus.host.chassis.source import MetadataRequest, MetadataResponse, mac_of_link_local


class Recorder:
    """Answers with the path and remembers who asked what."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, str, MetadataRequest]] = []
        self.wait = asyncio.Event()

    async def answer(self, network_id: str, source_ip: str, request: MetadataRequest) -> MetadataResponse:
        self.asked.append((network_id, source_ip, request))
        if request.target == "/hang":
            await self.wait.wait()
        if request.target == "/break":
            raise RuntimeError("no")
        return MetadataResponse(200, request.target.encode() + request.body)


class Served:
    def __init__(self, source: Recorder, server: MetadataServer, port: int) -> None:
        self.source, self.server, self.port = source, server, port

    async def say(self, raw: bytes, end: bool = True) -> bytes:
        reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
        try:
            writer.write(raw)
            if end:
                writer.write_eof()
            return await asyncio.wait_for(reader.read(), 5)
        finally:
            writer.close()

    async def status(self, raw: bytes) -> int:
        return int((await self.say(raw)).split()[1])


@pytest.fixture
async def served() -> AsyncIterator[Served]:
    source = Recorder()
    limits = Limits(head=2000, body=100, headers=8, per_guest=3, patience=0.5, answer=0.5)
    server = MetadataServer(source, limits)
    listener = socket.create_server(("127.0.0.1", 0))
    await server.serve("net", [listener])
    yield Served(source, server, listener.getsockname()[1])
    await server.stop("net")


async def test_identity_is_the_connection_and_never_a_header(served: Served) -> None:
    told = b"".join(
        f"{name}: evil\r\n".encode()
        for name in (
            "X-Forwarded-For",
            "X-Instance-ID",
            "X_Tenant_ID",
            "Forwarded",
            "x-ovn-network-id",
            "Cookie",
        )
    )
    answer = await served.say(b"GET /a HTTP/1.1\r\n" + told + b"X-AWS-EC2-metadata-token: t\r\nHost: h\r\n\r\n")
    assert answer.startswith(b"HTTP/1.1 200 OK\r\n")
    [(network, source_ip, request)] = served.source.asked
    assert (network, source_ip) == ("net", "127.0.0.1")
    assert request.headers == {"x-aws-ec2-metadata-token": "t", "host": "h"}


async def test_connection_is_kept_and_bodies_are_passed_on(served: Served) -> None:
    answer = await served.say(
        b"POST /one HTTP/1.1\r\nContent-Length: 3\r\n\r\nabcHEAD /two HTTP/1.1\r\n\r\nGET /three HTTP/1.0\r\n\r\n"
    )
    assert answer.count(b"HTTP/1.1 200") == 3
    assert b"/oneabc" in answer
    assert answer.endswith(b"Connection: close\r\n\r\n/three")


@pytest.mark.parametrize(
    ("raw", "status"),
    [
        (b"nonsense\r\n\r\n", 400),
        (b"GET http://elsewhere/ HTTP/1.1\r\n\r\n", 400),
        (b"DELETE / HTTP/1.1\r\n\r\n", 405),
        (b"GET / HTTP/1.1\r\nno colon\r\n\r\n", 400),
        (b"GET / HTTP/1.1\r\nName : space\r\n\r\n", 400),
        (b"GET / HTTP/1.1\r\n" + b"A: b\r\n" * 9 + b"\r\n", 431),
        (b"GET / HTTP/1.1\r\nA: " + b"b" * 4000 + b"\r\n\r\n", 431),
        (b"POST / HTTP/1.1\r\nContent-Length: 101\r\n\r\n", 413),
        (b"POST / HTTP/1.1\r\nContent-Length: -1\r\n\r\n", 400),
        (b"POST / HTTP/1.1\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n", 400),
        (b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n", 411),
        (b"GET /break HTTP/1.1\r\n\r\n", 500),
        (b"GET /hang HTTP/1.1\r\n\r\n", 504),
    ],
)
async def test_bad_requests(served: Served, raw: bytes, status: int) -> None:
    assert await served.status(raw) == status
    assert await served.status(b"GET /fine HTTP/1.1\r\n\r\n") == 200


async def test_slow_guests_are_dropped_and_greedy_ones_refused(served: Served) -> None:
    assert await served.say(b"GET /slow HTT", end=False) == b""
    idle = [await asyncio.open_connection("127.0.0.1", served.port) for _ in range(3)]
    await asyncio.sleep(0.05)
    assert await served.status(b"GET / HTTP/1.1\r\n\r\n") == 503
    for _, writer in idle:
        writer.close()
    await asyncio.sleep(0.05)
    assert await served.status(b"GET / HTTP/1.1\r\n\r\n") == 200


async def test_stopping_ends_open_connections(served: Served) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", served.port)
    await asyncio.sleep(0.05)
    await served.server.stop("net")
    assert await asyncio.wait_for(reader.read(), 2) == b""
    writer.close()
    with pytest.raises(OSError, match="Connect call failed"):
        await asyncio.open_connection("127.0.0.1", served.port)


def test_mac_of_link_local() -> None:
    assert mac_of_link_local("fe80::f816:3eff:fe00:3d") == "fa:16:3e:00:00:3d"
    assert mac_of_link_local("fe80::1") is None
    assert mac_of_link_local("10.0.0.1") is None
