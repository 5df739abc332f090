"""The history makes exactly the tables that the program means, on both databases."""

from __future__ import annotations

import pathlib

import pytest
import sqlalchemy
from alembic import autogenerate, migration

from kolba.kit.db import engine, migrations
from kolba.storage import app
from kolba.storage.catalog import models
from kolba.storage.datasets import models as dataset_models
from kolba.storage.models import models as model_models
from kolba.storage.runs import models as run_models

TABLES = (dataset_models.DatasetRow, model_models.ModelRow, run_models.RunRow)


@pytest.fixture(params=["sqlite", "postgresql"])
def database(request, tmp_path: pathlib.Path):
    if request.param == "sqlite":
        url = f"sqlite:///{tmp_path / 'storage.db'}"
    else:
        url = request.getfixturevalue("postgresql").create_database()
    opened = engine.connect(url)
    yield opened
    opened.close()


def test_the_history_ends_at_the_tables_of_the_program(database):
    migrations.upgrade(database, app.MIGRATIONS)
    with database.engine.connect() as connection:
        context = migration.MigrationContext.configure(
            connection, opts={"version_table": "storage_alembic_version"}
        )
        assert autogenerate.compare_metadata(context, models.Base.metadata) == []
    migrations.upgrade(database, app.MIGRATIONS)
    assert sqlalchemy.inspect(database.engine).has_table("run_events")
