"""The journal's SQL."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence

import sqlalchemy
from sqlalchemy import orm

from kolba.collector.journal import models
from kolba.kit.db import listing

Session = orm.Session
_SORTABLE = {
    "id": models.JournalRow.id,
    "at": models.JournalRow.at,
    "source": models.JournalRow.source,
    "action": models.JournalRow.action,
    "person": models.JournalRow.person,
    "outcome": models.JournalRow.outcome,
    "duration_ms": models.JournalRow.duration_ms,
    "rows": models.JournalRow.rows,
    "size_bytes": models.JournalRow.size_bytes,
}


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Filter:
    """What must be equal; None: anything."""

    source: str | None = None
    action: str | None = None
    outcome: str | None = None
    person: str | None = None
    request_id: str | None = None


def add(session: orm.Session, row: models.JournalRow) -> None:
    session.add(row)


def page(
    session: orm.Session,
    wanted: Filter,
    people: Sequence[str] | None,
    *,
    sort: str,
    limit: int,
    offset: int,
) -> tuple[list[models.JournalRow], int]:
    """One page of the entries of `people` (None: everybody), and how many pass the filter. Raises `InvalidInput`."""
    query = sqlalchemy.select(models.JournalRow)
    if people is not None:
        query = query.where(models.JournalRow.person.in_(people))
    for field in dataclasses.fields(wanted):
        value = getattr(wanted, field.name)
        if value is not None:
            query = query.where(getattr(models.JournalRow, field.name) == value)
    return listing.page(session, query, sortable=_SORTABLE, sort=sort, limit=limit, offset=offset)
