"""The tables of runs and their events."""

from __future__ import annotations

import datetime as dt
from typing import Any

import sqlalchemy
from sqlalchemy import orm

from kolba.kit.db import types
from kolba.storage.catalog import models


class RunRow(models.Owned, models.Base):
    __tablename__ = "runs"
    __table_args__ = (
        sqlalchemy.Index("ix_runs_queue", "state", "kind", "id"),
        sqlalchemy.Index("ix_runs_lease", "state", "lease_expires_at"),
        *models.seen_indexes("runs", shared=False),
    )

    kind: orm.Mapped[str] = orm.mapped_column(sqlalchemy.String(32))
    state: orm.Mapped[str] = orm.mapped_column(sqlalchemy.String(16))
    reference: orm.Mapped[str | None] = orm.mapped_column(
        sqlalchemy.String(255), index=True, unique=True
    )
    """Whoever creates a run with one that is known is given the run that has it."""
    result_name: orm.Mapped[str | None] = orm.mapped_column(sqlalchemy.String(128))
    """What its result will be called: a name that its owner was allowed to use when it was created."""
    description: orm.Mapped[str] = orm.mapped_column(sqlalchemy.Text(), default="")
    parameters: orm.Mapped[dict[str, Any]] = orm.mapped_column(types.JsonDocument)
    dataset_id: orm.Mapped[int | None] = orm.mapped_column(
        sqlalchemy.ForeignKey("datasets.id", ondelete="SET NULL"), index=True
    )
    model_id: orm.Mapped[int | None] = orm.mapped_column(
        sqlalchemy.ForeignKey("models.id", ondelete="SET NULL"), index=True
    )
    fraction: orm.Mapped[float] = orm.mapped_column(sqlalchemy.Double(), default=0.0)
    message: orm.Mapped[str] = orm.mapped_column(sqlalchemy.Text(), default="")
    attempts: orm.Mapped[int] = orm.mapped_column(sqlalchemy.Integer(), default=0)
    cancel_requested: orm.Mapped[bool] = orm.mapped_column(sqlalchemy.Boolean(), default=False)
    worker: orm.Mapped[str | None] = orm.mapped_column(sqlalchemy.String(200))
    token: orm.Mapped[str | None] = orm.mapped_column(sqlalchemy.String(64))
    """What the worker that holds the run must show; None when nobody holds it."""
    result: orm.Mapped[dict[str, Any] | None] = orm.mapped_column(types.JsonDocument)
    error: orm.Mapped[dict[str, Any] | None] = orm.mapped_column(types.JsonDocument)
    last_sequence: orm.Mapped[int] = orm.mapped_column(sqlalchemy.Integer(), default=0)
    """Of its events. Counting here, under the row's lock, leaves no gaps."""
    events_received: orm.Mapped[int] = orm.mapped_column(sqlalchemy.Integer(), default=0)
    """How many numbered events have come from the worker since its claim: a batch sent again is told by it."""
    created_at: orm.Mapped[dt.datetime] = orm.mapped_column(types.UtcDateTime(), index=True)
    started_at: orm.Mapped[dt.datetime | None] = orm.mapped_column(types.UtcDateTime())
    finished_at: orm.Mapped[dt.datetime | None] = orm.mapped_column(types.UtcDateTime())
    lease_expires_at: orm.Mapped[dt.datetime | None] = orm.mapped_column(types.UtcDateTime())


class CheckpointRow(models.Base):
    """What was kept of an unfinished run last; its bytes are a blob."""

    __tablename__ = "run_checkpoints"

    run_id: orm.Mapped[int] = orm.mapped_column(
        sqlalchemy.ForeignKey("runs.id", ondelete="CASCADE"), primary_key=True, autoincrement=False
    )
    sha256: orm.Mapped[str] = orm.mapped_column(sqlalchemy.String(64), index=True)
    size_bytes: orm.Mapped[int] = orm.mapped_column(sqlalchemy.BigInteger())
    saved_at: orm.Mapped[dt.datetime] = orm.mapped_column(types.UtcDateTime())


class RunEventRow(models.Base):
    __tablename__ = "run_events"

    run_id: orm.Mapped[int] = orm.mapped_column(
        sqlalchemy.ForeignKey("runs.id", ondelete="CASCADE"), primary_key=True
    )
    sequence: orm.Mapped[int] = orm.mapped_column(sqlalchemy.Integer(), primary_key=True)
    type: orm.Mapped[str] = orm.mapped_column(sqlalchemy.String(16))
    message: orm.Mapped[str] = orm.mapped_column(sqlalchemy.Text())
    fraction: orm.Mapped[float | None] = orm.mapped_column(sqlalchemy.Double())
    data: orm.Mapped[dict[str, Any]] = orm.mapped_column(types.JsonDocument)
    at: orm.Mapped[dt.datetime] = orm.mapped_column(types.UtcDateTime())
