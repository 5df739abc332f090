"""How much a person has is counted without reading their images."""

from __future__ import annotations

from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index("ix_images_owner_size", "images", ["owner", "size_bytes"])


def downgrade() -> None:
    op.drop_index("ix_images_owner_size", "images")
