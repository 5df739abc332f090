"""The run that a data set came out of: one data set at most for each run, whoever takes the run up."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("datasets", sa.Column("run_id", sa.BigInteger()))
    op.create_index("ix_datasets_run_id", "datasets", ["run_id"], unique=True)


def downgrade() -> None:
    op.drop_index("ix_datasets_run_id", "datasets")
    op.drop_column("datasets", "run_id")
