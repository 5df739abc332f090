"""Each person reads their own entries of the journal."""

from __future__ import annotations

from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index("ix_journal_person", "journal", ["person", "at", "id"])


def downgrade() -> None:
    op.drop_index("ix_journal_person", "journal")
