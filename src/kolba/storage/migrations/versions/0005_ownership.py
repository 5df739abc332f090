"""Who else sees a thing, whose a name is, and runs that can be asked for twice and made once."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

_SHARED = ("datasets", "models", "files")
_OWNED = (*_SHARED, "runs")


def upgrade() -> None:
    for table in _SHARED:
        op.add_column(table, sa.Column("shared_with", sa.String(64)))
        op.create_index(f"ix_{table}_shared_with", table, ["shared_with", "created_at", "id"])
    for table in _OWNED:
        op.create_index(f"ix_{table}_owner", table, ["owner", "created_at", "id"])
    op.add_column("runs", sa.Column("reference", sa.String(255)))
    op.create_index("ix_runs_reference", "runs", ["reference"], unique=True)
    op.add_column("runs", sa.Column("result_name", sa.String(128)))
    _create_names()


def _create_names() -> None:
    op.add_column("dataset_names", sa.Column("owner", sa.String(255)))
    op.create_table(
        "model_names",
        sa.Column("name", sa.String(128), primary_key=True),
        sa.Column("owner", sa.String(255)),
    )
    op.execute("INSERT INTO model_names (name) SELECT DISTINCT name FROM models")
    for names, things in (("dataset_names", "datasets"), ("model_names", "models")):
        # Only names of this script are put together here.
        op.execute(
            f"UPDATE {names} SET owner = (SELECT owner FROM {things} WHERE id ="  # noqa: S608
            f" (SELECT MIN(id) FROM {things} WHERE {things}.name = {names}.name))"
        )


def downgrade() -> None:
    op.drop_table("model_names")
    op.drop_column("dataset_names", "owner")
    op.drop_column("runs", "result_name")
    op.drop_index("ix_runs_reference", "runs")
    op.drop_column("runs", "reference")
    for table in _OWNED:
        op.drop_index(f"ix_{table}_owner", table)
    for table in _SHARED:
        op.drop_index(f"ix_{table}_shared_with", table)
        op.drop_column(table, "shared_with")
