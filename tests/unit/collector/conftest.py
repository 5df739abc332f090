"""What the collector's own tests share."""

from __future__ import annotations

import pathlib
from collections.abc import Iterator

import pytest

from kolba.collector import app
from kolba.kit.db import engine, migrations


@pytest.fixture
def database(tmp_path: pathlib.Path) -> Iterator[engine.Database]:
    """A new database with the collector's tables."""
    made = engine.connect(f"sqlite:///{tmp_path / 'collector.db'}")
    migrations.upgrade(made, app.MIGRATIONS)
    yield made
    made.close()
