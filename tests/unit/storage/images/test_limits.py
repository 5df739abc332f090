"""One person keeps so much and no more, on both databases."""

from __future__ import annotations

import concurrent.futures
import contextlib
import pathlib
from collections.abc import Callable, Iterator

import pytest

from kolba.kit import clock, context, identity
from kolba.kit.blobs import memory
from kolba.kit.db import engine, migrations
from kolba.kit.testing import pictures
from kolba.kit.testing import postgresql as postgresql_server
from kolba.storage import app, settings
from kolba.storage.catalog import shelf
from kolba.storage.images import errors, repository, service

LARGE = pictures.png(size=(400, 300))
Open = Callable[..., service.Images]


@pytest.fixture(params=["sqlite", "postgresql"])
def database(request: pytest.FixtureRequest, tmp_path: pathlib.Path) -> Iterator[engine.Database]:
    url = f"sqlite:///{tmp_path / 'storage.db'}"
    if request.param == "postgresql":
        cluster: postgresql_server.Cluster = request.getfixturevalue("postgresql")
        url = cluster.create_database()
    made = engine.connect(url)
    migrations.upgrade(made, app.MIGRATIONS)
    yield made
    made.close()


@pytest.fixture
def blobs() -> memory.MemoryBlobStore:
    return memory.MemoryBlobStore()


@pytest.fixture
def open_with(database: engine.Database, blobs: memory.MemoryBlobStore) -> Open:
    def run(**limits: int) -> service.Images:
        return service.Images(
            database=database,
            shelf=shelf.Shelf(blobs),
            watch=clock.SystemClock(),
            limits=settings.ImageSettings(**limits),
        )

    return run


def acting(name: str) -> contextlib.AbstractContextManager[None]:
    return context.acting_as(identity.Person(name=name, groups=()))


def test_so_many_images_and_no_more(open_with: Open) -> None:
    images = open_with(max_per_person=2)
    with acting("ann"):
        first, _ = images.create(pictures.png(1))
        images.create(pictures.png(2))
        with pytest.raises(errors.ImagesFull) as refused:
            images.create(pictures.png(3))
        assert refused.value.status == 409
        assert "`images.max_per_person`" in refused.value.render_detail("ru")
        assert images.create(pictures.png(1)) == (first, False)  # it is there already
        images.delete(first.id)
        assert images.create(pictures.png(3))[1]
    with acting("ben"):
        assert images.create(pictures.png(1))[1]


def test_so_many_bytes_and_no_more_and_nothing_is_left_of_what_is_refused(
    open_with: Open, blobs: memory.MemoryBlobStore
) -> None:
    small = pictures.png()
    images = open_with(max_bytes_per_person=len(small) + len(LARGE) - 1)
    assert len(LARGE) > service.INLINE_BYTES
    with acting("ann"):
        images.create(small)
        with pytest.raises(errors.ImagesFull, match="max_bytes_per_person"):
            images.create(LARGE)
    assert not blobs.exists(pictures.sha256(LARGE))
    with acting("ben"):
        images.create(LARGE)
    assert blobs.exists(pictures.sha256(LARGE))


def test_several_storages_count_together(open_with: Open, database: engine.Database) -> None:
    processes = [open_with(max_per_person=3) for _ in range(4)]

    def create(number: int) -> bool:
        with acting("ann"), contextlib.suppress(errors.ImagesFull):
            return processes[number % 4].create(pictures.png(number))[1]
        return False

    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        assert sum(pool.map(create, range(16))) == 3
    with database.reading() as session:
        assert repository.kept(session, "ann").images == 3
