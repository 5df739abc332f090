"""From a child's pipe to storage, in batches: the first at once, the others as they gather meanwhile.

A line `{"type": "checkpoint"}` is no event: it says that the child has left a new checkpoint.
"""

from __future__ import annotations

import asyncio
import enum
from collections.abc import Awaitable, Callable, Sequence
from typing import Any

import orjson
import pydantic
import structlog

from kolba.contracts import runs

_log = structlog.get_logger("kolba.worker")
_BATCH = 200
_QUEUED = 2000

Send = Callable[[Sequence[runs.EventData]], Awaitable[None]]
Keep = Callable[[], Awaitable[None]]


class _Mark(enum.Enum):
    CHECKPOINT = enum.auto()
    END = enum.auto()


_Queue = asyncio.Queue[runs.EventData | _Mark]


async def pump(lines: asyncio.StreamReader, send: Send, keep: Keep) -> None:
    """Hand every event on, in order, and let the latest checkpoint be kept; returns when the child has closed its end
    and all is sent."""
    queue: _Queue = asyncio.Queue(_QUEUED)
    reading = asyncio.create_task(_read(lines, queue))
    try:
        await _send(queue, send, keep)
    finally:
        reading.cancel()
        await asyncio.gather(reading, return_exceptions=True)


async def _read(lines: asyncio.StreamReader, queue: _Queue) -> None:
    """A full queue holds the reading up, and a full pipe the child: memory stays bounded."""
    try:
        while line := await _line(lines):
            try:
                await queue.put(_understood(orjson.loads(line)))
            except (orjson.JSONDecodeError, pydantic.ValidationError):
                _log.warning("a child wrote something that is no event", line=line[:200])
    finally:
        task = asyncio.current_task()
        if task is None or not task.cancelling():  # nobody takes from the queue any more
            await queue.put(_Mark.END)


async def _line(lines: asyncio.StreamReader) -> bytes:
    try:
        return await lines.readline()
    except ValueError:  # longer than the reader's limit; it has dropped what it had
        return b"?\n"


def _understood(document: Any) -> runs.EventData | _Mark:
    if document == {"type": "checkpoint"}:
        return _Mark.CHECKPOINT
    return runs.EventData.model_validate(document)


async def _send(queue: _Queue, send: Send, keep: Keep) -> None:
    ended = False
    while not ended:
        batch = [await queue.get()]
        while not queue.empty() and len(batch) < _BATCH:
            batch.append(queue.get_nowait())
        ended = _Mark.END in batch
        events = [one for one in batch if isinstance(one, runs.EventData)]
        if events:
            await send(events)
        if _Mark.CHECKPOINT in batch and not ended:
            await keep()
