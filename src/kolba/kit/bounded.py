"""Heavy work in a few threads of its own, of which only so much may wait.

Neither the event loop nor the threads that everything else shares are held up by it, however much is asked for.
"""

from __future__ import annotations

import asyncio
import concurrent.futures
import contextvars
import functools
import threading
from collections.abc import Callable
from typing import Any, Generic, ParamSpec, TypeVar, cast

from kolba.kit import errors

_Asked = ParamSpec("_Asked")
_Answer = TypeVar("_Answer")


class Executor:
    """`threads` work, named `name`; `max_waiting` jobs are taken at once, those that are being done included."""

    def __init__(self, name: str, *, threads: int, max_waiting: int) -> None:
        self._threads = concurrent.futures.ThreadPoolExecutor(threads, name)
        self._max_waiting = max_waiting
        self._places = threading.BoundedSemaphore(max_waiting)

    async def run(
        self, function: Callable[_Asked, _Answer], /, *args: _Asked.args, **kwargs: _Asked.kwargs
    ) -> _Answer:
        """What `function` answers, called in the caller's context. Raises `errors.TooBusy`, and what it raises.

        Who is cancelled leaves at once; what was not begun by then is not done.
        """
        if not self._places.acquire(blocking=False):
            raise errors.TooBusy(waiting=self._max_waiting)
        call = functools.partial(
            contextvars.copy_context().run, functools.partial(function, *args, **kwargs)
        )
        job = _Job(call, self._places.release)
        try:
            work = asyncio.wrap_future(self._threads.submit(job))
        except RuntimeError:  # it is closed
            self._places.release()
            raise
        try:
            # Unlike an await of the work itself, this does not cancel it: it would stay in the queue without a place.
            await asyncio.wait([work])
        except asyncio.CancelledError:
            job.is_wanted = False
            work.add_done_callback(_looked_at)
            raise
        return cast(_Answer, work.result())

    def close(self) -> None:
        """Wait for what is being done; what has not begun is cancelled."""
        self._threads.shutdown(cancel_futures=True)


class _Job(Generic[_Answer]):
    """Gives its place back when a thread is through with it, not when its caller has gone."""

    def __init__(self, call: Callable[[], _Answer], done: Callable[[], None]) -> None:
        self._call = call
        self._done = done
        self.is_wanted = True

    def __call__(self) -> _Answer | None:
        try:
            return self._call() if self.is_wanted else None
        finally:
            self._done()


def _looked_at(work: asyncio.Future[Any]) -> None:
    """Nobody is left to be told how it failed."""
    if not work.cancelled():
        work.exception()
