"""Recording before answering: one transaction for everything that is ready at the moment."""

from __future__ import annotations

import asyncio
import concurrent.futures
import dataclasses
import datetime as dt
import time
from collections.abc import Sequence
from typing import Any, Protocol

import orjson

from kolba.web_master.predictions import coalescer, repository

MAX_RECORDED_ROWS = 100


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """What is known of a prediction before it is answered."""

    id: str
    at: dt.datetime
    started: float
    """By `time.perf_counter`."""
    person: str
    model_id: int
    model: str
    version: str
    protocol: str
    request_id: str
    classes: tuple[str | int | bool, ...]
    input: orjson.Fragment | str
    """The body: as JSON where it was JSON, else as text."""
    input_truncated: bool


class Commits(Protocol):
    async def commit(self, batch: repository.Batch) -> None:
        """Durable when this returns."""
        ...

    async def forget(self, batches: Sequence[repository.Stored]) -> None:
        """Take shipped batches out of the outbox."""
        ...


class Writer(Protocol):
    """What writes to the outbox; its calls block."""

    def append(self, batches: Sequence[repository.Batch]) -> None: ...

    def remove(self, batches: Sequence[repository.Stored]) -> None: ...


class CommitInPlace:
    """Commits at once, in the event loop; for a database whose commit is quicker than the way to a thread."""

    def __init__(self, writer: Writer) -> None:
        self._writer = writer

    async def commit(self, batch: repository.Batch) -> None:
        self._writer.append([batch])

    async def forget(self, batches: Sequence[repository.Stored]) -> None:
        # In place too: from a thread it would hold the lock that the next commit then sleeps for.
        self._writer.remove(batches)


class GroupCommit:
    """Commits what was handed in while the last transaction was being written, all in one.

    The writing is done in one thread of its own; what it raises, everyone in that group gets.
    """

    def __init__(self, writer: Writer) -> None:
        self._outbox = writer
        self._thread = concurrent.futures.ThreadPoolExecutor(1, thread_name_prefix="group-commit")
        self._pending: list[tuple[repository.Batch, asyncio.Future[None]]] = []
        self._writer: asyncio.Task[None] | None = None

    async def commit(self, batch: repository.Batch) -> None:
        """Durable when this returns."""
        loop = asyncio.get_running_loop()
        done: asyncio.Future[None] = loop.create_future()
        self._pending.append((batch, done))
        if self._writer is None:
            self._writer = loop.create_task(self._write_groups())
        await done

    async def forget(self, batches: Sequence[repository.Stored]) -> None:
        loop = asyncio.get_running_loop()
        await loop.run_in_executor(self._thread, self._outbox.remove, batches)

    def close(self) -> None:
        self._thread.shutdown()

    async def _write_groups(self) -> None:
        loop = asyncio.get_running_loop()
        try:
            while self._pending:
                group, self._pending = self._pending, []
                error: BaseException | None = None
                try:
                    await loop.run_in_executor(
                        self._thread, self._outbox.append, [one for one, _ in group]
                    )
                except Exception as failure:  # handed to everyone who waits for this group
                    error = failure
                for _, done in group:
                    _settle(done, error)
        finally:
            self._writer = None


class Journal:
    """The coalescer's journal: predictions into the outbox."""

    def __init__(self, commits: Commits) -> None:
        self._commits = commits

    async def record(self, answered: Sequence[tuple[coalescer.Request, coalescer.Answers]]) -> None:
        content = orjson.dumps([_document(request.entry, answers) for request, answers in answered])
        await self._commits.commit(repository.Batch(predictions=content, count=len(answered)))


def _settle(done: asyncio.Future[None], error: BaseException | None) -> None:
    if done.done():
        return
    if error is None:
        done.set_result(None)
    else:
        done.set_exception(error)


def _document(entry: Entry, answers: coalescer.Answers) -> dict[str, Any]:
    """One `contracts.predictions.Prediction`, made by hand: this is done for every prediction before its answer."""
    classes = entry.classes
    labels = answers.labels[:MAX_RECORDED_ROWS].tolist()
    probabilities = answers.probabilities[:MAX_RECORDED_ROWS].tolist()
    return {
        "id": entry.id,
        "at": entry.at,
        "person": entry.person,
        "model_id": entry.model_id,
        "model": entry.model,
        "version": entry.version,
        "protocol": entry.protocol,
        "rows": len(answers.labels),
        "request_id": entry.request_id,
        "duration_ms": round((time.perf_counter() - entry.started) * 1000, 3),
        "input": entry.input,
        "input_truncated": entry.input_truncated,
        "output": [[classes[label], row] for label, row in zip(labels, probabilities, strict=True)],
    }
