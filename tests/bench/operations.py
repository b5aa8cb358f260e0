"""What is measured of the APIs: each function gives the rows of one kind of operation."""

import asyncio
import itertools
import os
import time
from collections.abc import AsyncIterator, Callable
from functools import partial
from typing import Any

from tests.bench.load import BLOCK, Client, pump
from tests.bench.rows import Row, measured, row_of
from tests.bench.subject import Process

RUN = itertools.count(1)


class Bench:
    """Measures one running cloud.

    Args:
        scale: how many operations, as a share of the usual number.
    """

    def __init__(self, client: Client, process: Process, scale: float = 1.0) -> None:
        self.client = client
        self.process = process
        self._scale = scale
        self.flavor = self.image = ""

    def _count(self, usual: int) -> int:
        return max(16, int(usual * self._scale))

    async def prepare(self) -> None:
        """The flavor and the image that servers are made with, and enough of both for the lists."""
        call = self.client.call
        size = {"ram": 64, "vcpus": 1, "disk": 1}
        for number in range(16):
            made = await call("POST", "compute:/flavors", {"flavor": {"name": f"bench-{number}", **size}})
            self.flavor = made["flavor"]["id"]
        for number in range(20):
            self.image = await self._image(f"bench-{number}")
        await self._upload(self.image, [os.urandom(BLOCK)])

    async def _image(self, name: str) -> str:
        body = {"name": name, "disk_format": "raw", "container_format": "bare"}
        return str((await self.client.call("POST", "image:/v2/images", body))["id"])

    async def _upload(self, image: str, blocks: list[bytes]) -> None:
        head = self.client.encode(
            "PUT",
            f"image:/v2/images/{image}/file",
            content_type="application/octet-stream",
            content_length=str(sum(map(len, blocks))),
        )
        await self.client.send(head, blocks=blocks)

    async def _same(self, name: str, request: bytes, *sizes: tuple[int, int]) -> AsyncIterator[Row]:
        """The same request again and again."""
        await pump(16, 4, lambda _: self.client.send(request))
        for usual, workers in sizes:
            count = self._count(usual)
            yield await measured(self.process, name, count, workers, lambda _: self.client.send(request))

    async def tokens(self) -> AsyncIterator[Row]:
        """Issue by password and by token, validate."""
        client = self.client
        request = client.issue(client.by_password)
        yield await measured(self.process, "token-issue", 8, 1, lambda _: client.send(request))
        request = client.issue({"methods": ["token"], "token": {"id": client.token}})
        async for row in self._same("token-issue-by-token", request, (600, 1), (3000, 16)):
            yield row
        request = client.encode("GET", client.identity + "/auth/tokens", x_subject_token=client.token)
        async for row in self._same("token-validate", request, (1000, 1), (5000, 16)):
            yield row

    async def lists(self) -> AsyncIterator[Row]:
        """Flavors and images."""
        for name, path in (("flavor-list", "compute:/flavors/detail"), ("image-list", "image:/v2/images?limit=100")):
            async for row in self._same(name, self.client.encode("GET", path), (300, 1), (1500, 16)):
                yield row
        for number in range(1000):
            await self.client.call("POST", "image:/v2/images", {"name": f"bench-listed-{number}"})
        request = self.client.encode("GET", "image:/v2/images?limit=1000&status=queued")
        async for row in self._same("image-list of 1,000", request, (20, 1), (40, 16)):
            yield row
        while found := (await self.client.call("GET", "image:/v2/images?limit=1000&status=queued"))["images"]:
            for image in found:
                await self.client.call("DELETE", f"image:/v2/images/{image['id']}")

    async def _network(self, cidr: str) -> str:
        network = (await self.client.call("POST", "network:/v2.0/networks", {"network": {"name": "bench"}}))["network"]
        subnet = {"network_id": network["id"], "cidr": cidr, "ip_version": 4, "enable_dhcp": False}
        await self.client.call("POST", "network:/v2.0/subnets", {"subnet": subnet})
        return str(network["id"])

    async def networks(self) -> AsyncIterator[Row]:
        """A network with subnet and port, made and deleted again: six requests."""
        call = self.client.call

        async def cycle(_: int) -> None:
            network = (await call("POST", "network:/v2.0/networks", {"network": {"name": "bench"}}))["network"]["id"]
            body = {"network_id": network, "cidr": "10.1.0.0/24", "ip_version": 4, "enable_dhcp": False}
            subnet = (await call("POST", "network:/v2.0/subnets", {"subnet": body}))["subnet"]["id"]
            port = (await call("POST", "network:/v2.0/ports", {"port": {"network_id": network}}))["port"]["id"]
            await call("DELETE", f"network:/v2.0/ports/{port}")
            await call("DELETE", f"network:/v2.0/subnets/{subnet}")
            await call("DELETE", f"network:/v2.0/networks/{network}")

        for usual, workers in ((20, 1), (100, 16)):
            yield await measured(self.process, "network-create", self._count(usual), workers, cycle)

    async def ports(self) -> AsyncIterator[Row]:
        """Ports on one network; then their deletion."""
        network = await self._network("10.8.0.0/16")
        for usual, workers in ((100, 1), (400, 16)):
            made: list[str] = []

            async def create(_: int, made: list[str] = made) -> None:
                body = {"port": {"network_id": network, "name": "bench"}}
                made.append((await self.client.call("POST", "network:/v2.0/ports", body))["port"]["id"])

            yield await measured(self.process, "port-create", self._count(usual), workers, create)

            async def delete(number: int, made: list[str] = made) -> None:
                await self.client.call("DELETE", f"network:/v2.0/ports/{made[number]}")

            yield await measured(self.process, "port-delete", len(made), workers, delete)
        await self.client.call("DELETE", f"network:/v2.0/networks/{network}")

    async def servers(self) -> AsyncIterator[Row]:
        """Servers until they are ACTIVE, without a network and on one; then their deletion."""
        network = await self._network("10.9.0.0/16")
        for networks, usual, workers in (("none", 30, 1), ("none", 200, 16), ([{"uuid": network}], 100, 16)):
            kind = "" if networks == "none" else "-on-network"
            count = self._count(usual)
            name = f"bench{next(RUN)}-"
            cpu, begun = self.process.cpu(), time.perf_counter()
            sent, seen = {}, asyncio.create_task(self._watch(name, count))

            async def create(number: int, name: str = name, networks: Any = networks, sent: Any = sent) -> None:
                at = time.perf_counter()
                made = await self._boot(f"{name}{number}", networks)
                sent[made] = at

            sample = await pump(count, workers, create)
            active = await seen
            whole = (max(active.values()) - begun) if active else 0.0
            waits = sorted(active[server] - at for server, at in sent.items() if server in active)
            yield row_of(
                f"server-create{kind}",
                count,
                workers,
                sample,
                self.process.cpu() - cpu,
                active=len(active),
                active_s=round(len(active) / whole, 2) if whole else 0.0,
                active_p50_ms=round(waits[len(waits) // 2] * 1000, 1) if waits else 0.0,
                active_p95_ms=round(waits[int(len(waits) * 0.95)] * 1000, 1) if waits else 0.0,
            )
            yield await self._deleted(f"server-delete{kind}", list(sent), name, workers)
        await self.client.call("DELETE", f"network:/v2.0/networks/{network}")

    async def _boot(self, name: str, networks: Any, count: int = 1) -> str:
        server = {"name": name, "flavorRef": self.flavor, "imageRef": self.image, "networks": networks}
        many = {"min_count": count, "max_count": count} if count > 1 else {}
        return str((await self.client.call("POST", "compute:/servers", {"server": {**server, **many}}))["server"]["id"])

    async def _watch(self, name: str, count: int, patience: float = 120.0) -> dict[str, float]:
        """When each server of a name was first seen ACTIVE, asked five times a second."""
        when: dict[str, float] = {}
        end, changed = time.perf_counter() + patience, ""
        while len(when) < count and time.perf_counter() < end:
            await asyncio.sleep(0.2)
            asked = time.gmtime(time.time() - 2)
            path = f"compute:/servers?limit=1000&name={name}&status=ACTIVE{changed}"
            for server in (await self.client.call("GET", path))["servers"]:
                when.setdefault(server["id"], time.perf_counter())
            changed = "&changes-since=" + time.strftime("%Y-%m-%dT%H:%M:%SZ", asked)
        return when

    async def _deleted(self, row: str, servers: list[str], name: str, workers: int) -> Row:
        """Delete servers and wait until they are gone; the processor time is that of both."""
        cpu = self.process.cpu()
        sample = await pump(
            len(servers), workers, lambda number: self.client.call("DELETE", f"compute:/servers/{servers[number]}")
        )
        while (await self.client.call("GET", f"compute:/servers?limit=1&name={name}"))["servers"]:
            await asyncio.sleep(0.2)
        return row_of(row, len(servers), workers, sample, self.process.cpu() - cpu)

    async def thousand(self) -> AsyncIterator[Row]:
        """A thousand servers: all in one list in detail, and single ones."""
        for number in range(20):
            await self._boot(f"keep-{number}", "none", 50)
        await self._watch("keep-", 1000, 300.0)
        listed = (await self.client.call("GET", "compute:/servers?limit=1000&name=keep-"))["servers"]
        request = self.client.encode("GET", "compute:/servers/detail?limit=1000")
        await self.client.send(request)
        for count, workers in ((10, 1), (32, 16)):
            row = await measured(self.process, "server-list", count, workers, lambda _: self.client.send(request))
            yield {**row, "items": len(listed)}
        shown = [self.client.encode("GET", f"compute:/servers/{server['id']}") for server in listed]
        pick: Callable[[int], bytes] = lambda number: shown[number * 7 % len(shown)]  # noqa: E731
        await pump(50, 4, lambda number: self.client.send(pick(number)))
        for usual, workers in ((400, 1), (2000, 16)):
            count = self._count(usual)
            yield await measured(
                self.process, "server-show", count, workers, lambda number: self.client.send(pick(number))
            )

    async def files(self) -> AsyncIterator[Row]:
        """An image's data up and down: the rates are MB (10^6 bytes) a second."""
        block = os.urandom(BLOCK)
        for size, count, workers in ((512, 1, 1), (128, 4, 4)):
            images = [await self._image("bench-file") for _ in range(count)]
            total = count * size * BLOCK / 1e6
            cpu = self.process.cpu()
            blocks = [block] * size
            sample = await pump(count, workers, partial(self._nth_upload, images, blocks))
            up = self.process.cpu() - cpu
            yield row_of(f"image-upload {size} MiB", count, workers, sample, up, mb_s=round(total / sample.wall, 1))
            cpu = self.process.cpu()
            sample = await pump(count, workers, partial(self._nth_download, images))
            down = self.process.cpu() - cpu
            yield row_of(f"image-download {size} MiB", count, workers, sample, down, mb_s=round(total / sample.wall, 1))
            for image in images:
                await self.client.call("DELETE", f"image:/v2/images/{image}")

    async def _nth_upload(self, images: list[str], blocks: list[bytes], number: int) -> None:
        await self._upload(images[number], blocks)

    async def _nth_download(self, images: list[str], number: int) -> None:
        request = self.client.encode("GET", f"image:/v2/images/{images[number]}/file")
        await self.client.send(request, counting=True)
