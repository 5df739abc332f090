"""All SQL of the audit log. Every method is one transaction and blocks: call it from a thread."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from typing import Any

import sqlalchemy as sa
from sqlalchemy import orm

from kolba.kit.db import engine
from kolba.web_master.audit import chain, models

_CHUNK = 1000
_LOCK = 7_014_118_004
"""PostgreSQL's advisory lock under which entries are added: any number, but the same in every web master."""
_COLUMNS = [getattr(models.AuditEntry, name) for name in chain.COLUMNS]


@dataclasses.dataclass(frozen=True, kw_only=True)
class Filter:
    """Which entries; None: any."""

    actor: str | None = None
    action: str | None = None
    """Its beginning."""
    object_kind: str | None = None
    object_id: str | None = None
    outcome: str | None = None
    unfinished: bool = False
    """Only what was begun, and nothing says how it ended."""
    since: str | None = None
    until: str | None = None


EVERYTHING = Filter()


class AuditRepository:
    def __init__(self, database: engine.Database) -> None:
        self._database = database

    def append(self, entry: chain.Entry) -> chain.Entry:
        """Adds `entry` at the end, whatever its `seq`, `prev_hash` and `hash` are; as it was written.

        One after another, also where several web masters share the database.
        """
        with self._database.writing() as session:
            if not self._database.is_sqlite:  # SQLite has one writer at a time anyway
                session.execute(sa.select(sa.func.pg_advisory_xact_lock(_LOCK)))
            head = _head(session)
            placed = dataclasses.replace(entry, seq=head.seq + 1, prev_hash=head.hash)
            sealed = chain.seal(placed)
            session.add(models.AuditEntry(**dataclasses.asdict(sealed)))
        return sealed

    def head(self) -> chain.Link:
        """The end of the log; `chain.START` where it is empty."""
        with self._database.reading() as session:
            return _head(session)

    def find(self, hash_: str) -> chain.Entry | None:
        """The entry with this hash."""
        query = sa.select(*_COLUMNS).where(models.AuditEntry.hash == hash_)
        with self._database.reading() as session:
            return next((_entry(row) for row in session.execute(query)), None)

    def page(self, chosen: Filter, *, limit: int, offset: int) -> tuple[list[chain.Entry], int]:
        """The newest entries first, one page of them, and how many there are."""
        conditions = _conditions(chosen)
        query = (
            sa.select(*_COLUMNS)
            .where(*conditions)
            .order_by(models.AuditEntry.seq.desc())
            .limit(limit)
            .offset(offset)
        )
        count = sa.select(sa.func.count()).select_from(models.AuditEntry).where(*conditions)
        with self._database.reading() as session:
            return [_entry(row) for row in session.execute(query)], session.scalar(count) or 0

    def walk(
        self, chosen: Filter = EVERYTHING, *, after: int | None = None
    ) -> Iterator[list[chain.Entry]]:
        """All entries in their order, some hundreds at a time; a slow reader holds no transaction open."""
        entry = models.AuditEntry
        query = sa.select(*_COLUMNS).where(*_conditions(chosen)).order_by(entry.seq).limit(_CHUNK)
        while True:
            # The first question has no lower bound: an entry put in before the first must be seen too.
            further = query if after is None else query.where(entry.seq > after)
            with self._database.reading() as session:
                found = [_entry(row) for row in session.execute(further)]
            if not found:
                return
            yield found
            after = found[-1].seq


def _head(session: orm.Session) -> chain.Link:
    entry = models.AuditEntry
    query = sa.select(entry.seq, entry.hash).order_by(entry.seq.desc()).limit(1)
    row = session.execute(query).first()
    return chain.START if row is None else chain.Link(seq=row.seq, hash=row.hash)


def _entry(row: Any) -> chain.Entry:
    return chain.Entry(**dict(zip(chain.COLUMNS, row, strict=True)))


def _conditions(chosen: Filter) -> list[sa.ColumnElement[bool]]:
    entry = models.AuditEntry
    wanted = {
        entry.actor: chosen.actor,
        entry.object_kind: chosen.object_kind,
        entry.object_id: chosen.object_id,
        entry.outcome: chosen.outcome,
    }
    found = [column == value for column, value in wanted.items() if value is not None]
    if chosen.unfinished:
        ending = orm.aliased(entry)
        ended = sa.select(ending.seq).where(ending.begun == entry.seq).exists()
        found += [entry.outcome == "begun", ~ended]
    if chosen.action is not None:
        found.append(entry.action.startswith(chosen.action, autoescape=True))
    if chosen.since is not None:
        found.append(entry.at >= chosen.since)
    if chosen.until is not None:
        found.append(entry.at < chosen.until)
    return found
