"""The table of files."""

from __future__ import annotations

import datetime as dt

import sqlalchemy
from sqlalchemy import orm

from kolba.kit.db import types
from kolba.storage.catalog import models


class FileRow(models.Base):
    __tablename__ = "files"

    id: orm.Mapped[int] = orm.mapped_column(models.BigId, primary_key=True)
    name: orm.Mapped[str] = orm.mapped_column(sqlalchemy.String(128), index=True)
    media_type: orm.Mapped[str] = orm.mapped_column(sqlalchemy.String(255))
    size_bytes: orm.Mapped[int] = orm.mapped_column(sqlalchemy.BigInteger())
    sha256: orm.Mapped[str] = orm.mapped_column(sqlalchemy.String(64), index=True)
    owner: orm.Mapped[str] = orm.mapped_column(sqlalchemy.String(255))
    created_at: orm.Mapped[dt.datetime] = orm.mapped_column(types.UtcDateTime(), index=True)
