"""The SQL of predictions.

Writing is the one place of storage that goes round SQLAlchemy's compiler: rows are tuples, given to the driver as they
are. Reading merges series: see `_numbers`.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
from collections.abc import Collection, Mapping, Sequence
from typing import Any

import sqlalchemy
from sqlalchemy import orm

from kolba.storage.predictions import documents, models

_SERIES_COLUMNS = documents.Series._fields
_COLUMNS = ("series_id", *documents.Entry._fields)
_LEEWAY = 1_000_000
"""Microseconds. How far a prediction's moment may be from the moment in its id."""
_AT_ONCE = 500
"""Ids in one statement."""
_BELOW_ALL, _ABOVE_ALL = b"", b"\xff" * 17

_table, _series = models.PredictionRow, models.SeriesRow


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Filter:
    """What must be equal, and between which moments (`since` ≤ at < `until`) and ids; None: anything."""

    person: str | None = None
    model: str | None = None
    model_id: int | None = None
    version: str | None = None
    protocol: str | None = None
    has_images: bool | None = None
    since: dt.datetime | None = None
    until: dt.datetime | None = None
    before: bytes | None = None
    after: bytes | None = None


def find_series(
    session: orm.Session, wanted: Collection[documents.Series]
) -> dict[documents.Series, int]:
    """The numbers of the series; those that are new get one."""
    # In one order, so that two batches that bring the same wait for each other instead of in a circle.
    ordered = sorted(wanted)
    session.connection().exec_driver_sql(
        _insert(session, _series.__tablename__, _SERIES_COLUMNS), ordered
    )
    return {one: _series_id(session, one) for one in ordered}


def add(session: orm.Session, rows: Sequence[tuple[Any, ...]]) -> int:
    """Insert rows (the number of the series, then the entry's values) that are not yet known; how many were new.

    The rows are to be sorted by id, for the reason above.
    """
    statement = _insert(session, _table.__tablename__, _COLUMNS)
    done = session.connection().exec_driver_sql(statement, list(rows))
    return done.rowcount


def known(session: orm.Session, wanted: Sequence[bytes]) -> set[bytes]:
    """Those of the predictions that there are already."""
    found: set[bytes] = set()
    for start in range(0, len(wanted), _AT_ONCE):
        query = sqlalchemy.select(_table.id).where(_table.id.in_(wanted[start : start + _AT_ONCE]))
        found.update(session.scalars(query))
    return found


def get(
    session: orm.Session, prediction_id: bytes
) -> tuple[documents.Series, documents.Entry] | None:
    row = session.execute(_selected().where(_table.id == prediction_id)).one_or_none()
    return None if row is None else _pair(row)


def page(
    session: orm.Session, wanted: Filter, *, limit: int
) -> list[tuple[documents.Series, documents.Entry]]:
    """The newest `limit` that pass, the newest first."""
    numbers = session.scalars(_numbers(wanted, limit)).all()
    found = session.execute(_selected().where(_table.number.in_(numbers)))
    return sorted((_pair(row) for row in found), key=lambda pair: pair[1].id, reverse=True)


def count(session: orm.Session, wanted: Filter) -> int:
    """How many pass, whatever the page."""
    query = sqlalchemy.select(sqlalchemy.func.count()).select_from(_table)
    if _equalities(wanted):
        query = query.join(_series, _series.id == _table.series_id).where(*_equalities(wanted))
    return session.scalar(query.where(*_between(_table, wanted))) or 0


def _insert(session: orm.Session, table: str, columns: Sequence[str]) -> str:
    mark = "?" if session.connection().dialect.paramstyle == "qmark" else "%s"
    marks = ", ".join([mark] * len(columns))
    names = ", ".join(columns)
    # Only names of this module are put together here; values are parameters.
    return f"INSERT INTO {table} ({names}) VALUES ({marks}) ON CONFLICT DO NOTHING"  # noqa: S608


