"""Wakes requests that wait for something to change, without a thread or a transaction held while they wait."""

from __future__ import annotations

import asyncio
import collections
import contextlib
from collections.abc import Hashable


class Bell:
    """Rung from any thread, waited for in one event loop.

    What changed before `wait` but after `ticket` is not missed.
    """

    def __init__(self) -> None:
        self._loop: asyncio.AbstractEventLoop | None = None
        self._rung: collections.Counter[Hashable] = collections.Counter()
        self._waiting: dict[Hashable, set[asyncio.Future[None]]] = {}

    def open(self) -> None:
        """Call it in the event loop in which `wait` will be called."""
        self._loop = asyncio.get_running_loop()

    def ring(self, topic: Hashable) -> None:
        if self._loop is not None and not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._ring, topic)

    def ticket(self, topic: Hashable) -> int:
        """Take it before looking; `wait` returns at once when the bell has rung since."""
        return self._rung[topic]

    async def wait(self, topic: Hashable, ticket: int, seconds: float) -> None:
        """Until the bell rings for `topic`, at most `seconds`."""
        if self._rung[topic] != ticket:
            return
        future: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        waiting = self._waiting.setdefault(topic, set())
        waiting.add(future)
        try:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(seconds):
                    await future
        finally:
            waiting.discard(future)
            if not waiting:
                self._waiting.pop(topic, None)

    def _ring(self, topic: Hashable) -> None:
        self._rung[topic] += 1
        for future in self._waiting.get(topic, ()):
            if not future.done():
                future.set_result(None)
