"""The cursors' table."""

from __future__ import annotations

import datetime as dt

import sqlalchemy
from sqlalchemy import orm

from kolba.collector import models
from kolba.kit.db import types


class CursorRow(models.Base):
    __tablename__ = "cursors"

    source: orm.Mapped[str] = orm.mapped_column(sqlalchemy.String(128), primary_key=True)
    position: orm.Mapped[int] = orm.mapped_column(sqlalchemy.BigInteger())
    moved_at: orm.Mapped[dt.datetime] = orm.mapped_column(types.UtcDateTime())
