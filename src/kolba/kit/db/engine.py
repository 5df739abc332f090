"""Engines and transactions.

SQLite runs with a write-ahead log and `synchronous=FULL`: a commit that was answered survives a power cut. A writing
transaction takes the write lock at its beginning, so that it waits for another writer instead of failing half-way.
"""

from __future__ import annotations

import contextlib
import pathlib
import sqlite3
from collections.abc import Iterator
from typing import Any

import sqlalchemy
from sqlalchemy import event, orm

from kolba.kit import errors, text
from kolba.kit.db import settings

_WRITING = "kolba_writing"
WRITING = {_WRITING: True}
"""The execution options of a connection whose transactions write."""


class Database:
    """One service's database. Thread-safe; a session is not."""

    def __init__(self, engine: sqlalchemy.Engine) -> None:
        self.engine = engine
        self._reading = orm.sessionmaker(engine, expire_on_commit=False)
        self._writing = orm.sessionmaker(
            engine.execution_options(**WRITING), expire_on_commit=False
        )

    @property
    def is_sqlite(self) -> bool:
        return self.engine.dialect.name == "sqlite"

    @contextlib.contextmanager
    def reading(self) -> Iterator[orm.Session]:
        """A transaction that only reads; it sees one moment of the data and blocks nobody."""
        with telling_faults(), self._reading() as session:
            yield session

    @contextlib.contextmanager
    def writing(self) -> Iterator[orm.Session]:
        """A transaction that commits when the block ends, and leaves nothing when it raises."""
        with telling_faults(), self._writing.begin() as session:
            yield session

    def ping(self) -> None:
        with self.engine.connect() as connection:
            connection.execute(sqlalchemy.text("SELECT 1"))

    def close(self) -> None:
        self.engine.dispose()


@contextlib.contextmanager
def telling_faults() -> Iterator[None]:
    """What a database refuses for the data's sake is `InvalidInput`, a full disk is `StorageFull`.

    A writer that waited for another in vain, and whoever a database server could not serve at the moment (it is away,
    all connections are in use, two transactions waited for each other), is told to come back: `ServiceUnavailable`.
    """
    try:
        yield
    except sqlalchemy.exc.DataError as error:
        message = text.Text(
            en="a value cannot be kept: a NUL character in a text, or a number out of range",
            ru="значение нельзя сохранить: нулевой символ в тексте или слишком большое число",
        )
        fault = errors.FieldError(field="body", message=message)
        raise errors.InvalidInput(fields=[fault]) from error
    except sqlalchemy.exc.TimeoutError as error:
        raise errors.ServiceUnavailable(service="database") from error
    except (sqlalchemy.exc.OperationalError, sqlite3.OperationalError) as error:
        if "disk is full" in str(error) or "No space left" in str(error):
            raise errors.StorageFull from error
        if "database is locked" in str(error) or _is_of_a_server(error):
            raise errors.ServiceUnavailable(service="database") from error
        raise


def _is_of_a_server(error: sqlalchemy.exc.OperationalError | sqlite3.OperationalError) -> bool:
    """A server's `OperationalError` is about its operation (PEP 249); SQLite's also tells of wrong statements."""
    cause = error.orig if isinstance(error, sqlalchemy.exc.OperationalError) else error
    return not isinstance(cause, sqlite3.Error)


def connect(url: str, options: settings.DatabaseSettings | None = None) -> Database:
    """Open the database at `url`; a SQLite file's folder is made when absent."""
    chosen = options or settings.DatabaseSettings()
    parsed = sqlalchemy.make_url(url)
    if parsed.get_backend_name() == "sqlite":
        return Database(_sqlite(parsed, chosen))
    engine = sqlalchemy.create_engine(
        parsed, pool_size=chosen.pool_size, max_overflow=chosen.pool_size, pool_pre_ping=True
    )
    return Database(engine)


def _sqlite(url: sqlalchemy.URL, options: settings.DatabaseSettings) -> sqlalchemy.Engine:
    if url.database:
        pathlib.Path(url.database).parent.mkdir(parents=True, exist_ok=True)
    engine = sqlalchemy.create_engine(
        url, connect_args={"check_same_thread": False, "timeout": options.busy_timeout_seconds}
    )

    @event.listens_for(engine, "connect")
    def _prepare(connection: Any, _: Any) -> None:
        # The driver must not open transactions by itself: `_begin` does, and knows which kind.
        connection.isolation_level = None
        for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON"):
            connection.execute(f"PRAGMA {pragma}").close()

    @event.listens_for(engine, "begin")
    def _begin(connection: sqlalchemy.Connection) -> None:
        writing = connection.get_execution_options().get(_WRITING, False)
        connection.exec_driver_sql("BEGIN IMMEDIATE" if writing else "BEGIN")

    return engine
