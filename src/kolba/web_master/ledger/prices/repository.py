"""All SQL of prices. Every method is one transaction and blocks: call it from a thread."""

from __future__ import annotations

import dataclasses
import datetime as dt
from typing import Literal

import sqlalchemy as sa

from kolba.kit.db import engine, statements
from kolba.web_master.ledger import models

Subject = Literal["model", "run"]
_PRICE = models.Price


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Price:
    subject: Subject
    name: str
    """The model's name, or the kind of run."""
    price: int
    """Credits: for each row that the model answers; for each run, of `predict-batch` for every 1,000 rows begun."""
    set_at: dt.datetime
    set_by: str


class PriceRepository:
    def __init__(self, database: engine.Database) -> None:
        self._database = database

    def all(self) -> list[Price]:
        """Every price, by subject and name."""
        with self._database.reading() as session:
            rows = session.scalars(sa.select(_PRICE).order_by(_PRICE.subject, _PRICE.name))
            return [_price(row) for row in rows]

    def set(self, price: Price) -> None:
        """Enter it, in place of what was there."""
        with self._database.writing() as session:
            session.merge(_PRICE(**dataclasses.asdict(price)))

    def remove(self, subject: Subject, name: str) -> bool:
        """Make it free; whether it had a price."""
        statement = sa.delete(_PRICE).where(_PRICE.subject == subject, _PRICE.name == name)
        with self._database.writing() as session:
            return statements.changed(session, statement) > 0


def _price(row: models.Price) -> Price:
    subject: Subject = "model" if row.subject == "model" else "run"
    return Price(
        subject=subject, name=row.name, price=row.price, set_at=row.set_at, set_by=row.set_by
    )
