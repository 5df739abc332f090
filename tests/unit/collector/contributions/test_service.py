"""Contributions that come and go at once, on both databases."""

from __future__ import annotations

import concurrent.futures
import contextlib
import io
import pathlib
from collections.abc import Callable, Iterator

import pyarrow.ipc
import pytest
from PIL import Image, ImageDraw

from kolba.collector import app, settings
from kolba.collector.contributions import errors, pictures, repository, service
from kolba.collector.journal import service as journal
from kolba.contracts import contributions as contracts
from kolba.kit import context, identity
from kolba.kit import errors as kit_errors
from kolba.kit.blobs import memory
from kolba.kit.db import engine, migrations
from kolba.kit.testing import postgresql as postgresql_server

Open = Callable[..., service.Contributions]


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


@pytest.fixture
def blobs() -> memory.MemoryBlobStore:
    return memory.MemoryBlobStore()


@pytest.fixture
def open_with(either: engine.Database, blobs: memory.MemoryBlobStore) -> Open:
    def run(**limits: int) -> service.Contributions:
        chosen = settings.ContributionSettings(**limits)
        book = journal.Journal(either)
        return service.Contributions(database=either, blobs=blobs, book=book, limits=chosen)

    return run


def stroke(number: int) -> pictures.Sent:
    picture = Image.new("L", (60, 60), 255)
    ImageDraw.Draw(picture).line((20, 10, 25 + number, 50), fill=0, width=6)
    holder = io.BytesIO()
    picture.save(holder, "PNG")
    return pictures.Sent(image=holder.getvalue(), field="image")


def acting(name: str, *groups: str) -> contextlib.AbstractContextManager[None]:
    return context.acting_as(identity.Person(name=name, groups=groups))


def everything(kept: service.Contributions) -> list[contracts.Contribution]:
    with acting("root", identity.ADMIN):
        found, _ = kept.page(repository.Filter(), sort="id", limit=1000, offset=0)
    return found


def labels_in(kept: service.Contributions, folder: pathlib.Path) -> list[int]:
    path = folder / "table.arrow"
    kept.write(path)
    found: list[int] = pyarrow.ipc.open_file(path).read_all().column("label").to_pylist()
    return found


def test_a_revision_changes_with_whatever_changes(open_with: Open, tmp_path: pathlib.Path) -> None:
    kept, seen = open_with(), []

    def look() -> None:
        seen.append(kept.revision())

    look()
    with acting("anna"):
        first, is_new = kept.add(stroke(0), service.Told(label=1))
        assert is_new
        look()
        kept.add(stroke(0), service.Told(label=2))
        look()
        second, _ = kept.add(stroke(1), service.Told(label=3))
        look()
        assert labels_in(kept, tmp_path) == [2, 3]
        kept.delete(second.id)
        look()
        kept.add(stroke(1), service.Told(label=3))
        look()
        kept.delete(first.id)
        look()
    assert len(set(seen)) == 7
    assert labels_in(kept, tmp_path) == [3]


def test_what_is_refused_changes_nothing(open_with: Open) -> None:
    kept = open_with(max_per_person=0)
    before = kept.revision()
    with acting("anna"):
        with pytest.raises(errors.ContributionsFull):
            kept.add(stroke(0), service.Told(label=1))
        with pytest.raises(kit_errors.InvalidInput):
            kept.add(stroke(0), service.Told(label=10))
        with pytest.raises(errors.UnknownContribution):
            kept.delete(1)
    assert kept.revision() == before
    assert everything(kept) == []


def test_a_limit_holds_for_those_who_come_at_once(open_with: Open) -> None:
    kept = open_with(max_per_person=3)

    def add(number: int) -> bool:
        with acting("anna"), contextlib.suppress(errors.ContributionsFull):
            return kept.add(stroke(number), service.Told(label=1))[1]
        return False

    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        assert sum(pool.map(add, range(12))) == 3
    assert len(everything(kept)) == 3


def test_a_file_stays_for_as_long_as_somebody_has_contributed_it(
    open_with: Open, blobs: memory.MemoryBlobStore
) -> None:
    """Some contribute the very file that others are taking back."""
    kept = open_with()

    def come_and_go(number: int) -> None:
        with acting(f"person {number}"):
            for _ in range(6):
                found, _ = kept.add(stroke(0), service.Told(label=number % 10))
                assert b"".join(kept.content(found)) == stroke(0).image
                kept.delete(found.id)

    with concurrent.futures.ThreadPoolExecutor(6) as pool:
        list(pool.map(come_and_go, range(6)))
    with acting("anna"):
        found, _ = kept.add(stroke(0), service.Told(label=1))
        assert blobs.exists(found.sha256)
        kept.delete(found.id)
    assert everything(kept) == []
    assert not blobs.exists(found.sha256)


def test_many_are_written_in_the_order_they_came(open_with: Open, tmp_path: pathlib.Path) -> None:
    kept = open_with()
    with acting("anna"):
        first, _ = kept.add(stroke(0), service.Told(label=0))
        for number in range(1, 6):
            kept.add(stroke(number), service.Told(label=number))
        kept.add(stroke(0), service.Told(label=9))
    assert labels_in(kept, tmp_path) == [9, 1, 2, 3, 4, 5]
    assert everything(kept)[0].id == first.id


def test_whether_the_model_was_wrong_is_found_out() -> None:
    assert service.Told(label=1, predicted=1).checked().was_wrong is False
    assert service.Told(label=1, predicted=2).checked().was_wrong is True
    assert service.Told(label=1).checked().was_wrong is None
    with pytest.raises(kit_errors.InvalidInput):
        service.Told(label=1, predicted=2, was_wrong=False).checked()
