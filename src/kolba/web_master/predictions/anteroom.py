"""What a request waits for before it has a place in a lane: its model, its body, its price.

As in a lane, it waits no longer than there is time for an answer, nor once its client has gone, nor in any number. What
is at hand needs no anteroom, and pays nothing for it.
"""

from __future__ import annotations

import asyncio
import collections
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any, NamedTuple, TypeVar

from kolba.web_master.predictions import errors

Result = TypeVar("Result")


class Caller(NamedTuple):
    """Who is to be answered."""

    deadline: float
    """By the loop's clock."""
    disconnected: Callable[[], Awaitable[None]]
    """Returns when the client has gone."""


class Anteroom:
    def __init__(self, *, timeout_seconds: float, max_waiting: int) -> None:
        """So many may wait because of one model; `timeout_seconds` is what those are told whose time is over."""
        self._timeout_seconds = timeout_seconds
        self._max_waiting = max_waiting
        self._waiting: collections.Counter[str] = collections.Counter()

    async def wait(
        self, work: Coroutine[Any, Any, Result], *, model: str, caller: Caller
    ) -> Result:
        """What `work`, done for a question to `model`, answers. It is cancelled when `caller` waits no longer.

        Raises `Overloaded`, `DeadlineExceeded`, and what it raises; `CancelledError` when the client has gone.
        """
        waiting = self._waiting[model]
        if waiting >= self._max_waiting:
            work.close()
            raise errors.Overloaded(model=model, waiting=waiting)
        self._waiting[model] += 1
        try:
            return await self._while_wanted(work, model, caller)
        finally:
            self._waiting[model] -= 1
            if not self._waiting[model]:
                del self._waiting[model]

    async def _while_wanted(
        self, work: Coroutine[Any, Any, Result], model: str, caller: Caller
    ) -> Result:
        loop = asyncio.get_running_loop()
        working = loop.create_task(work)
        leaving = asyncio.ensure_future(caller.disconnected())
        try:
            await asyncio.wait(
                {working, leaving},
                timeout=caller.deadline - loop.time(),
                return_when=asyncio.FIRST_COMPLETED,
            )
            if working.done():
                return working.result()
            if leaving.done():
                raise asyncio.CancelledError
            raise errors.DeadlineExceeded(model=model, seconds=self._timeout_seconds)
        finally:
            working.cancel()
            leaving.cancel()
