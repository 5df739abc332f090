"""All SQL of the prediction path."""

from __future__ import annotations

import dataclasses
import datetime as dt
import itertools
from collections.abc import Callable, Sequence
from typing import Any

import sqlalchemy as sa

from kolba.kit import failpoints
from kolba.kit.db import engine
from kolba.web_master.ledger import charging
from kolba.web_master.ledger.books import repository as books
from kolba.web_master.predictions import models


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Charges:
    """What a trip's predictions cost, and by which numbers it is known that their answers left."""

    each: Sequence[charging.Charge | None]
    """Of each prediction; None: free."""
    owner: str
    serial: int
    """The first number of as many as there are predictions."""
    reference: str


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Batch:
    """Predictions that share a trip, to be recorded together."""

    documents: Sequence[bytes]
    """Each as a JSON object."""
    charges: Charges | None = None
    """None: all of them are free."""


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Recorded:
    """What became of a batch that costs something."""

    id: int | None
    """In the outbox; None where nobody could pay."""
    admitted: Sequence[bool]
    """Which predictions were paid for, and are recorded."""


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Stored:
    id: int
    predictions: bytes
    """A JSON array."""
    count: int


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Unsettled:
    """Charged predictions whose answers may not have left."""

    id: int
    owner: str
    serial: int
    count: int


class Outbox:
    """Calls block."""

    def __init__(self, database: engine.Database) -> None:
        self._database = database
        self._writing = database.engine.execution_options(**engine.WRITING)

    def append(self, batches: Sequence[Batch]) -> list[Recorded | None]:
        """Charge for and keep the batches in one transaction; durable when this returns."""
        with engine.telling_faults(), self._writing.begin() as connection:
            _lock_accounts(books.ConnectionBook(connection), batches)
            return [self._append(connection, batch) for batch in batches]

    def oldest(self, *, max_predictions: int, max_bytes: int) -> tuple[list[Stored], bool]:
        """The oldest batches that together hold at most so many predictions and bytes, but at least one batch.

        Also whether there are more of them.
        """
        with self._database.engine.connect() as connection:
            sizes = connection.execute(_SIZES.limit(max_predictions + 1)).all()
            fitting = min(
                _fitting([count for _, count, _ in sizes], max_predictions),
                _fitting([size for _, _, size in sizes], max_bytes),
            )
            chosen = sizes[: max(1, fitting)]
            if not chosen:
                return [], False
            rows = connection.execute(_BATCHES, {"ids": [number for number, _, _ in chosen]})
            batches = [Stored(id=row[0], predictions=row[1], count=row[2]) for row in rows]
            return batches, len(sizes) > len(chosen)

    def remove(self, ids: Sequence[int]) -> None:
        """Forget these: one with a lower id may since have been committed by another web master."""
        with self._writing.begin() as connection:
            connection.execute(_DELETE, {"ids": list(ids)})

    def settle(self, ids: Sequence[int]) -> None:
        """Every answer of these has left."""
        with self._writing.begin() as connection:
            connection.execute(_SETTLE, {"ids": list(ids)})

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

    def _append(self, connection: sa.Connection, batch: Batch) -> Recorded | None:
        if batch.charges is None:
            connection.execute(_INSERT, _free(batch))
            return None
        return _charged(
            batch, books.ConnectionBook(connection), lambda row: _inserted(connection, row)
        )


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
        dialect = database.engine.dialect
        self._insert = str(_INSERT.compile(dialect=dialect, column_keys=_FREE_COLUMNS))
        self._insert_charged = str(_INSERT.compile(dialect=dialect, column_keys=_CHARGED_COLUMNS))

    def append(self, batches: Sequence[Batch]) -> list[Recorded | None]:
        """Charge for and keep the batches; each is durable when this returns. Raises `StorageFull`."""
        with engine.telling_faults():
            return [self._append(batch) for batch in batches]

    def remove(self, ids: Sequence[int]) -> None:
        self._change("DELETE FROM {table} WHERE id IN ({places})", ids)

    def settle(self, ids: Sequence[int]) -> None:
        self._change("UPDATE {table} SET settled = 1 WHERE id IN ({places})", ids)

    def close(self) -> None:
        self._connection.close()

    def _append(self, batch: Batch) -> Recorded | None:
        cursor: Any = self._connection.cursor()
        if batch.charges is None:
            cursor.execute(self._insert, tuple(_free(batch).values()))
            return None
        cursor.execute("BEGIN IMMEDIATE")
        try:
            recorded = _charged(
                batch,
                books.CursorBook(cursor),
                lambda row: int(cursor.execute(self._insert_charged, _as_sqlite(row)).lastrowid),
            )
            failpoints.reach("predictions.charged")
            cursor.execute("COMMIT")
        except BaseException:
            if cursor.connection.in_transaction:  # a full disk has ended it already
                cursor.execute("ROLLBACK")
            raise
        failpoints.reach("predictions.committed")
        return recorded

    def _change(self, statement: str, ids: Sequence[int]) -> None:
        places = ",".join("?" * len(ids))
        table = models.OutboxBatch.__tablename__
        cursor = self._connection.cursor()
        cursor.execute(statement.format(table=table, places=places), list(ids))
        cursor.close()


