"""The catalog: data sets, files, models, runs and their events."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

_BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_JSON = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")


def _moment(name: str, *, nullable: bool = False) -> sa.Column[object]:
    return sa.Column(name, sa.DateTime(timezone=True), nullable=nullable)


def upgrade() -> None:
    _create_datasets()
    _create_files()
    _create_models()
    _create_runs()


def _create_datasets() -> None:
    op.create_table(
        "dataset_names",
        sa.Column("name", sa.String(128), primary_key=True),
        sa.Column("last_version", sa.Integer(), nullable=False),
    )
    op.create_table(
        "datasets",
        sa.Column("id", _BIG, primary_key=True),
        sa.Column("name", sa.String(128), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("rows", sa.BigInteger(), nullable=False),
        sa.Column("columns", _JSON, nullable=False),
        sa.Column("target", sa.String(256)),
        sa.Column("description", sa.Text(), nullable=False),
        sa.Column("source", sa.String(128)),
        sa.Column("owner", sa.String(255), nullable=False),
        sa.Column("size_bytes", sa.BigInteger(), nullable=False),
        sa.Column("sha256", sa.String(64), nullable=False),
        sa.Column("ingest", _JSON),
        sa.Column("profile", _JSON, nullable=False),
        _moment("created_at"),
        sa.UniqueConstraint("name", "version", name="uq_datasets_version"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_datasets_sha256", "datasets", ["sha256"])
    op.create_index("ix_datasets_created_at", "datasets", ["created_at"])


def _create_files() -> None:
    op.create_table(
        "files",
        sa.Column("id", _BIG, primary_key=True),
        sa.Column("name", sa.String(128), nullable=False),
        sa.Column("media_type", sa.String(255), nullable=False),
        sa.Column("size_bytes", sa.BigInteger(), nullable=False),
        sa.Column("sha256", sa.String(64), nullable=False),
        sa.Column("owner", sa.String(255), nullable=False),
        _moment("created_at"),
        sqlite_autoincrement=True,
    )
    for column in ("name", "sha256", "created_at"):
        op.create_index(f"ix_files_{column}", "files", [column])


def _create_models() -> None:
    op.create_table(
        "models",
        sa.Column("id", _BIG, primary_key=True),
        sa.Column("name", sa.String(128), nullable=False),
        sa.Column("version", sa.String(96), nullable=False),
        sa.Column("family", sa.String(64), nullable=False),
        sa.Column(
            "dataset_id", _BIG, sa.ForeignKey("datasets.id", ondelete="RESTRICT"), nullable=False
        ),
        sa.Column(
            "bundle_file_id", _BIG, sa.ForeignKey("files.id", ondelete="RESTRICT"), nullable=False
        ),
        sa.Column("run_id", sa.BigInteger()),
        sa.Column("hyperparameters", _JSON, nullable=False),
        sa.Column("metrics", _JSON, nullable=False),
        sa.Column("description", sa.Text(), nullable=False),
        sa.Column("owner", sa.String(255), nullable=False),
        _moment("created_at"),
        sa.Column("signature", _JSON, nullable=False),
        sa.Column("summary", _JSON, nullable=False),
        sa.UniqueConstraint("name", "version", name="uq_models_version"),
        sqlite_autoincrement=True,
    )
    for column in ("family", "dataset_id", "bundle_file_id", "run_id", "created_at"):
        op.create_index(f"ix_models_{column}", "models", [column])


def _create_runs() -> None:
    op.create_table(
        "runs",
        sa.Column("id", _BIG, primary_key=True),
        sa.Column("kind", sa.String(32), nullable=False),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("owner", sa.String(255), nullable=False),
        sa.Column("description", sa.Text(), nullable=False),
        sa.Column("parameters", _JSON, nullable=False),
        sa.Column("dataset_id", _BIG, sa.ForeignKey("datasets.id", ondelete="SET NULL")),
        sa.Column("model_id", _BIG, sa.ForeignKey("models.id", ondelete="SET NULL")),
        sa.Column("fraction", sa.Double(), nullable=False),
        sa.Column("message", sa.Text(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("cancel_requested", sa.Boolean(), nullable=False),
        sa.Column("worker", sa.String(200)),
        sa.Column("token", sa.String(64)),
        sa.Column("result", _JSON),
        sa.Column("error", _JSON),
        sa.Column("last_sequence", sa.Integer(), nullable=False),
        _moment("created_at"),
        _moment("started_at", nullable=True),
        _moment("finished_at", nullable=True),
        _moment("lease_expires_at", nullable=True),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_runs_queue", "runs", ["state", "kind", "id"])
    op.create_index("ix_runs_lease", "runs", ["state", "lease_expires_at"])
    for column in ("dataset_id", "model_id", "created_at"):
        op.create_index(f"ix_runs_{column}", "runs", [column])
    op.create_table(
        "run_events",
        sa.Column("run_id", _BIG, sa.ForeignKey("runs.id", ondelete="CASCADE"), primary_key=True),
        sa.Column("sequence", sa.Integer(), primary_key=True),
        sa.Column("type", sa.String(16), nullable=False),
        sa.Column("message", sa.Text(), nullable=False),
        sa.Column("fraction", sa.Double()),
        sa.Column("data", _JSON, nullable=False),
        _moment("at"),
    )


def downgrade() -> None:
    for table in ("run_events", "runs", "models", "files", "datasets", "dataset_names"):
        op.drop_table(table)
