"""The tables of data sets."""

from __future__ import annotations

import datetime as dt
from typing import Any

import sqlalchemy
from sqlalchemy import orm

from kolba.kit.db import types
from kolba.storage.catalog import models


class DatasetRow(models.Shared, models.Base):
    __tablename__ = "datasets"
    __table_args__ = (
        sqlalchemy.UniqueConstraint("name", "version", name="uq_datasets_version"),
        *models.seen_indexes("datasets"),
    )

    name: orm.Mapped[str] = orm.mapped_column(sqlalchemy.String(128))
    version: orm.Mapped[int] = orm.mapped_column(sqlalchemy.Integer())
    rows: orm.Mapped[int] = orm.mapped_column(sqlalchemy.BigInteger())
    columns: orm.Mapped[list[dict[str, Any]]] = orm.mapped_column(types.JsonDocument)
    target: orm.Mapped[str | None] = orm.mapped_column(sqlalchemy.String(256))
    description: orm.Mapped[str] = orm.mapped_column(sqlalchemy.Text())
    source: orm.Mapped[str | None] = orm.mapped_column(sqlalchemy.String(128))
    run_id: orm.Mapped[int | None] = orm.mapped_column(
        sqlalchemy.BigInteger(), index=True, unique=True
    )
    """The run it is the result of, the only one. No foreign key: a run names what it reads, that would be a circle."""
    size_bytes: orm.Mapped[int] = orm.mapped_column(sqlalchemy.BigInteger())
    sha256: orm.Mapped[str] = orm.mapped_column(sqlalchemy.String(64), index=True)
    ingest: orm.Mapped[dict[str, Any] | None] = orm.mapped_column(types.JsonDocument)
    profile: orm.Mapped[list[dict[str, Any]]] = orm.mapped_column(types.JsonDocument, deferred=True)
    created_at: orm.Mapped[dt.datetime] = orm.mapped_column(types.UtcDateTime(), index=True)


class DatasetNameRow(models.Names, models.Base):
    """With the last version that each has had, so that the number of a deleted version never comes back."""

    __tablename__ = "dataset_names"

    last_version: orm.Mapped[int] = orm.mapped_column(sqlalchemy.Integer(), default=0)
