"""Predictions are charged: whose they are until every answer has left."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("prediction_outbox") as table:
        table.add_column(sa.Column("settled", sa.Boolean, nullable=False, server_default=sa.true()))
        table.add_column(sa.Column("owner", sa.String(32)))
        table.add_column(sa.Column("serial", sa.BigInteger))
        table.add_column(sa.Column("reference", sa.String(64)))
        table.add_column(sa.Column("at", sa.DateTime(timezone=True)))


def downgrade() -> None:
    with op.batch_alter_table("prediction_outbox") as table:
        for column in ("settled", "owner", "serial", "reference", "at"):
            table.drop_column(column)
