"""From a child's pipe to storage, in batches: the first at once, the others as they gather meanwhile."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence

import orjson
import pydantic
import structlog

from kolba.contracts import runs

_log = structlog.get_logger("kolba.worker")
_BATCH = 200
_QUEUED = 2000

Send = Callable[[Sequence[runs.EventData]], Awaitable[None]]


async def pump(lines: asyncio.StreamReader, send: Send) -> None:
    """Hand every event on, in order; returns when the child has closed its end and all is sent."""
    queue: asyncio.Queue[runs.EventData | None] = asyncio.Queue(_QUEUED)
    reading = asyncio.create_task(_read(lines, queue))
    try:
        await _send(queue, send)
    finally:
        reading.cancel()
        await asyncio.gather(reading, return_exceptions=True)


async def _read(lines: asyncio.StreamReader, queue: asyncio.Queue[runs.EventData | None]) -> None:
    """A full queue holds the reading up, and a full pipe the child: memory stays bounded."""
    try:
        while line := await _line(lines):
            try:
                await queue.put(runs.EventData.model_validate(orjson.loads(line)))
            except (orjson.JSONDecodeError, pydantic.ValidationError):
                _log.warning("a child wrote something that is no event", line=line[:200])
    finally:
        task = asyncio.current_task()
        if task is None or not task.cancelling():  # nobody takes from the queue any more
            await queue.put(None)


async def _line(lines: asyncio.StreamReader) -> bytes:
    try:
        return await lines.readline()
    except ValueError:  # longer than the reader's limit; it has dropped what it had
        return b"?\n"


async def _send(queue: asyncio.Queue[runs.EventData | None], send: Send) -> None:
    ended = False
    while not ended:
        batch = [await queue.get()]
        while not queue.empty() and len(batch) < _BATCH:
            batch.append(queue.get_nowait())
        ended = None in batch
        events = [event for event in batch if event is not None]
        if events:
            await send(events)
