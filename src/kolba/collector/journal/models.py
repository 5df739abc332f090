"""The journal's table."""

from __future__ import annotations

import datetime as dt

import sqlalchemy
from sqlalchemy import orm

from kolba.collector import models
from kolba.kit.db import types


class JournalRow(models.Base):
    __tablename__ = "journal"
    __table_args__ = (sqlalchemy.Index("ix_journal_person", "person", "at", "id"),)

    id: orm.Mapped[int] = orm.mapped_column(
        sqlalchemy.BigInteger().with_variant(sqlalchemy.Integer(), "sqlite"), primary_key=True
    )
    at: orm.Mapped[dt.datetime] = orm.mapped_column(types.UtcDateTime(), index=True)
    action: orm.Mapped[str] = orm.mapped_column(sqlalchemy.String(16))
    source: orm.Mapped[str] = orm.mapped_column(sqlalchemy.String(128), index=True)
    person: orm.Mapped[str] = orm.mapped_column(sqlalchemy.String(255))
    request_id: orm.Mapped[str] = orm.mapped_column(sqlalchemy.String(128))
    offset: orm.Mapped[int | None] = orm.mapped_column(sqlalchemy.BigInteger())
    rows: orm.Mapped[int | None] = orm.mapped_column(sqlalchemy.BigInteger())
    size_bytes: orm.Mapped[int | None] = orm.mapped_column(sqlalchemy.BigInteger())
    duration_ms: orm.Mapped[float] = orm.mapped_column(sqlalchemy.Double())
    outcome: orm.Mapped[str] = orm.mapped_column(sqlalchemy.String(16))
    detail: orm.Mapped[str] = orm.mapped_column(sqlalchemy.Text())
