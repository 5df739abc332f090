"""Calls to storage that must not be lost: tried again until they succeed or turn out to be pointless."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import TypeVar

import structlog

from kolba.kit import errors

_log = structlog.get_logger("kolba.worker")
Value = TypeVar("Value")
_FIRST_DELAY = 0.1
_LONGEST_DELAY = 5.0
_NOT_OURS = frozenset({"lease-lost", "run-finished"})
_DAMAGED = "corrupt-blob"


class LeaseLost(Exception):
    """The run is no longer this worker's: whatever it still does about it is pointless."""


async def persist(
    call: Callable[[], Awaitable[Value]], *, patience_seconds: float | None = None
) -> Value:
    """`call`, again and again while storage is away, ever less often.

    Raises `LeaseLost`, and `RemoteProblem` for what trying again cannot mend: also for a failure of storage's own that
    still repeats after `patience_seconds` (None: it may repeat for ever).
    """
    delay = _FIRST_DELAY
    first_failure: float | None = None
    while True:
        try:
            return await call()
        except errors.ServiceUnavailable as error:
            _log.warning("storage is away", retry_in_seconds=delay, reason=str(error))
        except errors.RemoteProblem as error:
            if error.remote_slug in _NOT_OURS:
                raise LeaseLost from error
            if error.remote_status < 500 or error.remote_status == 507:
                raise
            if error.remote_slug == _DAMAGED:  # it stays so until somebody restores it
                raise
            now = time.monotonic()
            first_failure = now if first_failure is None else first_failure
            if patience_seconds is not None and now - first_failure >= patience_seconds:
                raise
            _log.warning("storage failed", retry_in_seconds=delay, reason=str(error))
        await asyncio.sleep(delay)
        delay = min(delay * 2, _LONGEST_DELAY)
