"""The table of scenario runs."""

from __future__ import annotations

import datetime as dt
from typing import Any

import sqlalchemy as sa
from sqlalchemy import orm

from kolba.kit.db import types
from kolba.web_master import models as web_master_models


class ScenarioRun(web_master_models.Base):
    """One run of a scenario: written before its work begins, completed after."""

    __tablename__ = "scenario_runs"
    __table_args__ = (
        sa.Index("ix_scenario_runs_started_at", "started_at"),
        sa.Index("ix_scenario_runs_outcome", "outcome"),
        sa.Index("ix_scenario_runs_person", "person", "id"),
    )

    id: orm.Mapped[int] = orm.mapped_column(sa.Integer, primary_key=True)
    scenario: orm.Mapped[str] = orm.mapped_column(sa.String(64))
    person: orm.Mapped[str] = orm.mapped_column(sa.String(256))
    request_id: orm.Mapped[str] = orm.mapped_column(sa.String(128))
    run_id: orm.Mapped[int | None] = orm.mapped_column(sa.BigInteger)
    """Storage's run that carries the work on after the request; its end is this entry's end."""
    outcome: orm.Mapped[str] = orm.mapped_column(sa.String(16))
    started_at: orm.Mapped[dt.datetime] = orm.mapped_column(types.UtcDateTime)
    duration_ms: orm.Mapped[float | None] = orm.mapped_column(sa.Float)
    inputs: orm.Mapped[dict[str, Any]] = orm.mapped_column(types.JsonDocument)
    result: orm.Mapped[dict[str, Any]] = orm.mapped_column(types.JsonDocument)
