"""The tables of predictions.

There are millions of predictions, but few combinations of person, model version and protocol. Each combination is a
*series*, a row of its own; a prediction names it by a number. So one narrow index serves every filter.
"""

from __future__ import annotations

import sqlalchemy
from sqlalchemy import orm

from kolba.storage.catalog import models


class SeriesRow(models.Base):
    """What many predictions have in common."""

    __tablename__ = "prediction_series"
    __table_args__ = (
        sqlalchemy.UniqueConstraint(
            "person",
            "model_id",
            "protocol",
            "model",
            "version",
            "has_images",
            name="uq_prediction_series",
        ),
    )

    id: orm.Mapped[int] = orm.mapped_column(models.BigId, primary_key=True)
    person: orm.Mapped[str] = orm.mapped_column(sqlalchemy.String(255))
    model_id: orm.Mapped[int] = orm.mapped_column(sqlalchemy.BigInteger(), index=True)
    """Not a foreign key: the history stays when a model goes."""
    model: orm.Mapped[str] = orm.mapped_column(sqlalchemy.String(128), index=True)
    version: orm.Mapped[str] = orm.mapped_column(sqlalchemy.String(96), index=True)
    protocol: orm.Mapped[str] = orm.mapped_column(sqlalchemy.String(16))
    has_images: orm.Mapped[bool] = orm.mapped_column(
        sqlalchemy.Boolean(), server_default=sqlalchemy.false()
    )
    """Whether they were made about pictures: part of the series, so that they are found as quickly as the others."""


class PredictionRow(models.Base):
    __tablename__ = "predictions"
    __table_args__ = (
        sqlalchemy.UniqueConstraint("id", name="uq_predictions_id"),
        # With the moment, so that a search by time needs nothing but the index.
        sqlalchemy.Index("ix_predictions_series", "series_id", "id", "at"),
    )

    number: orm.Mapped[int] = orm.mapped_column(models.BigId, primary_key=True)
    id: orm.Mapped[bytes] = orm.mapped_column(sqlalchemy.LargeBinary(16))
    """The sixteen bytes of the UUIDv7: half of its text, and in the order of time."""
    series_id: orm.Mapped[int] = orm.mapped_column(sqlalchemy.BigInteger())
    """Not a foreign key: series are never deleted, and the check would cost every insert."""
    at: orm.Mapped[int] = orm.mapped_column(sqlalchemy.BigInteger())
    """Microseconds since 1970, UTC: the least work for either database."""
    rows: orm.Mapped[int] = orm.mapped_column(sqlalchemy.BigInteger())
    price: orm.Mapped[int] = orm.mapped_column(sqlalchemy.BigInteger())
    request_id: orm.Mapped[str] = orm.mapped_column(sqlalchemy.String(128))
    duration_ms: orm.Mapped[float] = orm.mapped_column(sqlalchemy.Double())
    input: orm.Mapped[str] = orm.mapped_column(sqlalchemy.Text())
    """JSON as text: JSONB refuses the character U+0000, which a person may well send."""
    input_truncated: orm.Mapped[bool] = orm.mapped_column(sqlalchemy.Boolean())
    output: orm.Mapped[str] = orm.mapped_column(sqlalchemy.Text())
    """JSON as text."""