_BUSY_MILLISECONDS = 500
"""How long the event loop is held up by another writer at most; then the callers are told to come back."""
_OUTBOX = models.OutboxBatch.__table__.c
_FREE_COLUMNS = ["predictions", "count"]
_CHARGED_COLUMNS = [*_FREE_COLUMNS, "settled", "owner", "serial", "reference", "at"]
_INSERT = sa.insert(models.OutboxBatch)
_SIZES = (
    sa.select(_OUTBOX.id, _OUTBOX["count"], sa.func.length(_OUTBOX.predictions))
    .where(_OUTBOX.refused == sa.false(), _OUTBOX.settled == sa.true())
    .order_by(_OUTBOX.id)
)
_CHOSEN = _OUTBOX.id.in_(sa.bindparam("ids", expanding=True))
_BATCHES = (
    sa.select(_OUTBOX.id, _OUTBOX.predictions, _OUTBOX["count"]).where(_CHOSEN).order_by(_OUTBOX.id)
)
_DELETE = sa.delete(models.OutboxBatch).where(_CHOSEN)
_REFUSE = sa.update(models.OutboxBatch).where(_CHOSEN).values(refused=sa.true())
_SETTLE = sa.update(models.OutboxBatch).where(_CHOSEN).values(settled=sa.true())
_WAITING = sa.select(sa.func.sum(_OUTBOX["count"]))


def _lock_accounts(book: books.ConnectionBook, batches: Sequence[Batch]) -> None:
    """All that will be charged, in one order: each batch has an order of its own, the transaction then had none."""
    charges = [batch.charges.each for batch in batches if batch.charges is not None]
    if len(charges) > 1:
        book.lock({one.account for each in charges for one in each if one is not None})


def _free(batch: Batch) -> dict[str, Any]:
    return {"predictions": _array(batch.documents), "count": len(batch.documents)}


def _charged(
    batch: Batch, book: charging.Book, insert: Callable[[dict[str, Any]], int]
) -> Recorded:
    """Charge, and `insert` those that were paid for or are free. `insert` answers the row's id."""
    charges = batch.charges
    assert charges is not None
    now = dt.datetime.now(dt.UTC)
    priced = [place for place, one in enumerate(charges.each) if one is not None]
    paid = charging.charge(book, [charges.each[place] for place in priced], at=now)  # type: ignore[misc]
    admitted = [True] * len(charges.each)
    for place, is_paid in zip(priced, paid, strict=True):
        admitted[place] = is_paid
    documents = list(itertools.compress(batch.documents, admitted))
    if not documents:
        return Recorded(id=None, admitted=admitted)
    row = {
        "predictions": _array(documents),
        "count": len(documents),
        "settled": False,
        "owner": charges.owner,
        "serial": charges.serial,
        "reference": charges.reference,
        "at": now,
    }
    return Recorded(id=insert(row), admitted=admitted)


def _array(documents: Sequence[bytes]) -> bytes:
    return b"[" + b",".join(documents) + b"]"


def _inserted(connection: sa.Connection, row: dict[str, Any]) -> int:
    key = connection.execute(_INSERT, row).inserted_primary_key
    assert key is not None
    return int(key[0])


def _as_sqlite(row: dict[str, Any]) -> tuple[Any, ...]:
    return (*tuple(row.values())[:-1], books.written(row["at"]))


def _fitting(sizes: Sequence[int], limit: int) -> int:
    """How many of `sizes`, from the first, sum to at most `limit`."""
    sums = itertools.accumulate(sizes)
    return sum(1 for _ in itertools.takewhile(lambda total: total <= limit, sums))
