"""The table of files."""

from __future__ import annotations

import datetime as dt

import sqlalchemy
from sqlalchemy import orm

from kolba.kit.db import types
from kolba.storage.catalog import models


class FileRow(models.Shared, models.Base):
    __tablename__ = "files"
    __table_args__ = models.seen_indexes("files")

    name: orm.Mapped[str] = orm.mapped_column(sqlalchemy.String(128), index=True)
    media_type: orm.Mapped[str] = orm.mapped_column(sqlalchemy.String(255))
    size_bytes: orm.Mapped[int] = orm.mapped_column(sqlalchemy.BigInteger())
    sha256: orm.Mapped[str] = orm.mapped_column(sqlalchemy.String(64), index=True)
    created_at: orm.Mapped[dt.datetime] = orm.mapped_column(types.UtcDateTime(), index=True)
