"""What people contribute."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

_BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "contributions",
        sa.Column("id", _BIG, primary_key=True),
        sa.Column("person", sa.String(255), nullable=False),
        sa.Column("sha256", sa.String(64), nullable=False),
        sa.Column("media_type", sa.String(32), nullable=False),
        sa.Column("size_bytes", sa.BigInteger(), nullable=False),
        sa.Column("width", sa.Integer(), nullable=False),
        sa.Column("height", sa.Integer(), nullable=False),
        sa.Column("digit", sa.LargeBinary(), nullable=False),
        sa.Column("label", sa.Integer(), nullable=False),
        sa.Column("predicted", sa.Integer()),
        sa.Column("prediction_id", sa.String(32)),
        sa.Column("was_wrong", sa.Boolean()),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.UniqueConstraint("person", "sha256", name="uq_contributions_person_sha256"),
    )
    op.create_index("ix_contributions_person", "contributions", ["person", "changed_at", "id"])
    op.create_index("ix_contributions_changed_at", "contributions", ["changed_at"])
    op.create_index("ix_contributions_sha256", "contributions", ["sha256"])
    changes = op.create_table(
        "contribution_changes",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column("count", sa.BigInteger(), nullable=False),
    )
    op.bulk_insert(changes, [{"id": 1, "count": 0}])


def downgrade() -> None:
    op.drop_table("contribution_changes")
    op.drop_table("contributions")
