"""One connection to libvirtd, kept alive, opened again whenever it is lost.

Who runs where: calls run in a small pool of threads of ours; libvirt's own event loop runs in one thread for
the whole process and hands what it hears to our event loop; opening happens in the pool as well. The state of
this object (`_connection`, `_opening`) is touched on our event loop only.
"""

import asyncio
import functools
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

import libvirt

from pileus.host.hypervisor.errors import HypervisorUnavailable
from pileus.host.hypervisor.libvirt.translate import is_lost, translate
from pileus.kernel.clock import Clock

T = TypeVar("T")

KEEPALIVE_INTERVAL = 5
"""Seconds between questions to a silent libvirtd."""
KEEPALIVE_COUNT = 4
"""Unanswered questions after which the connection counts as lost."""
RETRY_SECONDS = (0.1, 0.2, 0.5, 1.0, 2.0)
"""Pauses between attempts to connect; the last one repeats."""
THREADS = 8
"""Calls at once: libvirtd serves as many clients' requests side by side, and more would only queue there."""

LifecycleListener = Callable[[str, int, int], None]
"""Called on our event loop with (domain's UUID, libvirt's event, detail)."""
DeviceListener = Callable[[str], None]
"""Called on our event loop with a domain's UUID when one of its devices went, or would not go."""


@functools.cache
def _run_libvirt_events() -> threading.Thread:
    """Start libvirt's event loop, at most once: by libvirt's own design it belongs to the process."""
    libvirt.virEventRegisterDefaultImpl()
    # Without a handler of ours libvirt prints every error to stderr; we raise them instead.
    libvirt.registerErrorHandler(lambda _context, _error: None, None)

    def run() -> None:
        while True:
            libvirt.virEventRunDefaultImpl()

    thread = threading.Thread(target=run, name="libvirt-events", daemon=True)
    thread.start()
    return thread


