"""The contributions' SQL."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from typing import NamedTuple

import sqlalchemy
from sqlalchemy import orm

from kolba.collector.contributions import models
from kolba.kit.db import listing

Session = orm.Session
Row = models.ContributionRow
_ROWS_AT_ONCE = 1000
_SORTABLE = {
    "id": Row.id,
    "changed_at": Row.changed_at,
    "created_at": Row.created_at,
    "label": Row.label,
    "person": Row.person,
    "size_bytes": Row.size_bytes,
}


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Filter:
    """What must be equal; None: anything."""

    person: str | None = None
    label: int | None = None
    was_wrong: bool | None = None
    sha256: str | None = None


class Kept(NamedTuple):
    """How much there is."""

    images: int
    size_bytes: int


def lock(session: Session) -> None:
    """Until the transaction ends nobody else changes contributions."""
    session.get_one(models.ContributionChangesRow, 1, with_for_update=True)


def count_change(session: Session) -> None:
    """As `lock`; and the contributions count as changed."""
    row = session.get_one(models.ContributionChangesRow, 1, with_for_update=True)
    row.count += 1


def changes(session: Session) -> int:
    return session.get_one(models.ContributionChangesRow, 1).count


def find(session: Session, person: str, sha256: str) -> Row | None:
    query = sqlalchemy.select(Row).where(Row.person == person, Row.sha256 == sha256)
    return session.scalar(query)


def get(session: Session, number: int) -> Row | None:
    return session.get(Row, number)


def add(session: Session, row: Row) -> None:
    session.add(row)
    session.flush()


def delete(session: Session, row: Row) -> None:
    session.delete(row)
    session.flush()


def kept(session: Session, person: str | None = None) -> Kept:
    """Of one person, or of everybody."""
    size = sqlalchemy.func.coalesce(sqlalchemy.func.sum(Row.size_bytes), 0)
    query = sqlalchemy.select(sqlalchemy.func.count(), size).select_from(Row)
    if person is not None:
        query = query.where(Row.person == person)
    number, size_bytes = session.execute(query).one()
    return Kept(images=number, size_bytes=int(size_bytes))


def is_named(session: Session, sha256: str) -> bool:
    """Whether somebody's contribution is that file."""
    query = sqlalchemy.select(Row.id).where(Row.sha256 == sha256).limit(1)
    return session.scalar(query) is not None


def page(
    session: Session,
    wanted: Filter,
    person: str | None,
    *,
    sort: str,
    limit: int,
    offset: int,
) -> tuple[list[Row], int]:
    """One page of what `person` (None: everybody) has contributed, and how many pass. Raises `InvalidInput`."""
    query = sqlalchemy.select(Row).options(orm.defer(Row.digit))
    if person is not None:
        query = query.where(Row.person == person)
    for field in dataclasses.fields(wanted):
        value = getattr(wanted, field.name)
        if value is not None:
            query = query.where(getattr(Row, field.name) == value)
    return listing.page(session, query, sortable=_SORTABLE, sort=sort, limit=limit, offset=offset)


def digits(session: Session) -> Iterator[list[tuple[bytes, int]]]:
    """Every digit's file and label, the oldest contribution first, some at a time."""
    query = sqlalchemy.select(Row.digit, Row.label).order_by(Row.id)
    found = session.execute(query.execution_options(yield_per=_ROWS_AT_ONCE))
    for part in found.partitions():
        yield [(row.digit, row.label) for row in part]
