"""The tables of aliases."""

from __future__ import annotations

import datetime as dt

import sqlalchemy
from sqlalchemy import orm

from kolba.kit.db import types
from kolba.storage.catalog import models
from kolba.storage.models import models as model_models


class AliasRow(models.Base):
    """One alias of one model name. It stays when the alias is taken away: moves are ordered by locking it."""

    __tablename__ = "aliases"
    __table_args__ = (sqlalchemy.UniqueConstraint("model", "alias", name="uq_aliases_alias"),)

    id: orm.Mapped[int] = orm.mapped_column(models.BigId, primary_key=True)
    model: orm.Mapped[str] = orm.mapped_column(sqlalchemy.String(128))
    alias: orm.Mapped[str] = orm.mapped_column(sqlalchemy.String(64))
    model_id: orm.Mapped[int | None] = orm.mapped_column(
        sqlalchemy.ForeignKey("models.id", ondelete="RESTRICT"), index=True
    )
    """None: it was taken away."""
    moved_at: orm.Mapped[dt.datetime] = orm.mapped_column(types.UtcDateTime())
    moved_by: orm.Mapped[str] = orm.mapped_column(sqlalchemy.String(255))

    target: orm.Mapped[model_models.ModelRow | None] = orm.relationship()


class AliasChangeRow(models.Base):
    """One move. The versions' ids are not foreign keys: the history outlives the models."""

    __tablename__ = "alias_changes"
    __table_args__ = (sqlalchemy.Index("ix_alias_changes_alias", "alias_id", "id"),)

    id: orm.Mapped[int] = orm.mapped_column(models.BigId, primary_key=True)
    alias_id: orm.Mapped[int] = orm.mapped_column(sqlalchemy.ForeignKey("aliases.id"))
    at: orm.Mapped[dt.datetime] = orm.mapped_column(types.UtcDateTime())
    person: orm.Mapped[str] = orm.mapped_column(sqlalchemy.String(255))
    from_model_id: orm.Mapped[int | None] = orm.mapped_column(sqlalchemy.BigInteger())
    from_version: orm.Mapped[str | None] = orm.mapped_column(sqlalchemy.String(96))
    to_model_id: orm.Mapped[int | None] = orm.mapped_column(sqlalchemy.BigInteger())
    to_version: orm.Mapped[str | None] = orm.mapped_column(sqlalchemy.String(96))
    rollback: orm.Mapped[bool] = orm.mapped_column(sqlalchemy.Boolean())
    reason: orm.Mapped[str] = orm.mapped_column(sqlalchemy.String(500), server_default="")
    undone: orm.Mapped[bool] = orm.mapped_column(sqlalchemy.Boolean())
    """A rollback has gone back before this move; the next one goes further."""
