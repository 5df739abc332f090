"""All SQL of the prediction path."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence

import sqlalchemy as sa

from kolba.kit import clock
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
    """Calls block; they are made from a thread."""

    def __init__(self, database: engine.Database, time: clock.Clock) -> None:
        self._database = database
        self._time = time

    def append(self, batches: Sequence[Batch]) -> None:
        """Keep the batches in one transaction; durable when this returns."""
        now = self._time.now()
        with self._database.writing() as session:
            session.execute(
                sa.insert(models.OutboxBatch),
                [
                    {"predictions": one.predictions, "count": one.count, "created_at": now}
                    for one in batches
                ],
            )

    def oldest(self, *, max_predictions: int) -> list[Stored]:
        """The oldest batches that together hold at most so many predictions, but at least one batch."""
        chosen: list[Stored] = []
        total = 0
        with self._database.reading() as session:
            for row in session.scalars(_in_order()).yield_per(100):
                total += row.count
                if chosen and total > max_predictions:
                    break
                chosen.append(Stored(id=row.id, predictions=row.predictions, count=row.count))
        return chosen

    def remove(self, ids: Sequence[int]) -> None:
        with self._database.writing() as session:
            session.execute(sa.delete(models.OutboxBatch).where(models.OutboxBatch.id.in_(ids)))

    def waiting(self) -> int:
        """How many predictions have not reached storage."""
        with self._database.reading() as session:
            return (
                session.scalar(
                    sa.select(sa.func.coalesce(sa.func.sum(models.OutboxBatch.count), 0))
                )
                or 0
            )


def _in_order() -> sa.Select[models.OutboxBatch]:
    return sa.select(models.OutboxBatch).order_by(models.OutboxBatch.id).limit(10_000)
