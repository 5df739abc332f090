"""What another worker can go on from, and the version that a fine-tuned model comes from."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

_BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "run_checkpoints",
        sa.Column(
            "run_id",
            _BIG,
            sa.ForeignKey("runs.id", ondelete="CASCADE"),
            primary_key=True,
            autoincrement=False,
        ),
        sa.Column("sha256", sa.String(64), nullable=False),
        sa.Column("size_bytes", sa.BigInteger(), nullable=False),
        sa.Column("saved_at", sa.DateTime(timezone=True), nullable=False),
    )
    op.create_index("ix_run_checkpoints_sha256", "run_checkpoints", ["sha256"])
    op.add_column("models", sa.Column("parent_model_id", sa.BigInteger()))
    op.create_index("ix_models_parent_model_id", "models", ["parent_model_id"])


def downgrade() -> None:
    op.drop_index("ix_models_parent_model_id", "models")
    op.drop_column("models", "parent_model_id")
    op.drop_table("run_checkpoints")
