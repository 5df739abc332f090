"""The one place that imports Alembic; loaded by `migrations.upgrade` when there is something to do."""

from __future__ import annotations

import pathlib

import alembic.command
import alembic.config
import sqlalchemy
from alembic import context


def upgrade(engine: sqlalchemy.Engine, scripts: pathlib.Path) -> None:
    """Upgrade to head in one transaction."""
    config = alembic.config.Config()
    config.set_main_option("script_location", str(scripts).replace("%", "%%"))
    with engine.begin() as connection:
        config.attributes["connection"] = connection
        alembic.command.upgrade(config, "head")


def run_environment(metadata: sqlalchemy.MetaData) -> None:
    """What every service's `migrations/env.py` calls."""
    connection = context.config.attributes["connection"]
    context.configure(connection=connection, target_metadata=metadata, render_as_batch=True)
    with context.begin_transaction():
        context.run_migrations()
