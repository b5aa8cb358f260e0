"""The serving process: from settings to a cloud that answers, until it is asked to stop."""

import asyncio
import base64
import socket
from collections.abc import Callable
from typing import Protocol
from urllib.parse import urlsplit

import msgspec
import uvloop
from starlette.requests import Request

from pileus.cloud import credentials, inquiry, networks, serving
from pileus.cloud.assembly import Cloud
from pileus.cloud.client import ApiClient
from pileus.cloud.folder import StateFolder
from pileus.cloud.foundation.parts import make_parts, open_store
from pileus.cloud.ground.machine import settings_of
from pileus.cloud.ground.protocol import Ground
from pileus.cloud.log_keeping import LogKeeping
from pileus.cloud.overview import Overview
from pileus.cloud.settings import CloudSettings
from pileus.cloud.workers.keeper import Keeper, Listener
from pileus.kernel import log
from pileus.kernel.api.call import Answer
from pileus.kernel.api.openapi import document
from pileus.kernel.api.versions import number
from pileus.kernel.ids import Ids
from pileus.kernel.operations.retention import Retention
from pileus.kernel.peers.memory import MemoryTransport
from pileus.kernel.serving.cors import CrossOrigin
from pileus.kernel.serving.server import Application
from pileus.kernel.settings import InvalidSettings
from pileus.kernel.store import StoreError
from pileus.kernel.world import World

LOG = log.get("cloud")
OBJECT_PORT = 8080
"""Where a real cloud serves objects unless told otherwise, as Swift's proxy does."""


class Progress(Protocol):
    """Tells people what happens."""

    def line(self, text: str) -> None:
        """Tell one line."""
        ...


def run(folder: StateFolder, listen: str, *, simulated: bool, report: Progress, ready: Callable[[], None]) -> int:
    """Serve the cloud of a folder until SIGTERM; the exit status.

    Args:
        listen: address:port; empty takes the settings'.
        ready: called once every API answers.
    """
    try:
        settings = settings_of(folder)
        address, port = parse_listen(listen or settings.listen)
    except (InvalidSettings, ValueError) as error:
        report.line(str(error))
        return 1
    log.configure(json_lines=settings.log.json, level=settings.log.level)
    serve = Serving(folder, settings, address, port, simulated=simulated)
    try:
        uvloop.run(serve.run(report, ready))
    except StartFailed as error:
        report.line(str(error))
        return 1
    finally:
        folder.release()
    return 0


class StartFailed(Exception):
    """The cloud could not be brought up; the message is for its user."""


def parse_listen(text: str) -> tuple[str, int]:
    """The address and port of "address:port".

    Raises:
        ValueError: it is not of that form.
    """
    address, colon, port = text.rpartition(":")
    if not colon or not port.isdecimal() or not 0 < int(port) < 65536:
        raise ValueError(f"--listen takes ADDRESS:PORT, not {text!r}")
    return address.strip("[]") or "0.0.0.0", int(port)  # noqa: S104 - what a user asks for by leaving it out


