import contextlib
import datetime as dt
import pathlib
import threading
from collections.abc import Iterator
from typing import Any

import pytest
import sqlalchemy
from sqlalchemy import orm

from kolba.kit import errors
from kolba.kit.db import engine, listing, settings, types


class Base(orm.DeclarativeBase):
    pass


class Counter(Base):
    __tablename__ = "counter"
    id: orm.Mapped[int] = orm.mapped_column(primary_key=True)
    value: orm.Mapped[int] = orm.mapped_column(default=0)
    at: orm.Mapped[dt.datetime | None] = orm.mapped_column(types.UtcDateTime)


@pytest.fixture
def database(tmp_path: pathlib.Path) -> engine.Database:
    opened = engine.connect(f"sqlite:///{tmp_path / 'folder' / 'test.db'}")
    Base.metadata.create_all(opened.engine)
    return opened


def test_a_commit_survives_a_power_cut(database: engine.Database) -> None:
    with database.reading() as session:
        assert session.scalar(sqlalchemy.text("PRAGMA synchronous")) == 2
        assert session.scalar(sqlalchemy.text("PRAGMA journal_mode")) == "wal"


def test_writers_wait_for_each_other_and_lose_nothing(database: engine.Database) -> None:
    with database.writing() as session:
        session.add(Counter(id=1))

    def add_one() -> None:
        for _ in range(25):
            with database.writing() as session:
                counter = session.get_one(Counter, 1)
                counter.value += 1

    threads = [threading.Thread(target=add_one) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with database.reading() as session:
        assert session.get_one(Counter, 1).value == 100


def test_a_transaction_that_raises_leaves_nothing(database: engine.Database) -> None:
    def fail_half_way() -> None:
        with database.writing() as session:
            session.add(Counter(id=7))
            session.flush()
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fail_half_way()
    with database.reading() as session:
        assert session.get(Counter, 7) is None


def test_moments_come_back_in_utc_and_naive_ones_are_refused(database: engine.Database) -> None:
    moscow = dt.timezone(dt.timedelta(hours=3))
    with database.writing() as session:
        session.add(Counter(id=1, at=dt.datetime(2026, 11, 20, 12, tzinfo=moscow)))
    with database.reading() as session:
        assert session.get_one(Counter, 1).at == dt.datetime(2026, 11, 20, 9, tzinfo=dt.UTC)
    with pytest.raises(sqlalchemy.exc.StatementError, match="naive"), database.writing() as session:
        session.add(Counter(id=2, at=dt.datetime(2026, 1, 1)))  # noqa: DTZ001 - the mistake under test


def test_pages_are_sorted_counted_and_never_overlap(database: engine.Database) -> None:
    with database.writing() as session:
        session.add_all(Counter(id=number, value=number % 2) for number in range(1, 8))
    sortable = {"id": Counter.id, "value": Counter.value}
    seen: list[int] = []
    with database.reading() as session:
        for offset in (0, 3, 6):
            rows, total = listing.page(
                session,
                sqlalchemy.select(Counter),
                sortable=sortable,
                sort="-value",
                limit=3,
                offset=offset,
            )
            assert total == 7
            seen += [row.id for row in rows]
        assert seen == [7, 5, 3, 1, 6, 4, 2]
        with pytest.raises(errors.InvalidInput) as caught:
            listing.page(
                session, sqlalchemy.select(Counter), sortable=sortable, sort="x", limit=1, offset=0
            )
    assert caught.value.fields[0].field == "sort"


def test_a_wrong_statement_is_no_fault_of_the_moment(database: engine.Database) -> None:
    with pytest.raises(sqlalchemy.exc.OperationalError), database.reading() as session:
        session.execute(sqlalchemy.text("SELECT * FROM nothing"))


@pytest.fixture
def server(postgresql: Any) -> Iterator[engine.Database]:
    """A database on a server, with two counters."""
    options = settings.DatabaseSettings(pool_size=2)
    with contextlib.closing(engine.connect(postgresql.create_database(), options)) as opened:
        Base.metadata.create_all(opened.engine)
        with opened.writing() as session:
            session.add_all([Counter(id=1), Counter(id=2)])
        yield opened


def test_of_two_that_wait_for_each_other_one_is_told_to_come_back(server: engine.Database) -> None:
    meeting = threading.Barrier(2)
    told: list[errors.KolbaError] = []

    def add(first: int, second: int) -> None:
        try:
            with server.writing() as session:
                for number in (first, second):
                    session.get_one(Counter, number, with_for_update=True).value += 1
                    if number == first:
                        meeting.wait()
        except errors.KolbaError as error:
            told.append(error)

    threads = [threading.Thread(target=add, args=order) for order in ((1, 2), (2, 1))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [type(one) for one in told] == [errors.ServiceUnavailable]
    with server.reading() as session:
        assert [session.get_one(Counter, number).value for number in (1, 2)] == [1, 1]


def test_a_connection_that_breaks_is_a_fault_of_the_moment(server: engine.Database) -> None:
    cut = sqlalchemy.text("SELECT pg_terminate_backend(pg_backend_pid())")
    with pytest.raises(errors.ServiceUnavailable), server.writing() as session:
        session.execute(cut)
    with server.reading() as session:
        assert session.get_one(Counter, 1).value == 0


def test_so_is_a_pool_with_no_connection_left(server: engine.Database) -> None:
    pool = server.engine.pool
    assert isinstance(pool, sqlalchemy.QueuePool)
    pool._timeout = 0.05  # 30 s, which nobody waits for here
    with contextlib.ExitStack() as stack:
        for _ in range(4):  # the pool's two and as many over
            stack.enter_context(server.engine.connect())
        with pytest.raises(errors.ServiceUnavailable), server.reading() as session:
            session.get(Counter, 1)
