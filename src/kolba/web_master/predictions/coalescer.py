"""The coalescer: while one batch is on its way, the next gathers.

When it is quiet a request leaves at once and waits for nobody; when it is busy, many share one trip to the model and
one transaction. Each model has a lane of its own, so that a slow or broken one never delays another.
"""

from __future__ import annotations

import asyncio
import collections
import dataclasses
from collections.abc import Awaitable, Callable, Sequence
from typing import Any, NamedTuple, Protocol

import numpy as np
import numpy.typing as npt

from kolba.kit import errors as kit_errors
from kolba.kit import failpoints
from kolba.web_master.predictions import delivery, errors

Features = npt.NDArray[np.float32] | npt.NDArray[np.float64]

_SWEEP_SECONDS = 0.05
_RETRY_DELAYS_SECONDS = (0.05, 0.2, 0.5)


class Answers(NamedTuple):
    """What a model answered to a batch."""

    labels: npt.NDArray[np.int64]
    """`[N]`: class indices."""
    probabilities: npt.NDArray[Any]
    """`[N, K]`."""

    def part(self, start: int, stop: int) -> Answers:
        return Answers(labels=self.labels[start:stop], probabilities=self.probabilities[start:stop])


Predict = Callable[[Features], Awaitable[Answers]]


Outcome = delivery.Receipt | kit_errors.KolbaError
"""Of one request: recorded, or why it was not (it could not be paid)."""


class Journal(Protocol):
    """Where predictions are charged and recorded before they are answered."""

    async def record(self, answered: Sequence[tuple[Request, Answers]]) -> Sequence[Outcome] | None:
        """Durable when this returns; all or nothing, but for those who cannot pay. None: all are free, and recorded."""
        ...


@dataclasses.dataclass(slots=True, kw_only=True, eq=False)
class Request:
    """One person's question on its way."""

    features: Features
    """`[n, F]`."""
    entry: Any
    """What the journal needs to know of it."""
    deadline: float
    """By the loop's clock."""
    timeout_seconds: float
    disconnected: Callable[[], Awaitable[None]] | None = None
    """Returns when the client has gone; only listened to when the answer takes long."""
    answer: asyncio.Future[Answers] = dataclasses.field(
        default_factory=lambda: asyncio.get_running_loop().create_future()
    )
    watcher: asyncio.Task[None] | None = None
    receipt: delivery.Receipt | None = None
    """Of a charged answer, once it is there."""

    @property
    def is_settled(self) -> bool:
        """Answered, failed, out of time, or its client has gone."""
        return self.answer.done()

    def fail(self, error: BaseException) -> None:
        if not self.answer.done():
            self.answer.set_exception(error)


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    max_batch_rows: int
    """A trip carries no more rows than this (a single larger request goes alone)."""
    max_waiting: int
    """Requests that may wait in one lane; more are refused."""
    max_waiting_rows: int
    """Rows that may wait in one lane; a request that would bring more is refused, unless it is the only one."""
    max_in_flight: int
    """Trips of one lane at a time: with two, one computes while the other is being written."""