class Serving:
    """One life of the serving process."""

    def __init__(
        self, folder: StateFolder, settings: CloudSettings, address: str, port: int, *, simulated: bool
    ) -> None:
        self._folder = folder
        self._settings = settings
        self._address, self._port = address, port
        self._simulated = simulated
        self._world = World()
        self._cloud: Cloud

    @property
    def url(self) -> str:
        """The address in the catalog."""
        if self._settings.public_url:
            return self._settings.public_url.rstrip("/")
        return address_of(self._address, self._port)

    def _keeper(self, report: Progress) -> Keeper | None:
        """What keeps the processes that serve objects, if there are to be any; its port is taken.

        Raises:
            StartFailed: the settings ask for a port that another program has.
        """
        wanted = self._settings.object_store.listener
        if wanted.at == "" if wanted is not None else self._simulated:
            return None
        try:
            address, port = parse_listen(wanted.at) if wanted is not None else (self._address, OBJECT_PORT)
        except ValueError:
            raise StartFailed(f"object_store.listener.at takes ADDRESS:PORT, not {wanted and wanted.at!r}") from None
        public = urlsplit(self._settings.public_url)
        url = f"{public.scheme}://{_bracketed(public.hostname or '')}:{port}" if public.hostname else ""
        listener = Listener(address, port, url or address_of(address, port), f"{self.url}/identity")
        log_file = self._folder.log.with_name("objects.log")
        count = wanted.workers if wanted is not None else 1
        keeper = Keeper(self._folder.root, log_file, listener, count, self._world.clock)
        try:
            keeper.reserve()
        except OSError as error:
            why = f"Objects cannot be served at {address}:{port}: {(error.strerror or str(error)).lower()}."
            if wanted is not None:
                raise StartFailed(why) from None
            report.line(f"{why} They are served with everything else; object_store.listener chooses another port.")
            return None
        return keeper

    async def run(self, report: Progress, ready: Callable[[], None]) -> None:
        """Bring the cloud up, serve, take it down.

        Raises:
            StartFailed: it did not come up.
        """
        refused = await asyncio.to_thread(serving.why_not, self._address, self._port)
        if refused:
            raise StartFailed(f"{refused} Choose another address with --listen ADDRESS:PORT.")
        self._folder.take()
        transport = MemoryTransport()
        store = open_store(self._settings, self._folder, simulated=self._simulated)
        ground = self._ground(transport)
        try:
            await ground.prepare(report.line)
        except Exception as error:
            LOG.exception("ground", error=str(error))
            raise StartFailed(f"This machine cannot carry the cloud: {error}") from error
        try:
            await store.start()
        except StoreError as error:
            raise StartFailed(f"The cloud's database cannot be used: {error}") from error
        node = ground.hosts[0] if ground.hosts else "node"
        parts = make_parts(self._settings, self._folder, store, self._world, transport, node)
        self._cloud = cloud = Cloud(parts, self._settings, ground)
        parts.loops.add(Retention(store, self._world), LogKeeping(self._folder.log.parent))
        passwords = self._passwords()
        keeper = self._keeper(report)
        await cloud.start(
            url=self.url,
            admin_password=passwords["admin"],
            demo_password=passwords["demo"],
            places=_places(cloud, keeper),
        )
        overview = Overview(cloud, keeper)
        inquiries = await inquiry.serve(self._folder, overview.answers())
        application = Application(
            cloud.services,
            store,
            self._world,
            cloud.identity,
            plain={"": self._root, "metrics": overview.metrics, "openapi": self._openapi},
            public_url=self._settings.public_url,
        )

        async def started() -> None:
            await self._started(keeper, report)
            ready()

        try:
            origins = self._settings.allowed_origins
            edge = CrossOrigin(application, origins) if origins else application
            await serving.serve(edge, self._address, self._port, started, self._world.clock)
        finally:
            inquiries.close()
            if keeper is not None:
                await keeper.stop()
            await cloud.stop()

    async def _started(self, keeper: Keeper | None, report: Progress) -> None:
        """What is left to do once the port answers."""
        if keeper is not None:
            await keeper.start()
            report.line(f"objects are served at {keeper.listener.url}")
        try:
            await asyncio.to_thread(self._first_networks)
        except Exception as error:
            LOG.exception("first networks", error=str(error))
            report.line(f"The first networks could not be made: {error}")

    def _ground(self, transport: MemoryTransport) -> Ground:
        if self._simulated:
            from pileus.cloud.ground.simulated import SimulatedGround

            return SimulatedGround(self._settings.simulated, self._folder, self._world, transport)
        from pileus.cloud.ground.real import RealGround

        return RealGround(self._settings.machine, self._folder)

    def _passwords(self) -> dict[str, str]:
        passwords = credentials.read(self._folder)
        for user in ("admin", "demo"):
            passwords.setdefault(user, secret_word(self._world.ids))
        auth_url = f"{self.url}/identity/v3"
        credentials.write(self._folder, auth_url=auth_url, region=self._settings.region, passwords=passwords)
        return passwords

    def _first_networks(self) -> None:
        """Make them in the folder's first life; two logins by password, a third of a start, are saved in later ones."""
        if self._folder.furnished.exists():
            return
        admin = ApiClient(self._folder.clouds, credentials.ADMIN)
        demo = ApiClient(self._folder.clouds, credentials.DEMO)
        admin.login()
        demo.login()
        networks.ensure(admin, demo, self._settings.machine.external_address)
        self._folder.furnished.touch()

    async def _root(self, request: Request) -> Answer:
        documents = {service.type: f"{self.url}{service.prefix}/" for service in self._cloud.services}
        return Answer(200, {"Content-Type": "application/json"}, msgspec.json.encode({"services": documents}))

    async def _openapi(self, request: Request) -> Answer:
        """`/openapi/` lists the documents; `/openapi/compute/2.90` is one, without a version the newest."""
        parts = [part for part in request.url.path.split("/")[2:] if part]
        services = {service.type: service for service in self._cloud.services}
        headers = {"Content-Type": "application/json"}
        if not parts:
            listed = {name: f"{self.url}/openapi/{name}" for name in services}
            return Answer(200, headers, msgspec.json.encode(listed))
        service = services.get(parts[0])
        try:
            wanted = number(parts[1]) if len(parts) > 1 else service.history.maximum if service else 0
        except ValueError:
            service = None
        if service is None or not service.history.minimum <= wanted <= service.history.maximum:
            return Answer(404, headers, b'{"error": "there is no such document"}')
        shown = document(service, wanted, f"{self.url}{service.prefix}")
        return Answer(200, headers, msgspec.json.encode(shown))


def _places(cloud: Cloud, keeper: Keeper | None) -> dict[str, str]:
    """By type, where a service is that has a listener of its own."""
    return {service.type: keeper.listener.url for service in cloud.object_store.services} if keeper else {}


def address_of(address: str, port: int) -> str:
    """What the address of a listener looks like from outside."""
    everywhere = {"0.0.0.0", "::"}  # noqa: S104 - compared, not bound
    return f"http://{_bracketed(own_address() if address in everywhere else address)}:{port}"


def _bracketed(host: str) -> str:
    return f"[{host}]" if ":" in host else host


def own_address() -> str:
    """The address that this machine has towards others; the loopback address if it has none."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect(("192.0.2.1", 9))  # chooses a route and sends nothing; the address is for documentation
        except OSError:
            return "127.0.0.1"
        return str(probe.getsockname()[0])


def secret_word(ids: Ids) -> str:
    """A password of 120 bits that survives being typed into shells and URLs."""
    return base64.b32encode(ids.secret(15)).decode().lower()
