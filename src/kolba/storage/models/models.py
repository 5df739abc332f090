"""The table of models."""

from __future__ import annotations

import datetime as dt
from typing import Any

import sqlalchemy
from sqlalchemy import orm

from kolba.kit.db import types
from kolba.storage.catalog import models
from kolba.storage.datasets import models as dataset_models
from kolba.storage.files import models as file_models


class ModelRow(models.Shared, models.Base):
    __tablename__ = "models"
    __table_args__ = (
        sqlalchemy.UniqueConstraint("name", "version", name="uq_models_version"),
        sqlalchemy.Index("ix_models_newest", "name", "id"),
        *models.seen_indexes("models"),
    )

    name: orm.Mapped[str] = orm.mapped_column(sqlalchemy.String(128))
    version: orm.Mapped[str] = orm.mapped_column(sqlalchemy.String(96))
    family: orm.Mapped[str] = orm.mapped_column(sqlalchemy.String(64), index=True)
    dataset_id: orm.Mapped[int] = orm.mapped_column(
        sqlalchemy.ForeignKey("datasets.id", ondelete="RESTRICT"), index=True
    )
    bundle_file_id: orm.Mapped[int] = orm.mapped_column(
        sqlalchemy.ForeignKey("files.id", ondelete="RESTRICT"), index=True
    )
    run_id: orm.Mapped[int | None] = orm.mapped_column(sqlalchemy.BigInteger(), index=True)
    """Not a foreign key, for a run names its model: the two would go round in a circle."""
    parent_model_id: orm.Mapped[int | None] = orm.mapped_column(sqlalchemy.BigInteger(), index=True)
    """The version it was fine-tuned from. Not a foreign key: that one may go."""
    hyperparameters: orm.Mapped[dict[str, Any]] = orm.mapped_column(types.JsonDocument)
    metrics: orm.Mapped[dict[str, float]] = orm.mapped_column(types.JsonDocument)
    description: orm.Mapped[str] = orm.mapped_column(sqlalchemy.Text())
    created_at: orm.Mapped[dt.datetime] = orm.mapped_column(types.UtcDateTime(), index=True)
    signature: orm.Mapped[dict[str, Any]] = orm.mapped_column(types.JsonDocument, deferred=True)
    summary: orm.Mapped[dict[str, Any]] = orm.mapped_column(types.JsonDocument, deferred=True)

    dataset: orm.Mapped[dataset_models.DatasetRow] = orm.relationship(lazy="joined")
    bundle: orm.Mapped[file_models.FileRow] = orm.relationship(lazy="joined")


class ModelNameRow(models.Names, models.Base):
    __tablename__ = "model_names"
