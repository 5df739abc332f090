"""Storage as a real server, on SQLite and on PostgreSQL."""

from __future__ import annotations

import contextlib
import pathlib
from collections.abc import Callable, Iterator

import httpx
import pytest

from kolba.kit import clock, identity, settings
from kolba.kit.testing import servers
from kolba.storage import app
from kolba.storage import settings as storage_settings

A_SERVICE = identity.LocalPerson(
    identity.Person(name="local", groups=("client", "researcher", identity.SERVICE))
)
"""Who asks in most of these tests: they are about what storage does. Who may see it is tested in `test_people.py`."""


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest) -> str | None:
    """None: a SQLite file in the data folder."""
    if request.param == "sqlite":
        return None
    return str(request.getfixturevalue("postgresql").create_database())


@pytest.fixture
def make_settings(tmp_path: pathlib.Path) -> Callable[..., storage_settings.StorageSettings]:
    def make(**changes: object) -> storage_settings.StorageSettings:
        values: dict[str, object] = {
            "port": 0,
            "data_dir": tmp_path / "data",
            "log": {"directory": None, "standard_output": False},
            "runs": {"reap_seconds": 3600, "poll_seconds": 0.2},
            **changes,
        }
        return settings.load(storage_settings.StorageSettings, **values)

    return make


@pytest.fixture
def watch() -> clock.ManualClock:
    return clock.ManualClock()


@pytest.fixture
def storage(make_settings, database_url, watch) -> Iterator[httpx.Client]:
    """A client of a running storage, whose clock stands still."""
    config = make_settings(database={"url": database_url})
    with serving(app.create_app(config, watch=watch, authenticator=A_SERVICE)) as client:
        yield client


@pytest.fixture
def serving_storage() -> Callable[..., contextlib.AbstractContextManager[httpx.Client]]:
    """Serves a storage of the given settings, for tests that end it or start it again."""

    def serve(
        config: storage_settings.StorageSettings,
    ) -> contextlib.AbstractContextManager[httpx.Client]:
        return serving(app.create_app(config, authenticator=A_SERVICE))

    return serve


@pytest.fixture(scope="session")
def serve_storage(request: pytest.FixtureRequest) -> Callable[..., object]:
    """For what several tests only read: serves a storage of its own on the named kind of database."""

    @contextlib.contextmanager
    def serve(kind: str, folder: pathlib.Path) -> Iterator[httpx.Client]:
        is_sqlite = kind == "sqlite"
        url = None if is_sqlite else request.getfixturevalue("postgresql").create_database()
        config = settings.load(
            storage_settings.StorageSettings,
            port=0,
            data_dir=folder,
            log={"directory": None, "standard_output": False},
            database={"url": url},
        )
        with serving(app.create_app(config, authenticator=A_SERVICE)) as client:
            yield client

    return serve


@contextlib.contextmanager
def serving(application: object) -> Iterator[httpx.Client]:
    with (
        servers.running(application) as server,
        httpx.Client(base_url=server.url, timeout=60) as client,
    ):
        yield client
