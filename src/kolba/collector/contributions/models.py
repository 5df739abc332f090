"""The contributions' tables."""

from __future__ import annotations

import datetime as dt

import sqlalchemy
from sqlalchemy import orm

from kolba.collector import models
from kolba.kit.db import types

_BIG = sqlalchemy.BigInteger().with_variant(sqlalchemy.Integer(), "sqlite")


class ContributionRow(models.Base):
    """One image of one person. The file itself is a blob."""

    __tablename__ = "contributions"
    __table_args__ = (
        sqlalchemy.UniqueConstraint("person", "sha256", name="uq_contributions_person_sha256"),
        sqlalchemy.Index("ix_contributions_person", "person", "changed_at", "id"),
    )

    id: orm.Mapped[int] = orm.mapped_column(_BIG, primary_key=True)
    person: orm.Mapped[str] = orm.mapped_column(sqlalchemy.String(255))
    sha256: orm.Mapped[str] = orm.mapped_column(sqlalchemy.String(64), index=True)
    media_type: orm.Mapped[str] = orm.mapped_column(sqlalchemy.String(32))
    size_bytes: orm.Mapped[int] = orm.mapped_column(sqlalchemy.BigInteger())
    width: orm.Mapped[int] = orm.mapped_column(sqlalchemy.Integer())
    height: orm.Mapped[int] = orm.mapped_column(sqlalchemy.Integer())
    digit: orm.Mapped[bytes] = orm.mapped_column(sqlalchemy.LargeBinary())
    """What is drawn, centred and scaled like MNIST's: a PNG file of 28 × 28."""
    label: orm.Mapped[int] = orm.mapped_column(sqlalchemy.Integer())
    predicted: orm.Mapped[int | None] = orm.mapped_column(sqlalchemy.Integer())
    prediction_id: orm.Mapped[str | None] = orm.mapped_column(sqlalchemy.String(32))
    was_wrong: orm.Mapped[bool | None] = orm.mapped_column(sqlalchemy.Boolean())
    created_at: orm.Mapped[dt.datetime] = orm.mapped_column(types.UtcDateTime())
    changed_at: orm.Mapped[dt.datetime] = orm.mapped_column(types.UtcDateTime(), index=True)


class ContributionChangesRow(models.Base):
    """How often the contributions have changed: one row, which whoever changes them locks first."""

    __tablename__ = "contribution_changes"

    id: orm.Mapped[int] = orm.mapped_column(sqlalchemy.Integer(), primary_key=True)
    count: orm.Mapped[int] = orm.mapped_column(sqlalchemy.BigInteger())
