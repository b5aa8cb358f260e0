"""One source of events, many listeners, none of which can slow the source or lose events unknowingly."""

import asyncio
from collections import deque
from typing import Self

from pileus.host.hypervisor.status import Event, EventKind


class EventStream:
    """What one listener hears: an async iterator that ends when it, or the driver, is closed.

    Holds at most `limit` events. When the listener is slower than that, all of them
    are replaced by one `MISSED`.
    """

    def __init__(self, hub: "EventHub", limit: int) -> None:
        self._hub = hub
        self._limit = limit
        self._waiting: deque[Event] = deque()
        self._wake = asyncio.Event()
        self._closed = False

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> Event:
        while not self._waiting:
            if self._closed:
                raise StopAsyncIteration
            self._wake.clear()
            await self._wake.wait()
        return self._waiting.popleft()

    def close(self) -> None:
        """End the stream; events already held are still given out."""
        self._closed = True
        self._hub.forget(self)
        self._wake.set()

    def put(self, event: Event) -> None:
        """Called by the hub only, on the event loop."""
        if len(self._waiting) >= self._limit:
            self._waiting.clear()
            event = Event("", EventKind.MISSED, "slow listener")
        self._waiting.append(event)
        self._wake.set()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        self.close()


class EventHub:
    """The sending end. All methods are called on the event loop; costs nothing while nobody listens."""

    def __init__(self) -> None:
        self._streams: set[EventStream] = set()

    def listen(self, limit: int = 1000) -> EventStream:
        """Open a stream of everything that is published from now on."""
        stream = EventStream(self, limit)
        self._streams.add(stream)
        return stream

    def forget(self, stream: EventStream) -> None:
        """Called by the stream when it is closed."""
        self._streams.discard(stream)

    def publish(self, event: Event) -> None:
        """Give an event to every listener."""
        for stream in tuple(self._streams):
            stream.put(event)

    def close(self) -> None:
        """End every stream."""
        for stream in tuple(self._streams):
            stream.close()