def _series_id(session: orm.Session, wanted: documents.Series) -> int:
    query = sqlalchemy.select(_series.id).where(*_same(wanted._asdict()))
    return session.execute(query).scalar_one()


def _numbers(wanted: Filter, limit: int) -> sqlalchemy.Select[Any]:
    """The rows of the page, found without touching any other.

    The newest `limit` of some series can only be in the `limit` series whose own newest are the newest, and among the
    newest `limit` of each. So: one look at the end of every series that passes, then at most `limit` x `limit` entries
    of one index, however many predictions there are.
    """
    if not _equalities(wanted):
        query = sqlalchemy.select(_table.number).where(*_between(_table, wanted))
        return query.order_by(_table.id.desc()).limit(limit)
    newest = (
        sqlalchemy.select(_series.id, _nth_newest(_series.id, wanted, 1).label("newest"))
        .where(*_equalities(wanted))
        .order_by(sqlalchemy.desc("newest").nulls_last())
        .limit(limit)
        .subquery()
    )
    oldest = sqlalchemy.func.coalesce(_nth_newest(newest.c.id, wanted, limit), _BELOW_ALL)
    return (
        sqlalchemy.select(_table.number)
        .select_from(newest)
        .join(_table, _table.series_id == newest.c.id)
        .where(_table.id >= oldest, *_between(_table, wanted))
        .order_by(_table.id.desc())
        .limit(limit)
    )


def _nth_newest(series_id: Any, wanted: Filter, position: int) -> sqlalchemy.ScalarSelect[Any]:
    """The id of a series' prediction at `position` from its end, within the wanted time."""
    other = orm.aliased(_table)
    return (
        sqlalchemy.select(other.id)
        .where(other.series_id == series_id, *_between(other, wanted))
        .order_by(other.id.desc())
        .limit(1)
        .offset(position - 1)
        .scalar_subquery()
    )


def _between(table: Any, wanted: Filter) -> list[sqlalchemy.ColumnElement[bool]]:
    """The time and the cursor. Ids bound the search, for they are indexed; moments make it exact."""
    above = max(wanted.after or _BELOW_ALL, _first_id(wanted.since, -_LEEWAY) or _BELOW_ALL)
    below = min(wanted.before or _ABOVE_ALL, _first_id(wanted.until, _LEEWAY) or _ABOVE_ALL)
    conditions = [table.id > above, table.id < below]
    if wanted.since is not None:
        conditions.append(table.at >= documents.microseconds(wanted.since))
    if wanted.until is not None:
        conditions.append(table.at < documents.microseconds(wanted.until))
    return conditions


def _first_id(moment: dt.datetime | None, leeway: int) -> bytes | None:
    """Less than every UUIDv7 made `leeway` microseconds after `moment` or later (RFC 9562, 5.7: 48 bits of ms)."""
    if moment is None:
        return None
    milliseconds = (documents.microseconds(moment) + leeway) // 1000
    return min(max(milliseconds, 0), 2**48 - 1).to_bytes(6, "big")


def _equalities(wanted: Filter) -> list[sqlalchemy.ColumnElement[bool]]:
    return _same({name: getattr(wanted, name) for name in _SERIES_COLUMNS})


def _same(values: Mapping[str, Any]) -> list[sqlalchemy.ColumnElement[bool]]:
    return [getattr(_series, name) == value for name, value in values.items() if value is not None]


def _selected() -> sqlalchemy.Select[Any]:
    columns = [getattr(_series, name) for name in _SERIES_COLUMNS]
    columns += [getattr(_table, name) for name in documents.Entry._fields]
    return sqlalchemy.select(*columns).join(_series, _series.id == _table.series_id)


def _pair(row: Sequence[Any]) -> tuple[documents.Series, documents.Entry]:
    width = len(_SERIES_COLUMNS)
    return documents.Series(*row[:width]), documents.Entry(*row[width:])
