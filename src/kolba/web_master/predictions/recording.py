"""Recording before answering: one transaction for everything that is ready at the moment."""

from __future__ import annotations

import asyncio
import base64
import concurrent.futures
import dataclasses
import datetime as dt
import hashlib
import time
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple, Protocol, Self

import orjson
import structlog
import uuid_utils

from kolba.kit import errors
from kolba.web_master.ledger import charging
from kolba.web_master.predictions import coalescer, delivery, repository

_log = structlog.get_logger("kolba.predictions.recording")
MAX_RECORDED_ROWS = 100


class Pictures(NamedTuple):
    """What the history keeps of a request about pictures."""

    rows: int
    """How many it is about; 0: none."""
    names: tuple[str, ...]
    """Of each file, its SHA-256."""
    files: tuple[str, ...]
    """In base64; of the first pictures only."""

    @classmethod
    def of(cls, files: Sequence[bytes], *, rows: int) -> Self:
        return cls(
            rows,
            tuple(hashlib.sha256(one).hexdigest() for one in files),
            tuple(base64.b64encode(one).decode("ascii") for one in files),
        )

    def as_input(self) -> orjson.Fragment:
        return orjson.Fragment(b'{"images":%d}' % self.rows)


NO_PICTURES = Pictures(0, (), ())


class Entry(NamedTuple):
    """What is known of a prediction before it is answered. (A tuple: one is made for each, quickly.)"""

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
    """The body: as JSON where it was JSON, else as text; of pictures, how many."""
    input_truncated: bool
    charge: charging.Charge | None = None
    """None: it is free."""
    pictures: Pictures = NO_PICTURES


class Funds(Protocol):
    async def refusal(self, person: str, charge: charging.Charge) -> errors.KolbaError:
        """Why they did not pay this charge, with the balance as it is now."""
        ...


class Commits(Protocol):
    async def commit(self, batch: repository.Batch) -> repository.Recorded | None:
        """Charged and durable when this returns. None for a batch that is free."""
        ...

    async def forget(self, ids: Sequence[int]) -> None:
        """Take shipped batches out of the outbox."""
        ...

    async def settle(self, ids: Sequence[int]) -> None:
        """Every answer of these has left."""
        ...


class Writer(Protocol):
    """What writes to the outbox; its calls block."""

    def append(
        self, batches: Sequence[repository.Batch]
    ) -> Sequence[repository.Recorded | None]: ...

    def remove(self, ids: Sequence[int]) -> None: ...

    def settle(self, ids: Sequence[int]) -> None: ...


class CommitInPlace:
    """Commits at once, in the event loop; for a database whose commit is quicker than the way to a thread."""

    def __init__(self, writer: Writer) -> None:
        self._writer = writer

    async def commit(self, batch: repository.Batch) -> repository.Recorded | None:
        return self._writer.append([batch])[0]

    async def forget(self, ids: Sequence[int]) -> None:
        # In place too: from a thread it would hold the lock that the next commit then sleeps for.
        self._writer.remove(ids)

    async def settle(self, ids: Sequence[int]) -> None:
        self._writer.settle(ids)


_Waiting = asyncio.Future[repository.Recorded | None]


class GroupCommit:
    """Commits what was handed in while the last transaction was being written, all in one.

    The writing is done in one thread of its own; what it raises, everyone in that group gets.
    """

    def __init__(self, writer: Writer) -> None:
        self._outbox = writer
        self._thread = concurrent.futures.ThreadPoolExecutor(1, thread_name_prefix="group-commit")
        self._pending: list[tuple[repository.Batch, _Waiting]] = []
        self._writer: asyncio.Task[None] | None = None

    async def commit(self, batch: repository.Batch) -> repository.Recorded | None:
        """Charged and durable when this returns."""
        loop = asyncio.get_running_loop()
        done: _Waiting = loop.create_future()
        self._pending.append((batch, done))
        if self._writer is None:
            self._writer = loop.create_task(self._write_groups())
        return await done

    async def forget(self, ids: Sequence[int]) -> None:
        await self._in_thread(self._outbox.remove, ids)

    async def settle(self, ids: Sequence[int]) -> None:
        await self._in_thread(self._outbox.settle, ids)

    def close(self) -> None:
        self._thread.shutdown()

    async def _in_thread(self, work: Callable[[Sequence[int]], None], ids: Sequence[int]) -> None:
        await asyncio.get_running_loop().run_in_executor(self._thread, work, ids)

    async def _write_groups(self) -> None:
        loop = asyncio.get_running_loop()
        try:
            while self._pending:
                group, self._pending = self._pending, []
                try:
                    recorded = await loop.run_in_executor(
                        self._thread, self._outbox.append, [one for one, _ in group]
                    )
                except Exception as failure:  # handed to everyone who waits for this group
                    for _, done in group:
                        if not done.done():
                            done.set_exception(failure)
                else:
                    for (_, done), one in zip(group, recorded, strict=True):
                        if not done.done():
                            done.set_result(one)
        finally:
            self._writer = None


