"""The rules of the history: written before the work, completed after, settled from the run where one goes on."""

from __future__ import annotations

import asyncio
import contextlib
import dataclasses
import datetime as dt
from collections.abc import AsyncIterator, Sequence
from typing import Any, Protocol

import structlog

from kolba.contracts import pages, runs, scenarios
from kolba.kit import clock, context, identity
from kolba.kit import errors as kit_errors
from kolba.web_master.history import cutting, errors, repository

_SETTLED_AT_ONCE = 200
_READ_AT_ONCE = 200
_ASKED_IN_PARALLEL = 16
_log = structlog.get_logger("kolba.history")


class Runs(Protocol):
    """Where runs are looked up."""

    async def run(self, run_id: int) -> runs.Run: ...
    async def list_runs(self, **query: Any) -> pages.Page[runs.Run]: ...


class Entry:
    """One scenario run while it goes on: what it is to leave in the history."""

    def __init__(self, entry_id: int) -> None:
        self.id = entry_id
        self.result: dict[str, Any] = {}
        self.run_id: int | None = None
        self.goes_on = False
        """The work goes on in `run_id` after the request; the run's end will be the entry's."""


class History:
    def __init__(
        self,
        entries: repository.HistoryRepository,
        looked_up: Runs,
        *,
        limits: cutting.Limits,
        time: clock.Clock,
    ) -> None:
        self._entries = entries
        self._runs = looked_up
        self._limits = limits
        self._clock = time

    def mark_interrupted(self, *, older_than_seconds: float) -> int:
        """At start-up: what was going on when the process ended is failed. Blocks. How many there were."""
        before = self._clock.now() - dt.timedelta(seconds=older_than_seconds)
        problem = errors.Interrupted().problem(context.current().language)
        return self._entries.end_interrupted(before=before, result={"problem": problem})

    @contextlib.asynccontextmanager
    async def recording(self, scenario: str, inputs: dict[str, Any]) -> AsyncIterator[Entry]:
        """Records the block's work: its beginning before, its outcome, duration and result after."""
        started = self._clock.now()
        entry = Entry(await self._begin(scenario, inputs, started))
        try:
            yield entry
        except BaseException as error:
            await self._end(entry, "failed", started, {"problem": _problem(error)})
            raise
        if entry.goes_on and entry.run_id is not None:
            await asyncio.to_thread(
                self._entries.follow, entry.id, run_id=entry.run_id, result=entry.result
            )
        else:
            await self._end(entry, "succeeded", started, entry.result)

    async def page(
        self, chosen: repository.Filter, *, sort: str, limit: int, offset: int
    ) -> pages.Page[scenarios.HistoryEntry]:
        """One page of what the present person may see, after what goes on in runs was brought up to date."""
        seen = _as_seen(chosen)
        await self._settle(seen.seen_by)
        items, total = await asyncio.to_thread(
            self._entries.page, seen, sort=sort, limit=limit, offset=offset
        )
        return pages.Page(items=items, total=total)

    async def parts(self, chosen: repository.Filter) -> AsyncIterator[list[scenarios.HistoryEntry]]:
        """All of what the present person may see, the newest first, some at a time."""
        seen = _as_seen(chosen)
        await self._settle(seen.seen_by)
        than: int | None = None
        while part := await asyncio.to_thread(
            self._entries.older, seen, than=than, limit=_READ_AT_ONCE
        ):
            yield part
            than = part[-1].id

    async def ping(self) -> str:
        """Whether the database answers, for the health check."""
        await asyncio.to_thread(self._entries.ping)
        return "ok"

    async def _begin(self, scenario: str, inputs: dict[str, Any], started: dt.datetime) -> int:
        request = context.current()
        return await asyncio.to_thread(
            self._entries.begin,
            scenario=scenario,
            person=request.person.name,
            request_id=request.request_id,
            inputs=cutting.cut(inputs, self._limits),
            started_at=started,
        )

    async def _end(
        self, entry: Entry, outcome: str, started: dt.datetime, result: dict[str, Any]
    ) -> None:
        await asyncio.to_thread(
            self._entries.end,
            entry.id,
            outcome=outcome,
            duration_ms=_milliseconds(self._clock.now() - started),
            result=result,
            run_id=entry.run_id,
        )

    async def _settle(self, seen_by: str | None) -> None:
        """One question for all that goes on, and one more for each run that has ended since the last time."""
        followed = await asyncio.to_thread(self._entries.followed, seen_by, _SETTLED_AT_ONCE)
        if not followed:
            return
        # Whoever looks: a run that they may not see has not gone.
        with context.acting_as(identity.SYSTEM):
            try:
                open_runs = await self._unfinished(followed)
            except kit_errors.KolbaError as error:
                _log.warning("runs not settled", reason=str(error))
                return  # the history is worth showing while storage is away
            turns = asyncio.Semaphore(_ASKED_IN_PARALLEL)
            ended = (entry for entry in followed if entry.run_id not in open_runs)
            await asyncio.gather(*(self._settle_one(entry, turns) for entry in ended))

    async def _unfinished(self, followed: Sequence[scenarios.HistoryEntry]) -> set[int]:
        ids = ",".join(str(entry.run_id) for entry in followed)
        found = await self._runs.list_runs(ids=ids, limit=len(followed))
        return {run.id for run in found.items if not run.state.is_final}

    async def _settle_one(self, entry: scenarios.HistoryEntry, turns: asyncio.Semaphore) -> None:
        """The whole of the run is asked for: what is long is cut in a list."""
        assert entry.run_id is not None
        try:
            async with turns:
                run = await self._runs.run(entry.run_id)
        except kit_errors.RemoteProblem as error:
            if error.remote_status == 404:
                await self._settle_as_gone(entry, entry.run_id)
            return
        except kit_errors.KolbaError as error:
            _log.warning("run not settled", run_id=entry.run_id, reason=str(error))
            return
        if run.state.is_final:
            await self._settle_as(entry, run)

    async def _settle_as(self, entry: scenarios.HistoryEntry, run: runs.Run) -> None:
        ended = run.finished_at or self._clock.now()
        await asyncio.to_thread(
            self._entries.end,
            entry.id,
            outcome=run.state.value,
            duration_ms=_milliseconds(ended - entry.started_at),
            result=cutting.cut(_result_of(run), self._limits),
        )

    async def _settle_as_gone(self, entry: scenarios.HistoryEntry, run_id: int) -> None:
        problem = errors.RunGone(run_id=run_id).problem(context.current().language)
        await asyncio.to_thread(
            self._entries.end,
            entry.id,
            outcome="failed",
            duration_ms=_milliseconds(self._clock.now() - entry.started_at),
            result={"run_id": run_id, "problem": problem},
        )


def _as_seen(chosen: repository.Filter) -> repository.Filter:
    """A filter narrows what one may see, and never widens it: other people's entries are not there to be found."""
    person = context.current().person
    return dataclasses.replace(chosen, seen_by=None if person.is_admin else person.name)


def _result_of(run: runs.Run) -> dict[str, Any]:
    result: dict[str, Any] = {"run_id": run.id}
    if run.model_id is not None:
        result["model_id"] = run.model_id
    if run.error is not None:
        result["problem"] = run.error
    return {**(run.result or {}), **result}


def _problem(error: BaseException) -> dict[str, Any]:
    language = context.current().language
    if isinstance(error, kit_errors.KolbaError):
        return error.problem(language)
    if isinstance(error, Exception):
        return kit_errors.KolbaError().problem(language)
    return errors.Interrupted().problem(language)


def _milliseconds(duration: dt.timedelta) -> float:
    return round(max(0.0, duration.total_seconds() * 1000), 3)
