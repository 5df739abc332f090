"""Why an alias moved."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column(
        "alias_changes", sa.Column("reason", sa.String(500), nullable=False, server_default="")
    )


def downgrade() -> None:
    op.drop_column("alias_changes", "reason")
