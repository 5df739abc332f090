"""Images, and the predictions that were made about them."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

_BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_SERIES = ("person", "model_id", "protocol", "model", "version")


def upgrade() -> None:
    _create_images()
    op.create_table(
        "prediction_images",
        sa.Column("prediction_id", sa.LargeBinary(16), primary_key=True),
        sa.Column("position", sa.Integer(), primary_key=True, autoincrement=False),
        sa.Column("image_id", _BIG, sa.ForeignKey("images.id", ondelete="CASCADE"), nullable=False),
    )
    op.create_index("ix_prediction_images_image_id", "prediction_images", ["image_id"])
    with op.batch_alter_table("prediction_series") as series:
        series.add_column(
            sa.Column("has_images", sa.Boolean(), nullable=False, server_default=sa.false())
        )
        series.drop_constraint("uq_prediction_series", type_="unique")
        series.create_unique_constraint("uq_prediction_series", [*_SERIES, "has_images"])


def _create_images() -> None:
    op.create_table(
        "images",
        sa.Column("id", _BIG, primary_key=True),
        sa.Column("owner", sa.String(255), nullable=False),
        sa.Column("sha256", sa.String(64), nullable=False),
        sa.Column("media_type", sa.String(32), nullable=False),
        sa.Column("width", sa.Integer(), nullable=False),
        sa.Column("height", sa.Integer(), nullable=False),
        sa.Column("size_bytes", sa.BigInteger(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.UniqueConstraint("owner", "sha256", name="uq_images_owner"),
        sqlite_autoincrement=True,
    )
    for column in ("sha256", "created_at"):
        op.create_index(f"ix_images_{column}", "images", [column])
    op.create_index("ix_images_owner", "images", ["owner", "created_at", "id"])
    op.create_table(
        "image_contents",
        sa.Column("sha256", sa.String(64), primary_key=True),
        sa.Column("content", sa.LargeBinary(), nullable=False),
    )
    op.create_table(
        "image_thumbnails",
        sa.Column("sha256", sa.String(64), primary_key=True),
        sa.Column("side", sa.Integer(), primary_key=True, autoincrement=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
    )


def downgrade() -> None:
    with op.batch_alter_table("prediction_series") as series:
        series.drop_constraint("uq_prediction_series", type_="unique")
        series.create_unique_constraint("uq_prediction_series", list(_SERIES))
        series.drop_column("has_images")
    for table in ("prediction_images", "image_thumbnails", "image_contents", "images"):
        op.drop_table(table)
