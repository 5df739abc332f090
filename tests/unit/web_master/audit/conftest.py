"""A log on each kind of database, with the tables as the migrations make them."""

from __future__ import annotations

import pathlib
from collections.abc import Iterator

import pytest

import kolba.web_master
from kolba.kit import clock
from kolba.kit.db import engine, migrations
from kolba.web_master.audit import repository, service

SCRIPTS = pathlib.Path(kolba.web_master.__file__).parent / "migrations"


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest, tmp_path: pathlib.Path) -> str:
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'web_master.db'}"
    made: str = request.getfixturevalue("postgresql").create_database()
    return made


@pytest.fixture
def database(url: str) -> Iterator[engine.Database]:
    opened = engine.connect(url)
    migrations.upgrade(opened, SCRIPTS)
    yield opened
    opened.close()


@pytest.fixture
def log(database: engine.Database) -> repository.AuditRepository:
    return repository.AuditRepository(database)


@pytest.fixture
def time() -> clock.ManualClock:
    return clock.ManualClock()


@pytest.fixture
def audit(log: repository.AuditRepository, time: clock.ManualClock) -> service.Audit:
    return service.Audit(log, time)