class Lane:
    """The way to one version of a model."""

    def __init__(self, name: str, predict: Predict, journal: Journal, limits: Limits) -> None:
        self._name = name
        self._predict = predict
        self._journal = journal
        self._limits = limits
        self._waiting: collections.deque[Request] = collections.deque()
        self._waiting_rows = 0
        self._travelling: set[Request] = set()
        self._trips: set[asyncio.Task[None]] = set()
        self._sweeper: asyncio.TimerHandle | None = None

    @property
    def is_idle(self) -> bool:
        return not self._waiting and not self._trips

    async def ask(self, request: Request) -> Answers:
        """The model's answer, already recorded.

        Raises `Overloaded`, `DeadlineExceeded`, or whatever the trip failed with.
        """
        rows = len(request.features)
        is_full = len(self._waiting) >= self._limits.max_waiting or (
            self._waiting and self._waiting_rows + rows > self._limits.max_waiting_rows
        )
        if is_full:
            raise errors.Overloaded(model=self._name, waiting=len(self._waiting))
        self._waiting.append(request)
        self._waiting_rows += rows
        self._depart()
        if self._sweeper is None:
            self._sweeper = asyncio.get_running_loop().call_later(_SWEEP_SECONDS, self._sweep)
        try:
            return await request.answer
        finally:
            if request.watcher is not None:
                request.watcher.cancel()

    async def drain(self) -> None:
        """Wait until every request under way is answered; for an orderly end."""
        while self._trips:
            await asyncio.wait(self._trips)
        if self._sweeper is not None:
            self._sweeper.cancel()
            self._sweeper = None

    def _depart(self) -> None:
        while self._waiting and len(self._trips) < self._limits.max_in_flight:
            batch = self._gather()
            if not batch:
                return
            trip = asyncio.get_running_loop().create_task(self._travel(batch))
            self._trips.add(trip)
            trip.add_done_callback(self._arrived)

    def _gather(self) -> list[Request]:
        """The next trip's requests, in the order they came; those already settled are left out."""
        batch: list[Request] = []
        rows = 0
        while self._waiting:
            request = self._waiting[0]
            size = len(request.features)
            if batch and rows + size > self._limits.max_batch_rows:
                break
            self._waiting.popleft()
            self._waiting_rows -= size
            if not request.is_settled:
                batch.append(request)
                rows += size
        return batch

    def _arrived(self, trip: asyncio.Task[None]) -> None:
        self._trips.discard(trip)
        self._depart()

    async def _travel(self, batch: list[Request]) -> None:
        self._travelling.update(batch)
        try:
            answers = await self._compute(batch)
            failpoints.reach("predictions.computed")
            live = [
                (request, part)
                for request, part in _split(batch, answers)
                if not request.is_settled
            ]
            if live:
                self._commit_to(live)
                _release(live, await self._journal.record(live))
        except Exception as error:  # whatever went wrong belongs to everyone who shared the trip
            for request in batch:
                request.fail(error)
        finally:
            self._travelling.difference_update(batch)

    def _commit_to(self, live: Sequence[tuple[Request, Answers]]) -> None:
        """From here on these are recorded, so they are answered too: no deadline and no leaving counts any more."""
        for request, _ in live:
            self._travelling.discard(request)
            if request.watcher is not None:
                request.watcher.cancel()

    async def _compute(self, batch: list[Request]) -> Answers:
        """Ask the model; a service that does not answer is asked again while somebody still waits."""
        features = (
            batch[0].features
            if len(batch) == 1
            else np.concatenate([one.features for one in batch])
        )
        until = max(request.deadline for request in batch)
        for delay in (*_RETRY_DELAYS_SECONDS, None):
            try:
                # Not a moment longer than somebody waits: the next trip would wait behind a model that hangs.
                async with asyncio.timeout_at(until):
                    answers = await self._predict(features)
                break
            except TimeoutError:
                seconds = max(request.timeout_seconds for request in batch)
                raise errors.DeadlineExceeded(model=self._name, seconds=seconds) from None
            except kit_errors.ServiceUnavailable:
                if delay is None or all(request.is_settled for request in batch):
                    raise
                await asyncio.sleep(delay)
        if len(answers.labels) != len(features):
            raise errors.BrokenAnswer(got=len(answers.labels), expected=len(features))
        return answers

    def _sweep(self) -> None:
        """Let go of those out of time, and begin to listen for clients that leave. Costs a quick answer nothing."""
        self._sweeper = None
        if self.is_idle:
            return
        loop = asyncio.get_running_loop()
        now = loop.time()
        for request in (*self._waiting, *self._travelling):
            if request.is_settled:
                continue
            if now >= request.deadline:
                request.fail(
                    errors.DeadlineExceeded(model=self._name, seconds=request.timeout_seconds)
                )
            elif request.watcher is None and request.disconnected is not None:
                request.watcher = loop.create_task(_cancel_when_gone(request, request.disconnected))
        self._sweeper = loop.call_later(_SWEEP_SECONDS, self._sweep)


def _release(live: Sequence[tuple[Request, Answers]], outcomes: Sequence[Outcome] | None) -> None:
    if outcomes is None:
        for request, part in live:
            if not request.answer.done():
                request.answer.set_result(part)
        return
    for (request, part), outcome in zip(live, outcomes, strict=True):
        if isinstance(outcome, kit_errors.KolbaError):
            request.fail(outcome)
        elif request.answer.done():
            outcome.lost()
        else:
            request.receipt = outcome
            request.answer.set_result(part)


async def _cancel_when_gone(request: Request, disconnected: Callable[[], Awaitable[None]]) -> None:
    await disconnected()
    request.answer.cancel()


def _split(batch: Sequence[Request], answers: Answers) -> list[tuple[Request, Answers]]:
    if len(batch) == 1:
        return [(batch[0], answers)]
    parts = []
    start = 0
    for request in batch:
        stop = start + len(request.features)
        parts.append((request, answers.part(start, stop)))
        start = stop
    return parts
