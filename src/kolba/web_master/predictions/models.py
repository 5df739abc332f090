"""The outbox: predictions that were answered and have not yet reached storage."""

from __future__ import annotations

import datetime as dt

import sqlalchemy as sa
from sqlalchemy import orm

from kolba.kit.db import types
from kolba.web_master import models as web_master_models


class OutboxBatch(web_master_models.Base):
    """The predictions of one trip, as the JSON array that storage will be sent.

    Of charged ones it is also known whose they are until every answer has left: then they are settled.
    """

    __tablename__ = "prediction_outbox"

    id: orm.Mapped[int] = orm.mapped_column(
        sa.BigInteger().with_variant(sa.Integer, "sqlite"), primary_key=True
    )
    predictions: orm.Mapped[bytes] = orm.mapped_column(sa.LargeBinary)
    count: orm.Mapped[int] = orm.mapped_column(sa.Integer)
    refused: orm.Mapped[bool] = orm.mapped_column(sa.Boolean, server_default=sa.false())
    """Storage will not take it as it is: a defect, kept for whoever mends it, out of the others' way."""
    settled: orm.Mapped[bool] = orm.mapped_column(sa.Boolean, server_default=sa.true())
    """Every answer has left, or its charge was given back. Only what is settled is sent to storage."""
    owner: orm.Mapped[str | None] = orm.mapped_column(sa.String(32))
    """The web master that has the answers in hand."""
    serial: orm.Mapped[int | None] = orm.mapped_column(sa.BigInteger)
    """The first one's number among its owner's marks."""
    reference: orm.Mapped[str | None] = orm.mapped_column(sa.String(64))
    """Of the transfers that paid for them."""
    at: orm.Mapped[dt.datetime | None] = orm.mapped_column(types.UtcDateTime)
    """When they were charged."""
