"""The cursors' SQL."""

from __future__ import annotations

import datetime as dt

import sqlalchemy.exc
from sqlalchemy import orm

from kolba.collector.batches import models


def position(session: orm.Session, source: str) -> int:
    """Where the next part begins, in rows."""
    row = session.get(models.CursorRow, source)
    return row.position if row is not None else 0


def take(session: orm.Session, source: str, *, size: int, total: int, now: dt.datetime) -> int:
    """Move the cursor by `size` rows, no further than `total`, and answer where it stood.

    The row is locked until the transaction ends, so that no two parts begin at one place.
    """
    row = _locked(session, source, now)
    start = min(row.position, total)
    row.position = min(start + size, total)
    row.moved_at = now
    return start


def reset(session: orm.Session, source: str, now: dt.datetime) -> None:
    row = _locked(session, source, now)
    row.position = 0
    row.moved_at = now


def _locked(session: orm.Session, source: str, now: dt.datetime) -> models.CursorRow:
    row = session.get(models.CursorRow, source, with_for_update=True)
    if row is not None:
        return row
    try:
        with session.begin_nested():
            fresh = models.CursorRow(source=source, position=0, moved_at=now)
            session.add(fresh)
    except sqlalchemy.exc.IntegrityError:
        # Somebody else has made it meanwhile (PostgreSQL; SQLite has one writer at a time).
        return session.get_one(models.CursorRow, source, with_for_update=True)
    else:
        return fresh
