"""Wake-ups: who waits for a topic runs again soon after somebody woke it.

A wake-up carries no data and may be lost: whoever is woken reads the truth from the database (DESIGN, idea 2 and 3).
"""

import asyncio
from collections import defaultdict

from pileus.kernel.clock import Clock


class Signals:
    """Wake-ups by topic within this process."""

    def __init__(self) -> None:
        self._waiters: dict[str, set[asyncio.Event]] = defaultdict(set)

    def wake(self, topic: str) -> None:
        """Wake everything that waits for the topic; cheap and safe to repeat."""
        for event in self._waiters.get(topic, ()):
            event.set()

    def listen(self, *topics: str) -> "Listener":
        """A listener that is woken by any of the topics from now on."""
        return Listener(self, topics)

    def attach(self, topic: str, event: asyncio.Event) -> None:
        """Set the event whenever the topic is woken."""
        self._waiters[topic].add(event)

    def detach(self, topic: str, event: asyncio.Event) -> None:
        """Stop setting the event."""
        waiters = self._waiters[topic]
        waiters.discard(event)
        if not waiters:
            del self._waiters[topic]  # topics name single resources: they must not pile up


class Listener:
    """One waiter's view of some topics.  A wake-up while it is busy is kept for its next wait."""

    def __init__(self, signals: Signals, topics: tuple[str, ...]) -> None:
        self._event = asyncio.Event()
        self._signals = signals
        self._topics = topics
        for topic in topics:
            signals.attach(topic, self._event)

    async def wait(self, clock: Clock, seconds: float) -> bool:
        """Wait for a wake-up or that many seconds; whether it was a wake-up."""
        if not self._event.is_set():
            timer = asyncio.ensure_future(clock.sleep(seconds))
            woken = asyncio.ensure_future(self._event.wait())
            try:
                await asyncio.wait({timer, woken}, return_when=asyncio.FIRST_COMPLETED)
            finally:
                timer.cancel()
                woken.cancel()
        was_set = self._event.is_set()
        self._event.clear()
        return was_set

    def close(self) -> None:
        """Stop listening."""
        for topic in self._topics:
            self._signals.detach(topic, self._event)
