"""Cursors, on both databases."""

from __future__ import annotations

import concurrent.futures
import datetime as dt
import pathlib
from collections.abc import Iterator

import pytest

from kolba.collector import app
from kolba.collector.batches import repository
from kolba.kit.db import engine, migrations
from kolba.kit.testing import postgresql as postgresql_server

NOW = dt.datetime(2026, 1, 1, tzinfo=dt.UTC)


@pytest.fixture(params=["sqlite", "postgresql"])
def either(request: pytest.FixtureRequest, tmp_path: pathlib.Path) -> Iterator[engine.Database]:
    url = f"sqlite:///{tmp_path / 'collector.db'}"
    if request.param == "postgresql":
        cluster: postgresql_server.Cluster = request.getfixturevalue("postgresql")
        url = cluster.create_database()
    made = engine.connect(url)
    migrations.upgrade(made, app.MIGRATIONS)
    yield made
    made.close()


def take(database: engine.Database, size: int, total: int = 1000) -> int:
    with database.writing() as session:
        return repository.take(session, "own", size=size, total=total, now=NOW)


def position(database: engine.Database) -> int:
    with database.reading() as session:
        return repository.position(session, "own")


def test_parts_follow_each_other_up_to_the_end(either: engine.Database) -> None:
    assert [take(either, 3, total=7) for _ in range(4)] == [0, 3, 6, 7]
    assert position(either) == 7


def test_a_shorter_table_pulls_the_cursor_back(either: engine.Database) -> None:
    take(either, 500)
    assert take(either, 10, total=100) == 100


def test_a_transaction_that_fails_moves_nothing(either: engine.Database) -> None:
    take(either, 10)

    def fail() -> None:
        with either.writing() as session:
            repository.take(session, "own", size=10, total=1000, now=NOW)
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fail()
    assert position(either) == 10


def test_reset_goes_back_to_the_beginning(either: engine.Database) -> None:
    take(either, 10)
    with either.writing() as session:
        repository.reset(session, "own", NOW)
        repository.reset(session, "never read", NOW)
    assert position(either) == 0


def test_parallel_takers_never_get_one_part_twice(either: engine.Database) -> None:
    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        starts = list(pool.map(lambda _: take(either, 5), range(40)))
    assert sorted(starts) == list(range(0, 200, 5))
