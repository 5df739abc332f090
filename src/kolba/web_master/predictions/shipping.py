"""The shipper: moves the outbox to storage, in bulk. What arrives twice counts once, by the prediction's id."""

from __future__ import annotations

import asyncio
import dataclasses
from collections.abc import Awaitable, Callable

import structlog

from kolba.kit import errors, threads
from kolba.web_master.predictions import recording, repository

_log = structlog.get_logger("kolba.predictions.shipping")
_FAULTS_OF_THE_DATA = frozenset({400, 413, 422})
"""Other refusals (a wrong address, a host that is not allowed) would be the same for every batch, until mended."""

Deliver = Callable[[bytes], Awaitable[None]]
"""Hands a `PredictionBatch` document to storage; raises `errors.KolbaError` when it did not take it."""


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Pace:
    interval_seconds: float
    """Between two looks into the outbox."""
    max_predictions: int
    """In one delivery."""
    max_bytes: int
    """In one delivery; more only where a single trip brought more."""
    max_backoff_seconds: float
    """Between two tries while storage does not answer."""


class Shipper:
    def __init__(
        self, outbox: repository.Outbox, commits: recording.Commits, deliver: Deliver, pace: Pace
    ) -> None:
        self._outbox = outbox
        self._commits = commits
        self._deliver = deliver
        self._pace = pace

    async def run(self) -> None:
        """Ship until cancelled. Storage may be away: the outbox waits, and predictions go on."""
        delay = self._pace.interval_seconds
        while True:
            await asyncio.sleep(delay)
            try:
                await self.ship_all()
                delay = self._pace.interval_seconds
            except errors.ServiceUnavailable:
                delay = min(delay * 2, self._pace.max_backoff_seconds)
                _log.warning("storage is away; predictions wait", again_in_seconds=delay)
            except Exception:  # one bad delivery must not end all shipping; the operator sees it
                delay = self._pace.max_backoff_seconds
                _log.exception("predictions could not be shipped", again_in_seconds=delay)

    async def ship_all(self) -> None:
        """Deliver what is waiting. What comes meanwhile waits for the next look, so that deliveries stay large."""
        more = True
        try:
            while more:
                more = await self.ship()
        finally:  # also while storage is away: the log would grow for as long as that lasts
            await threads.run(self._outbox.checkpoint)

    async def ship(self) -> bool:
        """One delivery. Whether it had to leave something behind."""
        batches, more = await threads.run(
            self._outbox.oldest,
            max_predictions=self._pace.max_predictions,
            max_bytes=self._pace.max_bytes,
        )
        if not batches:
            return False
        try:
            await self._deliver(document(batches))
        except errors.RemoteProblem as error:
            if error.remote_status not in _FAULTS_OF_THE_DATA:
                raise
            await self._deliver_one_by_one(batches)
        else:
            await self._commits.forget([one.id for one in batches])
        return more

    async def _deliver_one_by_one(self, batches: list[repository.Stored]) -> None:
        """Something among them will not be taken: find it and set it aside, so that the rest arrives."""
        for batch in batches:
            try:
                await self._deliver(document([batch]))
            except errors.RemoteProblem as error:
                if error.remote_status not in _FAULTS_OF_THE_DATA:
                    raise
                _log.error("storage refused predictions", outbox_id=batch.id, error=str(error))
                await threads.run(self._outbox.refuse, batch)
            else:
                await self._commits.forget([batch.id])


def document(batches: list[repository.Stored]) -> bytes:
    """The batches' arrays as one `PredictionBatch`, without decoding them."""
    inner = b",".join(one.predictions[1:-1] for one in batches if one.count)
    return b'{"predictions":[' + inner + b"]}"
