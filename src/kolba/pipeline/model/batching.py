"""Many images share one run when it is busy, and nobody waits when it is quiet.

A run is made in the event loop: it takes a fraction of a millisecond an image, and handing it to a thread and back
would take as long again. While it goes on, requests gather in the sockets; what they ask is the next batch.
"""

from __future__ import annotations

import asyncio
import collections
import dataclasses
import time
from collections.abc import Callable
from typing import TYPE_CHECKING

import structlog

from kolba.kit import errors as kit_errors
from kolba.kit.http import balancing
from kolba.pipeline import deadlines, errors

if TYPE_CHECKING:  # numpy comes with the first model
    from kolba.pipeline import tensors
    from kolba.pipeline.model import following, network

_log = structlog.get_logger("kolba.pipeline")


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    served: following.Served
    """The version that answered."""
    probabilities: network.Probabilities
    waited_seconds: float
    ran_seconds: float


@dataclasses.dataclass(slots=True, kw_only=True, eq=False)
class _Waiting:
    pictures: tensors.Pictures
    deadline: deadlines.Deadline
    since: float
    answer: asyncio.Future[Answer]


class Batcher:
    """Gathers what is asked, and asks the present version."""

    def __init__(
        self,
        current: Callable[[], following.Served],
        *,
        max_batch: int,
        max_waiting: int,
        noted: Callable[[int], None] = lambda images: None,
    ) -> None:
        """`current` is asked before each run, and may raise; `noted` hears of how many images shared it."""
        self._current = current
        self._max_batch = max_batch
        self._max_waiting = max_waiting
        self._noted = noted
        self._queue: collections.deque[_Waiting] = collections.deque()
        self._images = 0
        self._is_due = False

    @property
    def waiting(self) -> int:
        """How many images are."""
        return self._images

    async def ask(self, pictures: tensors.Pictures, deadline: deadlines.Deadline) -> Answer:
        """Probabilities for `pictures` `[N, 784]`.

        Raises `kit.errors.TooBusy`, `errors.ModelFailed`, `balancing.DeadlinePassed`, and what `current` raises.
        """
        if self._images and self._images + len(pictures) > self._max_waiting:
            raise kit_errors.TooBusy(waiting=self._images)
        loop = asyncio.get_running_loop()
        waiting = _Waiting(
            pictures=pictures,
            deadline=deadline,
            since=time.monotonic(),
            answer=loop.create_future(),
        )
        self._queue.append(waiting)
        self._images += len(pictures)
        if not self._is_due:
            self._is_due = True
            loop.call_soon(self._run)
        return await waiting.answer

    def _run(self) -> None:
        batch = self._take()
        if batch:
            self._answer(batch)
        self._is_due = bool(self._queue)
        if self._is_due:  # after what has arrived meanwhile has been read
            asyncio.get_running_loop().call_soon(self._run)

    def _take(self) -> list[_Waiting]:
        """What shares the next run. Who has gone, or waited too long, has no part in it."""
        taken: list[_Waiting] = []
        count = 0
        now = time.monotonic()
        while self._queue and (
            not taken or count + len(self._queue[0].pictures) <= self._max_batch
        ):
            one = self._queue.popleft()
            self._images -= len(one.pictures)
            if one.answer.done():
                continue
            if now >= one.deadline.until:
                one.answer.set_exception(balancing.DeadlinePassed(service="model"))
                continue
            taken.append(one)
            count += len(one.pictures)
        return taken

    def _answer(self, batch: list[_Waiting]) -> None:
        started = time.monotonic()
        try:
            served = self._current()
            found = served.network.run_all([one.pictures for one in batch])
        except kit_errors.KolbaError as error:
            _refuse(batch, error)
            return
        except Exception:  # the runtime's exceptions share no base class
            _log.exception("the model failed", images=len(batch))
            _refuse(batch, errors.ModelFailed(model=served.name, version=served.version))
            return
        ran = time.monotonic() - started
        self._noted(len(found))
        place = 0
        for one in batch:
            size = len(one.pictures)
            one.answer.set_result(
                Answer(
                    served=served,
                    probabilities=found[place : place + size],
                    waited_seconds=started - one.since,
                    ran_seconds=ran,
                )
            )
            place += size


def _refuse(batch: list[_Waiting], error: kit_errors.KolbaError) -> None:
    for one in batch:
        one.answer.set_exception(error)
