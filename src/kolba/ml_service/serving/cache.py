"""Keeps the most recently used things within a number and a size."""

from __future__ import annotations

import asyncio
import collections
import dataclasses
import time
from collections.abc import Awaitable, Callable
from typing import Generic, TypeVar

Value = TypeVar("Value")


@dataclasses.dataclass(slots=True, kw_only=True)
class Entry(Generic[Value]):
    value: Value
    size: int
    checked_at: float
    """`time.monotonic()` of the last time it was known to exist."""

    def update(self, value: Value) -> None:
        self.value = value
        self.checked_at = time.monotonic()


class Cache(Generic[Value]):
    """A bounded LRU whose misses are loaded once, however many wait for them."""

    def __init__(self, *, max_entries: int, max_size: int) -> None:
        self._entries: collections.OrderedDict[int, Entry[Value]] = collections.OrderedDict()
        self._loading: dict[int, asyncio.Task[Entry[Value]]] = {}
        self._max_entries = max_entries
        self._max_size = max_size
        self._size = 0

    def __len__(self) -> int:
        return len(self._entries)

    @property
    def size(self) -> int:
        return self._size

    def values(self) -> list[Value]:
        """Everything that is kept, the least recently used first."""
        return [entry.value for entry in self._entries.values()]

    def find(self, key: int) -> Entry[Value] | None:
        """The entry, which thereby becomes the most recently used."""
        entry = self._entries.get(key)
        if entry is not None:
            self._entries.move_to_end(key)
        return entry

    async def load(
        self, key: int, loader: Callable[[], Awaitable[tuple[Value, int]]]
    ) -> Entry[Value]:
        """The entry, loaded by `loader` (value, size) unless that is already under way. Raises what it raises."""
        task = self._loading.get(key)
        if task is None:
            task = asyncio.create_task(self._load(key, loader))
            self._loading[key] = task
            task.add_done_callback(lambda _: self._loading.pop(key, None))
        # Shielded: who waits may go away, the others still want it.
        return await asyncio.shield(task)

    def drop(self, key: int) -> None:
        entry = self._entries.pop(key, None)
        if entry is not None:
            self._size -= entry.size

    async def _load(
        self, key: int, loader: Callable[[], Awaitable[tuple[Value, int]]]
    ) -> Entry[Value]:
        value, size = await loader()
        entry = Entry(value=value, size=size, checked_at=time.monotonic())
        self.drop(key)
        self._entries[key] = entry
        self._size += size
        while len(self._entries) > 1 and (
            len(self._entries) > self._max_entries or self._size > self._max_size
        ):
            self.drop(next(iter(self._entries)))
        return entry
