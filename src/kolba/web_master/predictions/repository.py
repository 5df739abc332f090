"""All SQL of the prediction path."""

from __future__ import annotations

import dataclasses
import itertools
from collections.abc import Sequence

import sqlalchemy as sa

from kolba.kit.db import engine
from kolba.web_master.predictions import models


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Batch:
    """Predictions recorded together, as one JSON array."""

    predictions: bytes
    count: int


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Stored(Batch):
    id: int


class Outbox:
    """Calls block."""

    def __init__(self, database: engine.Database) -> None:
        self._database = database
        self._writing = database.engine.execution_options(**engine.WRITING)

    def append(self, batches: Sequence[Batch]) -> None:
        """Keep the batches in one transaction; durable when this returns."""
        rows = [{"predictions": one.predictions, "count": one.count} for one in batches]
        with engine.telling_faults(), self._writing.begin() as connection:
            connection.execute(_INSERT, rows)

    def oldest(self, *, max_predictions: int) -> tuple[list[Stored], bool]:
        """The oldest batches that together hold at most so many predictions, but at least one batch.

        Also whether there are more of them.
        """
        with self._database.engine.connect() as connection:
            sizes = connection.execute(_SIZES.limit(max_predictions + 1)).all()
            chosen = sizes[: max(1, _fitting([count for _, count in sizes], max_predictions))]
            if not chosen:
                return [], False
            rows = connection.execute(_BATCHES, {"ids": [number for number, _ in chosen]})
            batches = [Stored(id=row[0], predictions=row[1], count=row[2]) for row in rows]
            return batches, len(sizes) > len(chosen)

    def remove(self, batches: Sequence[Stored]) -> None:
        """Forget these, by their ids: one with a lower id may since have been committed by another web master."""
        with self._writing.begin() as connection:
            connection.execute(_DELETE, {"ids": [one.id for one in batches]})

    def refuse(self, batch: Stored) -> None:
        """Keep it aside: storage will not take it, and the others must not wait behind it."""
        with self._writing.begin() as connection:
            connection.execute(_REFUSE, {"ids": [batch.id]})

    def checkpoint(self) -> None:
        """Copy the write-ahead log into the database, without holding anyone up (SQLite; elsewhere nothing)."""
        if self._database.is_sqlite:
            with self._database.engine.connect() as connection:
                connection.connection.cursor().execute("PRAGMA wal_checkpoint(PASSIVE)")

    def waiting(self) -> int:
        """How many predictions have not reached storage."""
        with self._database.engine.connect() as connection:
            return connection.scalar(_WAITING) or 0


class InPlace:
    """Writes by single statements on a connection of its own (SQLite).

    A commit to the write-ahead log takes a tenth of a millisecond. Handing it to a thread costs several times that:
    the thread must win the interpreter's lock back after every step it takes in the database. Copying the log into
    the database is left to `Outbox.checkpoint`, so that no request waits for it.
    """

    def __init__(self, database: engine.Database) -> None:
        self._connection = database.engine.raw_connection()
        for pragma in ("wal_autocheckpoint=0", f"busy_timeout={_BUSY_MILLISECONDS}"):
            self._connection.cursor().execute(f"PRAGMA {pragma}")
        self._insert = str(_INSERT.compile(dialect=database.engine.dialect, column_keys=_COLUMNS))

    def append(self, batches: Sequence[Batch]) -> None:
        """Keep the batches; each is durable when this returns. Raises `StorageFull`."""
        with engine.telling_faults():
            cursor = self._connection.cursor()
            cursor.executemany(self._insert, [(one.predictions, one.count) for one in batches])
            cursor.close()

    def remove(self, batches: Sequence[Stored]) -> None:
        places = ",".join("?" * len(batches))
        cursor = self._connection.cursor()
        cursor.execute(
            f"DELETE FROM {models.OutboxBatch.__tablename__} WHERE id IN ({places})",  # noqa: S608
            [one.id for one in batches],
        )
        cursor.close()

    def close(self) -> None:
        self._connection.close()


_BUSY_MILLISECONDS = 500
"""How long the event loop is held up by another writer at most; then the callers are told to come back."""
_OUTBOX = models.OutboxBatch.__table__.c
_COLUMNS = ["predictions", "count"]
_INSERT = sa.insert(models.OutboxBatch)
_SIZES = (
    sa.select(_OUTBOX.id, _OUTBOX["count"])
    .where(_OUTBOX.refused == sa.false())
    .order_by(_OUTBOX.id)
)
_BATCHES = (
    sa.select(_OUTBOX.id, _OUTBOX.predictions, _OUTBOX["count"])
    .where(_OUTBOX.id.in_(sa.bindparam("ids", expanding=True)))
    .order_by(_OUTBOX.id)
)
_DELETE = sa.delete(models.OutboxBatch).where(_OUTBOX.id.in_(sa.bindparam("ids", expanding=True)))
_REFUSE = (
    sa.update(models.OutboxBatch)
    .where(_OUTBOX.id.in_(sa.bindparam("ids", expanding=True)))
    .values(refused=sa.true())
)
_WAITING = sa.select(sa.func.sum(_OUTBOX["count"]))


def _fitting(sizes: Sequence[int], limit: int) -> int:
    """How many of `sizes`, from the first, sum to at most `limit`."""
    sums = itertools.accumulate(sizes)
    return sum(1 for _ in itertools.takewhile(lambda total: total <= limit, sums))
