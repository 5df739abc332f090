"""The history makes exactly the tables that the program means, on both databases."""

from __future__ import annotations

import pathlib

import alembic.command
import alembic.config
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


def _go(database, command, revision):
    config = alembic.config.Config()
    config.set_main_option("script_location", str(app.MIGRATIONS))
    with database.engine.begin() as connection:
        config.attributes["connection"] = connection
        config.attributes["version_table"] = migrations.version_table(app.MIGRATIONS)
        command(config, revision)


SERIES = "person, model_id, model, version, protocol"


def _series(database, *, more=""):
    with database.engine.connect() as connection:
        query = f"SELECT id, {SERIES}{more} FROM prediction_series ORDER BY id"
        return [tuple(row) for row in connection.execute(sqlalchemy.text(query))]


def test_what_was_there_before_images_stays(database):
    _go(database, alembic.command.upgrade, "0007")
    values = "('anna', 1, 'm', 'v', 'plain'), ('anna', 1, 'm', 'v', 'v2')"
    statement = f"INSERT INTO prediction_series ({SERIES}) VALUES {values}"
    with database.engine.begin() as connection:
        connection.execute(sqlalchemy.text(statement))
    before = _series(database)
    assert len(before) == 2
    migrations.upgrade(database, app.MIGRATIONS)
    kept = _series(database, more=", has_images")
    assert [row[:-1] for row in kept] == before
    assert not any(row[-1] for row in kept)
    with pytest.raises(sqlalchemy.exc.IntegrityError), database.engine.begin() as connection:
        connection.execute(sqlalchemy.text(statement))
    _go(database, alembic.command.downgrade, "0005")
    assert _series(database) == before
    migrations.upgrade(database, app.MIGRATIONS)
    assert _series(database) == before
