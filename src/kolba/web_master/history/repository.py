"""All SQL of the history. Every method is one transaction and blocks: call it from a thread."""

from __future__ import annotations

import dataclasses
import datetime as dt
from typing import Any

import sqlalchemy as sa

from kolba.contracts import scenarios
from kolba.kit.db import engine, listing, statements
from kolba.web_master.history import models

_RUNNING = "running"
_SORTABLE = {
    "id": models.ScenarioRun.id,
    "started_at": models.ScenarioRun.started_at,
    "duration_ms": models.ScenarioRun.duration_ms,
    "scenario": models.ScenarioRun.scenario,
    "person": models.ScenarioRun.person,
    "outcome": models.ScenarioRun.outcome,
}


@dataclasses.dataclass(frozen=True, kw_only=True)
class Filter:
    """Which entries; None: any."""

    seen_by: str | None = None
    """Only this person's own; whatever else is asked for, it stays with that."""
    scenario: str | None = None
    person: str | None = None
    outcome: str | None = None
    since: dt.datetime | None = None
    until: dt.datetime | None = None


class HistoryRepository:
    def __init__(self, database: engine.Database) -> None:
        self._database = database

    def begin(
        self,
        *,
        scenario: str,
        person: str,
        request_id: str,
        inputs: dict[str, Any],
        started_at: dt.datetime,
    ) -> int:
        """Writes an entry that is going on; its id."""
        row = models.ScenarioRun(
            scenario=scenario,
            person=person,
            request_id=request_id,
            inputs=inputs,
            started_at=started_at,
            outcome=_RUNNING,
            result={},
        )
        with self._database.writing() as session:
            session.add(row)
            session.flush()
            return row.id

    def follow(self, entry_id: int, *, run_id: int, result: dict[str, Any]) -> None:
        """The work goes on in a run."""
        self._change(entry_id, run_id=run_id, result=result)

    def end(
        self,
        entry_id: int,
        *,
        outcome: str,
        duration_ms: float,
        result: dict[str, Any],
        run_id: int | None = None,
    ) -> None:
        """Settles an entry once; an entry that already has an outcome keeps it."""
        changes: dict[str, Any] = {
            "outcome": outcome,
            "duration_ms": duration_ms,
            "result": result,
        }
        if run_id is not None:
            changes["run_id"] = run_id
        self._change(entry_id, **changes)

    def end_interrupted(self, *, before: dt.datetime, result: dict[str, Any]) -> int:
        """Fails what was going on without a run when its process ended; how many there were."""
        run = models.ScenarioRun
        statement = (
            sa.update(run)
            .where(run.outcome == _RUNNING, run.run_id.is_(None), run.started_at <= before)
            .values(outcome="failed", result=result)
        )
        with self._database.writing() as session:
            return statements.changed(session, statement)

    def followed(self, seen_by: str | None, limit: int) -> list[scenarios.HistoryEntry]:
        """The entries of a person (None: everybody's) whose runs may have ended since, oldest first."""
        run = models.ScenarioRun
        query = (
            _query(Filter(seen_by=seen_by))
            .where(run.outcome == _RUNNING, run.run_id.is_not(None))
            .order_by(run.id)
            .limit(limit)
        )
        with self._database.reading() as session:
            return [_entry(row) for row in session.scalars(query)]

    def page(
        self, chosen: Filter, *, sort: str, limit: int, offset: int
    ) -> tuple[list[scenarios.HistoryEntry], int]:
        """One page of the entries and their number. Raises `InvalidInput` for an unknown sort key."""
        with self._database.reading() as session:
            rows, total = listing.page(
                session,
                _query(chosen),
                sortable=_SORTABLE,
                sort=sort,
                limit=limit,
                offset=offset,
            )
            return [_entry(row) for row in rows], total

    def older(
        self, chosen: Filter, *, than: int | None, limit: int
    ) -> list[scenarios.HistoryEntry]:
        """The `limit` newest of the entries written before the entry `than` (None: of all), the newest first."""
        query = _query(chosen).order_by(models.ScenarioRun.id.desc()).limit(limit)
        if than is not None:
            query = query.where(models.ScenarioRun.id < than)
        with self._database.reading() as session:
            return [_entry(row) for row in session.scalars(query)]

    def ping(self) -> None:
        self._database.ping()

    def _change(self, entry_id: int, **values: Any) -> None:
        run = models.ScenarioRun
        statement = (
            sa.update(run).where(run.id == entry_id, run.outcome == _RUNNING).values(**values)
        )
        with self._database.writing() as session:
            session.execute(statement)


def _query(chosen: Filter) -> sa.Select[models.ScenarioRun]:
    run = models.ScenarioRun
    wanted = {
        run.scenario: chosen.scenario,
        run.person: chosen.person,
        run.outcome: chosen.outcome,
    }
    query = sa.select(run).where(
        *(column == value for column, value in wanted.items() if value is not None)
    )
    if chosen.seen_by is not None:
        query = query.where(run.person == chosen.seen_by)
    if chosen.since is not None:
        query = query.where(run.started_at >= chosen.since)
    if chosen.until is not None:
        query = query.where(run.started_at < chosen.until)
    return query


def _entry(row: models.ScenarioRun) -> scenarios.HistoryEntry:
    return scenarios.HistoryEntry.model_validate(row, from_attributes=True)
