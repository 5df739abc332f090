"""The follower: settles each hold as its run ended, also for runs whose beginning a crash hid from us."""

from __future__ import annotations

import asyncio
import dataclasses
import datetime as dt
from typing import Any, Protocol

import structlog

from kolba.contracts import pages, runs
from kolba.kit import clock, context, errors, identity, threads
from kolba.web_master.ledger import errors as ledger_errors
from kolba.web_master.ledger.holds import repository

_ASKED_IN_PARALLEL = 8
_log = structlog.get_logger("kolba.ledger.holds")


class Runs(Protocol):
    """Where runs are looked up."""

    async def run(self, run_id: int) -> runs.Run: ...

    async def list_runs(self, **query: Any) -> pages.Page[runs.Run]: ...


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Pace:
    interval_seconds: float
    """Between two looks at the open holds."""
    lost_after_seconds: float
    """A hold whose run is unknown to storage for so long has none; longer than any request to create one takes.
    As long has a request to pay for the answer it is about to give."""
    at_a_time: int = 500
    """Holds in one look; the next goes on from there."""
    max_backoff_seconds: float = 30.0
    """Between two looks while storage does not answer."""


class Follower:
    """Any number of web masters may follow the same holds: each is settled once."""

    def __init__(
        self, holds: repository.HoldRepository, looked_up: Runs, pace: Pace, *, time: clock.Clock
    ) -> None:
        self._holds = holds
        self._runs = looked_up
        self._pace = pace
        self._clock = time
        self._after = 0

    async def run(self) -> None:
        """Follow until cancelled."""
        delay = self._pace.interval_seconds
        while True:
            try:
                await self.look()
                delay = self._pace.interval_seconds
            except errors.ServiceUnavailable:
                delay = min(delay * 2, self._pace.max_backoff_seconds)
                _log.warning("storage is away; holds wait", again_in_seconds=delay)
            except Exception:  # one bad look must not end all following; the operator sees it
                delay = self._pace.max_backoff_seconds
                _log.exception("holds could not be followed", again_in_seconds=delay)
            await asyncio.sleep(delay)

    async def look(self) -> int:
        """Settle what can be settled of the next open holds; how many were."""
        found = await threads.run(
            self._holds.open_ones, after=self._after, limit=self._pace.at_a_time
        )
        turns = asyncio.Semaphore(_ASKED_IN_PARALLEL)
        done = await asyncio.gather(
            *(self._follow(hold, turns) for hold in found), return_exceptions=True
        )
        self._after = found[-1].id if len(found) == self._pace.at_a_time else 0
        for failure in done:
            if isinstance(failure, BaseException):
                raise failure
        return sum(1 for settled in done if settled is True)

    async def settle_run(self, run_id: int) -> None:
        """Settle what is held for a run that is about to be forgotten: nobody could tell any more how it ended.

        Raises `errors.RunNotSettled` where it goes on: it could end, and be forgotten unpaid, before storage is asked
        to forget it. `RemoteProblem` 404 where whoever asks may not see it.
        """
        turns = asyncio.Semaphore(_ASKED_IN_PARALLEL)
        # As the system: a run that whoever asks may not see is not gone.
        with context.acting_as(identity.SYSTEM):
            for hold in await threads.run(self._holds.open_of, run_id):
                await self._follow(hold, turns)
        left = await threads.run(self._holds.open_of, run_id)
        if any(hold.run_id == run_id for hold in left):
            await self._runs.run(run_id)
            raise ledger_errors.RunNotSettled(run_id=run_id)

    async def _follow(self, hold: repository.Hold, turns: asyncio.Semaphore) -> bool:
        if hold.kind == "infer":
            return await self._await_payment(hold)
        async with turns:
            if hold.run_id is None:
                return await self._search(hold)
            try:
                run = await self._runs.run(hold.run_id)
            except errors.RemoteProblem as error:
                if error.remote_status != 404:
                    raise
                return await self._settle(hold, "released", why="its run is gone")
            return await self._settle_as(hold, run)

    async def _search(self, hold: repository.Hold) -> bool:
        """Whether a run was created may be unknown to us, never to storage."""
        looked_at = self._clock.now()
        found = await self._runs.list_runs(reference=hold.reference, limit=1)
        run = next((one for one in found.items if one.reference == hold.reference), None)
        if run is not None:
            await threads.run(self._holds.attach, hold.id, run.id)
            return await self._settle_as(hold, run)
        if not self._is_lost(hold, looked_at):
            return False
        return await self._settle(hold, "released", why="no run was created", unless_attached=True)

    async def _await_payment(self, hold: repository.Hold) -> bool:
        """Of an answer. Only the request that gives it pays for it: no run tells whether it was given."""
        if not self._is_lost(hold, self._clock.now()):
            return False
        return await self._settle(hold, "released", why="its answer was not given")

    def _is_lost(self, hold: repository.Hold, at: dt.datetime) -> bool:
        return at - hold.created_at >= dt.timedelta(seconds=self._pace.lost_after_seconds)

    async def _settle_as(self, hold: repository.Hold, run: runs.Run) -> bool:
        if not run.state.is_final:
            return False
        end: repository.End = "captured" if run.state is runs.State.SUCCEEDED else "released"
        return await self._settle(hold, end, why=f"its run {run.state.value}")

    async def _settle(
        self, hold: repository.Hold, end: repository.End, *, why: str, unless_attached: bool = False
    ) -> bool:
        settled = await threads.run(
            self._holds.settle, hold.id, end, at=self._clock.now(), unless_attached=unless_attached
        )
        if settled:
            _log.info("hold settled", hold_id=hold.id, end=end, run_id=hold.run_id, why=why)
        return settled
