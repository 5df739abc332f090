"""Charges whose answers never left, and giving them back: all SQL of it. Calls block."""

from __future__ import annotations

import collections
import datetime as dt
from collections.abc import Callable, Collection
from typing import Any

import orjson
import sqlalchemy as sa

from kolba.kit.db import engine
from kolba.web_master.ledger import charging
from kolba.web_master.ledger import models as ledger_models
from kolba.web_master.ledger.books import repository as books
from kolba.web_master.predictions import models, repository

_OUTBOX = models.OutboxBatch.__table__.c


class Refunds:
    def __init__(self, database: engine.Database, account_of: Callable[[str], int]) -> None:
        self._writing = database.engine.execution_options(**engine.WRITING)
        self._engine = database.engine
        self._account_of = account_of

    def unsettled(
        self, owner: str, *, before: dt.datetime | None = None
    ) -> list[repository.Unsettled]:
        """What `owner` has in hand, or had when it ended; `before`: recorded before this moment."""
        earlier = [] if before is None else [_OUTBOX.at < before]
        return self._found(_OUTBOX.owner == owner, *earlier)

    def abandoned(self, owner: str, *, before: dt.datetime) -> list[repository.Unsettled]:
        """What others than `owner` have had in hand since before this moment: they will not come back to it."""
        return self._found(_OUTBOX.owner != owner, _OUTBOX.at < before)

    def give_back(self, outbox_id: int, lost: Collection[int]) -> int:
        """Settle a trip whose answers at these places were lost: not recorded, and paid back, once. The credits."""
        with self._writing.begin() as connection:
            trip = connection.execute(_TRIP, {"id": outbox_id}).one_or_none()
            if trip is None:
                return 0
            predictions = orjson.loads(trip.predictions)
            kept = [one for place, one in enumerate(predictions) if place not in lost]
            gone = [one for place, one in enumerate(predictions) if place in lost]
            for entry in self._entries(gone, trip.reference):
                books.ConnectionBook(connection).give(entry)
            if kept:
                values: dict[str, Any] = {"settled": True}
                if gone:
                    values |= {"predictions": orjson.dumps(kept), "count": len(kept)}
                connection.execute(_KEEP.values(**values), {"chosen": outbox_id})
            else:
                connection.execute(_DROP, {"chosen": outbox_id})
            return sum(one["price"] for one in gone)

    def _entries(self, gone: list[dict[str, Any]], reference: str) -> list[charging.Entry]:
        """The transfers back, one for each person and model, in the order in which charging locks accounts."""
        groups = collections.defaultdict(list)
        for one in gone:
            if one["price"]:
                groups[one["person"], f"{one['model']} {one['version']}"].append(one)
        now = dt.datetime.now(dt.UTC)
        entries = [
            charging.Entry(
                at=now,
                kind="refund",
                from_account=ledger_models.INCOME,
                to_account=self._account_of(person),
                amount=sum(one["price"] for one in ones),
                count=sum(one["rows"] for one in ones),
                reference=reference,
                memo=memo,
            )
            for (person, memo), ones in groups.items()
        ]
        return sorted(entries, key=lambda entry: (entry.to_account, entry.memo))

    def _found(self, *conditions: sa.ColumnElement[bool]) -> list[repository.Unsettled]:
        columns = (_OUTBOX.id, _OUTBOX.owner, _OUTBOX.serial, _OUTBOX["count"])
        query = sa.select(*columns).where(_OUTBOX.settled == sa.false(), *conditions)
        with self._engine.connect() as connection:
            return [
                repository.Unsettled(id=row[0], owner=row[1], serial=row[2], count=row[3])
                for row in connection.execute(query.order_by(_OUTBOX.id))
            ]


_TRIP = (
    sa.select(_OUTBOX.predictions, _OUTBOX.reference)
    .where(_OUTBOX.id == sa.bindparam("id"), _OUTBOX.settled == sa.false())
    .with_for_update()
)
_CHOSEN = _OUTBOX.id == sa.bindparam("chosen")
_KEEP = sa.update(models.OutboxBatch).where(_CHOSEN)
_DROP = sa.delete(models.OutboxBatch).where(_CHOSEN)
