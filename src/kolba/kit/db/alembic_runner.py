"""The one place that imports Alembic; loaded by `migrations.upgrade` when there is something to do."""

from __future__ import annotations

import pathlib

import alembic.command
import alembic.config
import sqlalchemy
from alembic import context


def upgrade(engine: sqlalchemy.Engine, scripts: pathlib.Path, version_table: str) -> None:
    """Upgrade to head in one transaction; the revision is kept in `version_table`."""
    config = alembic.config.Config()
    config.set_main_option("script_location", str(scripts).replace("%", "%%"))
    with engine.begin() as connection:
        config.attributes["connection"] = connection
        config.attributes["version_table"] = version_table
        alembic.command.upgrade(config, "head")


def run_environment(metadata: sqlalchemy.MetaData) -> None:
    """What every service's `migrations/env.py` calls."""
    attributes = context.config.attributes
    context.configure(
        connection=attributes["connection"],
        version_table=attributes["version_table"],
        target_metadata=metadata,
        render_as_batch=True,
    )
    with context.begin_transaction():
        context.run_migrations()
