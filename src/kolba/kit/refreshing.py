"""A cache of what another service knows: quick to answer, soon to notice a change, calm when that service is away."""

from __future__ import annotations

import asyncio
import collections
import contextlib
import dataclasses
import time
from collections.abc import Awaitable, Callable
from typing import Generic, TypeVar

import structlog

from kolba.kit import errors

_log = structlog.get_logger("kolba.refreshing")
Key = TypeVar("Key")
Value = TypeVar("Value")


@dataclasses.dataclass(slots=True)
class _Entry(Generic[Value]):
    value: Value
    checked_at: float
    refresh: asyncio.Task[None] | None = None
    """The latest begun."""
    begun: int = 0
    """How many refreshes were."""
    kept: int = 0
    """Which of them brought the value: what an earlier one brings after it is older."""


class RefreshingCache(Generic[Key, Value]):
    """Values by key, fetched when first asked for, and fetched anew, aside, once older than `fresh_seconds`.

    A value that the source no longer knows (`RemoteProblem` 404) is dropped; while the source is away
    (`ServiceUnavailable`), or when what it answers is refused, the last value goes on. At most `max_entries` are kept,
    the least used go first.
    """

    def __init__(
        self,
        fetch: Callable[[Key], Awaitable[Value]],
        *,
        fresh_seconds: float,
        max_entries: int,
        now: Callable[[], float] = time.monotonic,
    ) -> None:
        self._fetch = fetch
        self._fresh_seconds = fresh_seconds
        self._max_entries = max_entries
        self._now = now
        self._entries: collections.OrderedDict[Key, _Entry[Value]] = collections.OrderedDict()
        self._fetching: dict[Key, asyncio.Task[Value]] = {}

    def peek(self, key: Key) -> Value | None:
        """The value if it is here; starts to refresh it when it is no longer fresh. Never waits."""
        entry = self._entries.get(key)
        if entry is None:
            return None
        self._entries.move_to_end(key)
        if entry.refresh is None and self._now() - entry.checked_at > self._fresh_seconds:
            self._refreshing(key, entry)
        return entry.value

    async def get(self, key: Key) -> Value:
        """The value; whoever asks for the same key meanwhile shares the one fetch. Raises what `fetch` raises."""
        value = self.peek(key)
        if value is not None:
            return value
        return await asyncio.shield(self._fetching.get(key) or self._first_fetch(key))

    def forget(self, key: Key) -> None:
        """Ask anew. What is on its way is not kept."""
        self._entries.pop(key, None)
        self._fetching.pop(key, None)

    def forget_where(self, is_meant: Callable[[Key], bool]) -> None:
        """Ask anew for some."""
        for key in self._known(is_meant):
            self.forget(key)

    def clear(self) -> None:
        """Ask for everything anew: something is known to have changed. What is on its way is not kept."""
        self._entries.clear()
        self._fetching.clear()

    async def renew(self, is_meant: Callable[[Key], bool]) -> None:
        """Fetch some anew and wait for it. Until a new value is there the former goes on, and if none comes, after.

        What was on its way before may be of before the change, so it is not kept.
        """
        # Shielded: whoever told of the change may go away, the change stays.
        await asyncio.shield(asyncio.gather(*(self._renew(key) for key in self._known(is_meant))))

    def _known(self, is_meant: Callable[[Key], bool]) -> set[Key]:
        return {key for key in (*self._entries, *self._fetching) if is_meant(key)}

    async def _renew(self, key: Key) -> None:
        entry = self._entries.get(key)
        if entry is not None:
            await self._refreshing(key, entry)
        else:
            with contextlib.suppress(errors.KolbaError):  # told to those who asked for the value
                await self._first_fetch(key)

    def _first_fetch(self, key: Key) -> asyncio.Task[Value]:
        task = asyncio.get_running_loop().create_task(self._first(key))
        self._fetching[key] = task
        task.add_done_callback(lambda done: self._arrived(key, done))
        return task

    def _refreshing(self, key: Key, entry: _Entry[Value]) -> asyncio.Task[None]:
        entry.refresh = asyncio.get_running_loop().create_task(self._refresh(key, entry))
        return entry.refresh

    def _arrived(self, key: Key, task: asyncio.Task[Value]) -> None:
        if self._fetching.get(key) is task:
            del self._fetching[key]

    async def _first(self, key: Key) -> Value:
        value = await self._fetch(key)
        if self._fetching.get(key) is not asyncio.current_task():
            return value
        self._entries[key] = _Entry(value, self._now())
        while len(self._entries) > self._max_entries:
            self._entries.popitem(last=False)
        return value

    async def _refresh(self, key: Key, entry: _Entry[Value]) -> None:
        entry.begun += 1
        number = entry.begun
        try:
            value = await self._fetch(key)
        except errors.ServiceUnavailable:
            pass  # the source is away; the next look tries again
        except errors.KolbaError as error:
            if number > entry.kept:
                self._refused(key, entry, error)
        else:
            if number > entry.kept:
                entry.value, entry.kept = value, number
        finally:
            if number == entry.begun:
                entry.checked_at = self._now()
                entry.refresh = None

    def _refused(self, key: Key, entry: _Entry[Value], error: errors.KolbaError) -> None:
        if not isinstance(error, errors.RemoteProblem) or error.remote_status != 404:
            _log.warning(
                "what is known goes on: its successor was refused", key=key, error=str(error)
            )
        elif self._entries.get(key) is entry:
            self.forget(key)