class Journal:
    """The coalescer's journal: predictions charged and into the outbox, in one transaction."""

    def __init__(self, commits: Commits, deliveries: delivery.Deliveries, funds: Funds) -> None:
        self._commits = commits
        self._deliveries = deliveries
        self._funds = funds

    async def record(
        self, answered: Sequence[tuple[coalescer.Request, coalescer.Answers]]
    ) -> Sequence[coalescer.Outcome] | None:
        documents = [
            orjson.dumps(_document(request.entry, answers)) for request, answers in answered
        ]
        entries = [request.entry for request, _ in answered]
        if all(entry.charge is None for entry in entries):
            await self._commits.commit(repository.Batch(documents=documents))
            return None
        return await self._charge(documents, entries)

    async def _charge(
        self, documents: Sequence[bytes], entries: Sequence[Entry]
    ) -> Sequence[coalescer.Outcome]:
        reference = f"trip-{uuid_utils.uuid7().hex}"
        first = self._deliveries.reserve(len(documents))
        batch = repository.Batch(
            documents=documents,
            charges=repository.Charges(
                each=[
                    entry.charge and dataclasses.replace(entry.charge, reference=reference)
                    for entry in entries
                ],
                owner=self._deliveries.marks.owner,
                serial=first,
                reference=reference,
            ),
        )
        recorded = await self._commits.commit(batch)
        assert recorded is not None
        receipts = (
            self._deliveries.receipts(recorded.id, first, sum(recorded.admitted))
            if recorded.id is not None
            else []
        )
        refused = [
            entry
            for entry, is_admitted in zip(entries, recorded.admitted, strict=True)
            if not is_admitted
        ]
        try:
            refusals = await asyncio.gather(*(self._refusal(entry) for entry in refused))
        except BaseException:  # nobody is answered then, so nobody pays
            for receipt in receipts:
                receipt.lost()
            raise
        paid, unpaid = iter(receipts), iter(refusals)
        return [next(paid) if is_admitted else next(unpaid) for is_admitted in recorded.admitted]

    async def _refusal(self, entry: Entry) -> errors.KolbaError:
        """Never raises: others of the trip have paid, and are to be answered."""
        assert entry.charge is not None, "what is free is never refused"
        try:
            return await self._funds.refusal(entry.person, entry.charge)
        except errors.KolbaError as error:
            return error
        except Exception:
            _log.exception("a balance could not be read", person=entry.person)
            return errors.ServiceUnavailable(service="database")


def _document(entry: Entry, answers: coalescer.Answers) -> dict[str, Any]:
    """One `contracts.predictions.RecordedPrediction`, made by hand: each prediction waits for it."""
    classes = entry.classes
    labels = answers.labels[:MAX_RECORDED_ROWS].tolist()
    probabilities = answers.probabilities[:MAX_RECORDED_ROWS].tolist()
    document = {
        "id": entry.id,
        "at": entry.at,
        "person": entry.person,
        "model_id": entry.model_id,
        "model": entry.model,
        "version": entry.version,
        "protocol": entry.protocol,
        "rows": len(answers.labels),
        "price": entry.charge.amount if entry.charge is not None else 0,
        "request_id": entry.request_id,
        "duration_ms": round((time.perf_counter() - entry.started) * 1000, 3),
        "input": entry.input,
        "input_truncated": entry.input_truncated,
        "output": [[classes[label], row] for label, row in zip(labels, probabilities, strict=True)],
    }
    if entry.pictures.files:
        document["images"] = entry.pictures.names
        document["pictures"] = entry.pictures.files
    return document
