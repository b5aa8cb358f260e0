"""A web server with files for tests, and what they ask of images."""

import asyncio
import contextlib

OCTETS = {"Content-Type": "application/octet-stream"}


async def made(api, **body):
    """A new image without data."""
    answer = await api.post("/image/v2/images", json={"disk_format": "raw", "container_format": "bare", **body})
    assert answer.status_code == 201, answer.text
    return answer.json()


async def image_of(api, image):
    """An image as it is shown now."""
    return (await api.get(f"/image/v2/images/{image}")).json()


class Web:
    """Serves bytes at 127.0.0.1, badly where it is told to.

    Attributes:
        asked: set once anybody asked for anything.
        requests: (method, path, headers) of each request.
    """

    def __init__(self):
        self.asked = asyncio.Event()
        self.requests = []
        self._files = {}

    async def __aenter__(self):
        self._server = await asyncio.start_server(self._answer, "127.0.0.1", 0)
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(self, *_):
        self._server.close()

    def url(self, path, host="127.0.0.1"):
        return f"http://{host}:{self.port}{path}"

    def serve(self, path, data, *, promised=None, endless=False, slow=False, redirect=None):
        self._files[path] = (data, promised, endless, slow, redirect)
        return self.url(path)

    async def _answer(self, reader, writer):
        with contextlib.suppress(ConnectionError, asyncio.IncompleteReadError):
            head = (await reader.readuntil(b"\r\n\r\n")).decode()
            line, *rest = head.split("\r\n")
            method, path, _ = line.split(" ")
            headers = dict(entry.lower().split(": ", 1) for entry in rest if entry)
            self.requests.append((method, path, headers))
            self.asked.set()
            await self._send(writer, method, path, headers)
        writer.close()

    async def _send(self, writer, method, path, headers):
        if path not in self._files:
            writer.write(b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n")
            return
        data, promised, endless, slow, redirect = self._files[path]
        if redirect:
            writer.write(f"HTTP/1.1 302 Found\r\nLocation: {redirect}\r\nContent-Length: 0\r\n\r\n".encode())
            return
        status = "200 OK"
        if "range" in headers:
            first, _, last = headers["range"].removeprefix("bytes=").partition("-")
            data, status = data[int(first) : int(last) + 1 if last else None], "206 Partial Content"
        length = "" if endless else f"Content-Length: {len(data) if promised is None else promised}\r\n"
        writer.write(f"HTTP/1.1 {status}\r\n{length}\r\n".encode())
        if method == "HEAD":
            return
        writer.write(data)
        while endless:
            writer.write(data)
            await writer.drain()
            if slow:
                await asyncio.sleep(0.05)
        await writer.drain()
