"""Settles charged trips: those whose answers all left may be shipped, and what was lost is paid back."""

from __future__ import annotations

import asyncio
import contextlib
import datetime as dt
import time
from collections.abc import Callable, Collection, Iterator, Sequence

import structlog

from kolba.kit import errors, threads
from kolba.web_master.predictions import delivery, recording, repository
from kolba.web_master.predictions.refunding import repository as refunds

_log = structlog.get_logger("kolba.predictions.settling")
_LOOK_AROUND_SECONDS = 60
_FORGOTTEN_AFTER = dt.timedelta(minutes=1)
"""A trip that this web master recorded so long ago and has not in hand: whoever waited was told of a failure."""
_ABANDONED_AFTER = dt.timedelta(hours=1)
"""What another web master has had in hand for so long, it will not come back to."""
_AT_ONCE = 1000
"""Trips in one statement: databases bound the number of its parameters."""

Kept = Callable[[], Collection[tuple[str, int]]]
"""By owner and serial number, the answers kept under an idempotency key. Blocks."""


class Settler:
    """One trip that cannot be settled holds up no other, and no start: it is tried again, and the operator sees it."""

    def __init__(
        self,
        deliveries: delivery.Deliveries,
        commits: recording.Commits,
        back: refunds.Refunds,
        kept: Kept = frozenset,
    ) -> None:
        """What is `kept` can be had again and counts as given."""
        self._deliveries = deliveries
        self._commits = commits
        self._back = back
        self._kept = kept
        self._put_off: set[int] = set()
        """Until the next look around."""

    async def run(self, interval_seconds: float) -> None:
        """Settle until cancelled."""
        while True:
            until = time.monotonic() + _LOOK_AROUND_SECONDS
            while time.monotonic() < until:
                await asyncio.sleep(interval_seconds)
                await self.settle()
            try:
                await self.look_around()
            except errors.KolbaError as error:
                _log.warning("trips are looked for later", reason=str(error))
            except Exception:  # the next look tries again; the operator sees it
                _log.exception("trips could not be looked for")

    async def take_over(self) -> int:
        """At the start: pay back what was charged and had not left when this web master ended. The credits.

        Where the machine itself went down, the marks of its last moments may be missing; then an answer that did leave
        is paid back too. The person has the benefit of the doubt.
        """
        marks = self._deliveries.marks
        found, kept = await threads.run(self._read_own)
        for trip in found:
            lost = [
                place for place in _not_kept(trip, kept) if not marks.is_set(trip.serial + place)
            ]
            self._deliveries.end(trip.id, lost)
        paid = await self.settle()
        if paid:
            _log.warning("paid back what was charged and not answered", credits=paid)
        return paid

    async def look_around(self, *, now: dt.datetime | None = None) -> None:
        """Take in hand what nobody has, to be settled with the next: what a failure or another's end has left."""
        self._put_off.clear()
        found, kept = await threads.run(self._read_left, now or dt.datetime.now(dt.UTC))
        for trip in found:
            if not self._deliveries.knows(trip.id):
                _log.warning("a trip was left unsettled", outbox_id=trip.id, owner=trip.owner)
                self._deliveries.end(trip.id, _not_kept(trip, kept))

    async def settle(self) -> int:
        """Settle every trip that has ended; the credits paid back. What fails is tried again."""
        ended = self._deliveries.ended.items()
        due = [(number, lost) for number, lost in ended if number not in self._put_off]
        whole = [number for number, lost in due if not lost]
        for start in range(0, len(whole), _AT_ONCE):
            with self._taking_out(whole[start : start + _AT_ONCE]) as some:
                await self._commits.settle(some)
        paid = 0
        for number, lost in due:
            if lost:
                with self._taking_out([number]):
                    paid += await threads.run(self._back.give_back, number, set(lost))
        return paid

    @contextlib.contextmanager
    def _taking_out(self, trips: Sequence[int]) -> Iterator[Sequence[int]]:
        """They are settled when the block ends. Settling twice changes nothing, so they stay where it fails."""
        try:
            yield trips
        except errors.KolbaError as error:
            _log.warning("trips are settled later", reason=str(error))
        except Exception:  # nobody else's trip may wait for this one
            _log.exception("trips cannot be settled", outbox_ids=trips)
            self._put_off.update(trips)
        else:
            for number in trips:
                del self._deliveries.ended[number]

    def _read_own(self) -> tuple[list[repository.Unsettled], Collection[tuple[str, int]]]:
        return self._back.unsettled(self._deliveries.marks.owner), self._kept()

    def _read_left(
        self, now: dt.datetime
    ) -> tuple[list[repository.Unsettled], Collection[tuple[str, int]]]:
        owner = self._deliveries.marks.owner
        own = self._back.unsettled(owner, before=now - _FORGOTTEN_AFTER)
        others = self._back.abandoned(owner, before=now - _ABANDONED_AFTER)
        return own + others, self._kept() if own or others else ()


def _not_kept(trip: repository.Unsettled, kept: Collection[tuple[str, int]]) -> list[int]:
    return [place for place in range(trip.count) if (trip.owner, trip.serial + place) not in kept]
