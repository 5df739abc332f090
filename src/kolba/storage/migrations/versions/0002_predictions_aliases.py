"""The history of predictions, and the aliases of models."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

_BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_index("ix_models_newest", "models", ["name", "id"])
    _create_aliases()
    _create_predictions()


def _create_aliases() -> None:
    op.create_table(
        "aliases",
        sa.Column("id", _BIG, primary_key=True),
        sa.Column("model", sa.String(128), nullable=False),
        sa.Column("alias", sa.String(64), nullable=False),
        sa.Column("model_id", _BIG, sa.ForeignKey("models.id", ondelete="RESTRICT")),
        sa.Column("moved_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("moved_by", sa.String(255), nullable=False),
        sa.UniqueConstraint("model", "alias", name="uq_aliases_alias"),
    )
    op.create_index("ix_aliases_model_id", "aliases", ["model_id"])
    op.create_table(
        "alias_changes",
        sa.Column("id", _BIG, primary_key=True),
        sa.Column("alias_id", _BIG, sa.ForeignKey("aliases.id"), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("person", sa.String(255), nullable=False),
        sa.Column("from_model_id", sa.BigInteger()),
        sa.Column("from_version", sa.String(96)),
        sa.Column("to_model_id", sa.BigInteger()),
        sa.Column("to_version", sa.String(96)),
        sa.Column("rollback", sa.Boolean(), nullable=False),
        sa.Column("undone", sa.Boolean(), nullable=False),
    )
    op.create_index("ix_alias_changes_alias", "alias_changes", ["alias_id", "id"])


def _create_predictions() -> None:
    op.create_table(
        "prediction_series",
        sa.Column("id", _BIG, primary_key=True),
        sa.Column("person", sa.String(255), nullable=False),
        sa.Column("model_id", sa.BigInteger(), nullable=False),
        sa.Column("model", sa.String(128), nullable=False),
        sa.Column("version", sa.String(96), nullable=False),
        sa.Column("protocol", sa.String(16), nullable=False),
        sa.UniqueConstraint(
            "person", "model_id", "protocol", "model", "version", name="uq_prediction_series"
        ),
    )
    for column in ("model_id", "model", "version"):
        op.create_index(f"ix_prediction_series_{column}", "prediction_series", [column])
    op.create_table(
        "predictions",
        sa.Column("number", _BIG, primary_key=True),
        sa.Column("id", sa.LargeBinary(16), nullable=False),
        sa.Column("series_id", sa.BigInteger(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("rows", sa.BigInteger(), nullable=False),
        sa.Column("price", sa.BigInteger(), nullable=False),
        sa.Column("request_id", sa.String(128), nullable=False),
        sa.Column("duration_ms", sa.Double(), nullable=False),
        sa.Column("input", sa.Text(), nullable=False),
        sa.Column("input_truncated", sa.Boolean(), nullable=False),
        sa.Column("output", sa.Text(), nullable=False),
        sa.UniqueConstraint("id", name="uq_predictions_id"),
    )
    op.create_index("ix_predictions_series", "predictions", ["series_id", "id", "at"])


def downgrade() -> None:
    for table in ("predictions", "prediction_series", "alias_changes", "aliases"):
        op.drop_table(table)
    op.drop_index("ix_models_newest", "models")
