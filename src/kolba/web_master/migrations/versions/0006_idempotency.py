"""Idempotency keys; and the history is looked for by person."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from kolba.kit.db import types

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "idempotency_claims",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer, "sqlite"), primary_key=True),
        sa.Column("person", sa.String(256), nullable=False),
        sa.Column("key", sa.String(255), nullable=False),
        sa.Column("state", sa.String(8), nullable=False),
        sa.Column("target_sha256", sa.String(64), nullable=False),
        sa.Column("body_sha256", sa.String(64), nullable=True),
        sa.Column("body_bytes", sa.BigInteger, nullable=True),
        sa.Column("reference", sa.String(64), nullable=False),
        sa.Column("attempt", sa.Integer, nullable=False),
        sa.Column("owner", sa.String(64), nullable=False),
        sa.Column("lease_until", types.UtcDateTime, nullable=False),
        sa.Column("expires_at", types.UtcDateTime, nullable=False),
        sa.Column("status", sa.Integer, nullable=True),
        sa.Column("headers", types.JsonDocument, nullable=True),
        sa.Column("content", sa.LargeBinary, nullable=True),
        sa.Column("mark_owner", sa.String(64), nullable=True),
        sa.Column("mark_serial", sa.BigInteger, nullable=True),
        sa.UniqueConstraint("person", "key", name="uq_idempotency_claims_key"),
    )
    op.create_index("ix_idempotency_claims_expires_at", "idempotency_claims", ["expires_at"])
    op.create_index("ix_idempotency_claims_mark", "idempotency_claims", ["mark_owner"])
    op.create_index("ix_scenario_runs_person", "scenario_runs", ["person", "id"])


def downgrade() -> None:
    op.drop_index("ix_scenario_runs_person", "scenario_runs")
    op.drop_table("idempotency_claims")
