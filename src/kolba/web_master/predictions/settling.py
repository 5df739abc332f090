"""Settles charged trips: those whose answers all left may be shipped, and what was lost is paid back."""

from __future__ import annotations

import asyncio
import datetime as dt
from collections.abc import Collection

import structlog

from kolba.kit import errors, threads
from kolba.web_master.predictions import delivery, recording, repository
from kolba.web_master.predictions.refunding import repository as refunds

_log = structlog.get_logger("kolba.predictions.settling")
_ABANDONED_AFTER = dt.timedelta(hours=1)
"""What another web master has had in hand for so long, it will not come back to."""


def reconcile(
    back: refunds.Refunds,
    marks: delivery.Marks,
    *,
    kept: Collection[tuple[str, int]] = (),
    now: dt.datetime | None = None,
) -> int:
    """At the start: pay back what was charged and had not left when this web master ended. Blocks. The credits.

    What is `kept` under an idempotency key, by owner and serial number, can be had again and counts as given.

    Where the machine itself went down, the marks of its last moments may be missing; then an answer that did leave is
    paid back too. The person has the benefit of the doubt.
    """
    paid = 0
    for trip in back.unsettled(marks.owner):
        lost = [place for place in _not_kept(trip, kept) if not marks.is_set(trip.serial + place)]
        paid += back.give_back(trip.id, lost)
    before = (now or dt.datetime.now(dt.UTC)) - _ABANDONED_AFTER
    for trip in back.abandoned(marks.owner, before=before):
        paid += back.give_back(trip.id, _not_kept(trip, kept))
    if paid:
        _log.warning("paid back what was charged and not answered", credits=paid)
    return paid


def _not_kept(trip: repository.Unsettled, kept: Collection[tuple[str, int]]) -> list[int]:
    return [place for place in range(trip.count) if (trip.owner, trip.serial + place) not in kept]


class Settler:
    def __init__(
        self,
        deliveries: delivery.Deliveries,
        commits: recording.Commits,
        back: refunds.Refunds,
    ) -> None:
        self._deliveries = deliveries
        self._commits = commits
        self._back = back

    async def run(self, interval_seconds: float) -> None:
        """Settle until cancelled."""
        while True:
            await asyncio.sleep(interval_seconds)
            try:
                await self.settle()
            except errors.KolbaError as error:
                _log.warning("trips are settled later", reason=str(error))
            except Exception:  # the next look tries again; the operator sees it
                _log.exception("trips could not be settled")

    async def settle(self) -> None:
        """Settle every trip that has ended. What fails is tried again at the next call."""
        trips, self._deliveries.ended = self._deliveries.ended, []
        try:
            whole = [trip.outbox_id for trip in trips if not trip.lost]
            if whole:
                await self._commits.settle(whole)
            for trip in [trip for trip in trips if trip.lost]:
                await threads.run(self._back.give_back, trip.outbox_id, set(trip.lost))
        except BaseException:
            # Settling twice changes nothing, so all of them may come again.
            self._deliveries.ended += trips
            raise
