"""The journal: every download from outside and every access from inside, in the database and in the log."""

from __future__ import annotations

import contextlib
import dataclasses
import time
from collections.abc import Iterator
from typing import Literal

import structlog

from kolba.collector.journal import models, repository
from kolba.contracts import sources
from kolba.kit import clock, context, errors, identity
from kolba.kit.db import engine

Action = sources.JournalAction
_LONGEST_DETAIL = 2000
_log = structlog.get_logger("kolba.collector.journal")


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """What happened. Who asked and when is found when it is written."""

    action: Action
    source: str
    duration_ms: float
    outcome: Literal["ok", "failed"]
    offset: int | None = None
    rows: int | None = None
    size_bytes: int | None = None
    detail: str = ""


def succeeded(
    action: Action,
    source: str,
    started: float,
    *,
    offset: int | None = None,
    rows: int | None = None,
    size_bytes: int | None = None,
    detail: str = "",
) -> Entry:
    """`started` is what `time.perf_counter` said at the beginning."""
    return Entry(
        action=action,
        source=source,
        duration_ms=_since(started),
        outcome="ok",
        offset=offset,
        rows=rows,
        size_bytes=size_bytes,
        detail=detail,
    )


def failed(action: Action, source: str, started: float, detail: str) -> Entry:
    shortened = detail[:_LONGEST_DETAIL]
    return Entry(
        action=action,
        source=source[:128],
        duration_ms=_since(started),
        outcome="failed",
        detail=shortened,
    )


class Journal:
    def __init__(self, database: engine.Database, watch: clock.Clock | None = None) -> None:
        self._database = database
        self._clock = watch or clock.SystemClock()

    def record(self, entry: Entry) -> None:
        """Write in a transaction of its own, then say so in the log."""
        with self._database.writing() as session:
            self.add(session, entry)
        announce(entry)

    def add(self, session: repository.Session, entry: Entry) -> None:
        """Write in the caller's transaction; the caller calls `announce` once it is committed."""
        request = context.current()
        row = models.JournalRow(
            **dataclasses.asdict(entry),
            at=self._clock.now(),
            person=request.person.name,
            request_id=request.request_id,
        )
        repository.add(session, row)

    @contextlib.contextmanager
    def noting_failures(self, action: Action, source: str, started: float) -> Iterator[None]:
        """An expected failure of the block is written; the block itself writes its success."""
        try:
            yield
        except errors.KolbaError as error:
            self.record(failed(action, source, started, f"{error.slug}: {error}"))
            raise

    def page(
        self, wanted: repository.Filter, *, sort: str, limit: int, offset: int
    ) -> tuple[list[models.JournalRow], int]:
        """One's own entries; administrators and services see everybody's."""
        with self._database.reading() as session:
            return repository.page(session, wanted, _seen(), sort=sort, limit=limit, offset=offset)


def _seen() -> list[str] | None:
    """Whose entries the person may see; None: everybody's."""
    person = context.current().person
    if person.sees_all:
        return None
    # Whoever sits at this machine started the service, and wants to know what it did by itself.
    return [person.name, identity.SYSTEM.name] if person.name == identity.LOCAL else [person.name]


def announce(entry: Entry) -> None:
    """The line in `collector.log`."""
    _log.info("journal", **dataclasses.asdict(entry))


def _since(started: float) -> float:
    return round((time.perf_counter() - started) * 1000, 3)
