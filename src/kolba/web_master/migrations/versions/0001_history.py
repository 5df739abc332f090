"""The history of scenario runs."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from kolba.kit.db import types

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "scenario_runs",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("scenario", sa.String(64), nullable=False),
        sa.Column("person", sa.String(256), nullable=False),
        sa.Column("request_id", sa.String(128), nullable=False),
        sa.Column("run_id", sa.BigInteger, nullable=True),
        sa.Column("outcome", sa.String(16), nullable=False),
        sa.Column("started_at", types.UtcDateTime, nullable=False),
        sa.Column("duration_ms", sa.Float, nullable=True),
        sa.Column("inputs", types.JsonDocument, nullable=False),
        sa.Column("result", types.JsonDocument, nullable=False),
    )
    op.create_index("ix_scenario_runs_started_at", "scenario_runs", ["started_at"])
    op.create_index("ix_scenario_runs_outcome", "scenario_runs", ["outcome"])


def downgrade() -> None:
    op.drop_table("scenario_runs")