class Connection:
    """Runs repeatable functions on a libvirt connection.

    Arguments:
        uri: libvirt's name of the hypervisor.
        patience: seconds that a call waits for a lost connection before it gives up.
        clock: measures patience.
        on_lifecycle, on_reboot, on_device: called when libvirt reports such an event.
        on_return: called after a lost connection was opened again; events may be missing.
    """

    def __init__(
        self,
        uri: str,
        *,
        patience: float,
        clock: Clock,
        on_lifecycle: LifecycleListener,
        on_reboot: DeviceListener,
        on_device: DeviceListener,
        on_return: Callable[[], None],
    ) -> None:
        self._uri = uri
        self._patience = patience
        self._clock = clock
        self._on_lifecycle = on_lifecycle
        self._on_reboot = on_reboot
        self._on_device = on_device
        self._on_return = on_return
        self._pool = ThreadPoolExecutor(THREADS, thread_name_prefix="libvirt")
        self._connection: Any = None
        self._opening: asyncio.Task[None] | None = None
        self._up = asyncio.Event()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._opened_before = False
        self._closed = False
        self._why = "never opened"

    async def call(self, function: Callable[[Any], T], server_id: str = "") -> T:
        """Run `function(connection)` in a thread.

        It must be repeatable: when the connection breaks under it, it is run again on the next one.

        Raises:
            HypervisorUnavailable: there was no connection for `patience` seconds.
            HypervisorError: what libvirt said, translated.
        """
        give_up = self._clock.monotonic() + self._patience
        while True:
            connection = await self._get(give_up)
            try:
                return await asyncio.get_running_loop().run_in_executor(self._pool, function, connection)
            except libvirt.libvirtError as error:
                if not is_lost(error) and connection.isAlive() == 1:
                    raise translate(error, server_id) from error
                self._lose(connection, str(error))

    async def close(self) -> None:
        """Close the connection and the threads. Calls that still run come to their end first."""
        self._closed = True
        if self._opening:
            self._opening.cancel()
            await asyncio.gather(self._opening, return_exceptions=True)
        connection, self._connection = self._connection, None
        self._up.clear()
        if connection is not None:
            await asyncio.to_thread(_close_quietly, connection)
        await asyncio.to_thread(self._pool.shutdown)

    async def _get(self, give_up: float) -> Any:
        while True:
            if self._closed:
                raise HypervisorUnavailable(f"the connection to {self._uri} was closed")
            if self._connection is not None:
                return self._connection
            self._reopen()
            try:
                async with asyncio.timeout(max(0.0, give_up - self._clock.monotonic())):
                    await self._up.wait()
            except TimeoutError:
                raise HypervisorUnavailable(f"libvirt does not answer at {self._uri}: {self._why}") from None

    def _lose(self, connection: Any, why: str) -> None:
        """Forget a broken connection, once, and start to look for the next one."""
        if connection is not self._connection or connection is None:
            return
        self._connection = None
        self._why = why
        self._up.clear()
        self._pool.submit(_close_quietly, connection)
        if not self._closed:
            self._reopen()

    def _reopen(self) -> None:
        if self._opening is None or self._opening.done():
            self._opening = asyncio.create_task(self._open_until_open(), name="libvirt-open")

    async def _open_until_open(self) -> None:
        """Try until it works; also without any call waiting, because events are wanted again."""
        self._loop = asyncio.get_running_loop()
        pauses = iter(RETRY_SECONDS)
        pause = 0.0
        while True:
            try:
                connection = await self._loop.run_in_executor(self._pool, self._open)
            except libvirt.libvirtError as error:
                self._why = error.get_error_message() or str(error)
                pause = next(pauses, pause)
                await self._clock.sleep(pause)
                continue
            self._connection = connection
            self._up.set()
            if self._opened_before:
                self._on_return()
            self._opened_before = True
            return

    def _open(self) -> Any:
        """Open and subscribe. Runs in a thread of the pool."""
        _run_libvirt_events()
        connection = libvirt.open(self._uri)
        try:
            if not self._uri.startswith("qemu:///embed"):
                connection.setKeepAlive(KEEPALIVE_INTERVAL, KEEPALIVE_COUNT)
                connection.registerCloseCallback(self._heard_close, None)
            register = connection.domainEventRegisterAny
            register(None, libvirt.VIR_DOMAIN_EVENT_ID_LIFECYCLE, self._heard_lifecycle, None)
            register(None, libvirt.VIR_DOMAIN_EVENT_ID_REBOOT, self._heard_reboot, None)
            register(None, libvirt.VIR_DOMAIN_EVENT_ID_DEVICE_REMOVED, self._heard_device, None)
            register(None, libvirt.VIR_DOMAIN_EVENT_ID_DEVICE_REMOVAL_FAILED, self._heard_device, None)
        except libvirt.libvirtError:
            _close_quietly(connection)
            raise
        return connection

    # ---- called by libvirt, in its event thread

    def _tell(self, listener: Callable[..., None], *arguments: object) -> None:
        if self._loop is not None and not self._closed and not self._loop.is_closed():
            self._loop.call_soon_threadsafe(listener, *arguments)

    def _heard_close(self, connection: Any, reason: int, _opaque: object) -> None:
        self._tell(self._lose, connection, f"connection closed (reason {reason})")

    def _heard_lifecycle(self, _connection: Any, domain: Any, event: int, detail: int, _opaque: object) -> None:
        self._tell(self._on_lifecycle, domain.UUIDString(), event, detail)

    def _heard_reboot(self, _connection: Any, domain: Any, _opaque: object) -> None:
        self._tell(self._on_reboot, domain.UUIDString())

    def _heard_device(self, _connection: Any, domain: Any, _device: str, _opaque: object) -> None:
        self._tell(self._on_device, domain.UUIDString())


def _close_quietly(connection: Any) -> None:
    """Close; a connection that is already dead may complain."""
    try:
        connection.close()
    except libvirt.libvirtError:
        return
