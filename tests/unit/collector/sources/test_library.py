from __future__ import annotations

import asyncio
import dataclasses
import errno
import hashlib
import pathlib
from typing import Any

import pytest

from kolba.collector import settings
from kolba.collector.journal import repository
from kolba.collector.journal import service as journal
from kolba.collector.sources import catalogue, errors, library
from kolba.collector.sources.connectors import protocol
from kolba.contracts import sources
from kolba.kit import errors as kit_errors
from kolba.kit.db import engine
from kolba.kit.egress import sink

WORDS = sources.LocalisedText(en="own", ru="свой")
PLACE = settings.FilePlace(connector="file", path="unused")
BODY = b"a,b\n1,x\n2,\n"


@dataclasses.dataclass
class Place:
    """A place that does as it is told, and counts."""

    body: bytes = BODY
    error: Exception | None = None
    mark: str = "1"
    fetched: int = 0
    name: str = "place"

    def describe(self) -> str:
        return self.name

    def revision(self) -> str:
        return self.mark

    async def fetch(self, target: pathlib.Path) -> sink.Kept:
        self.fetched += 1
        await asyncio.sleep(0.01)
        if self.error is not None:
            raise self.error
        await asyncio.to_thread(target.write_bytes, self.body)
        digest = hashlib.sha256(self.body).hexdigest()
        return sink.Kept(path=target, sha256=digest, size_bytes=len(self.body))


def source(*places: protocol.Connector, name: str = "own") -> catalogue.Source:
    config = settings.SourceSettings(title=WORDS, description=WORDS, places=[PLACE])
    return catalogue.Source(name=name, config=config, connectors=places)


@pytest.fixture
def book(database: engine.Database) -> journal.Journal:
    return journal.Journal(database)


@pytest.fixture
def open_shelf(tmp_path: pathlib.Path, book: journal.Journal) -> Any:
    return lambda: library.Library(tmp_path / "tables", book=book, max_columns=10)


def downloads(book: journal.Journal) -> list[tuple[str, str]]:
    rows, _ = book.page(repository.Filter(action="download"), sort="id", limit=100, offset=0)
    return [(row.outcome, row.detail) for row in rows]


async def test_those_who_ask_together_share_one_fetch(open_shelf: Any) -> None:
    shelf, place = open_shelf(), Place()
    tables = await asyncio.gather(*(shelf.open(source(place)) for _ in range(20)))
    assert place.fetched == 1
    assert len({id(table) for table in tables}) == 1
    assert tables[0].arrow.to_pylist() == [{"a": 1, "b": "x"}, {"a": 2, "b": None}]


async def test_a_restart_reads_the_table_from_disk(open_shelf: Any, tmp_path: pathlib.Path) -> None:
    place = Place()
    before = await open_shelf().open(source(place))
    after = await open_shelf().open(source(place))
    assert place.fetched == 1
    assert after.origin == before.origin
    assert after.columns == before.columns
    assert [column.missing for column in after.columns] == [0, 1]


async def test_a_damaged_table_is_fetched_again(open_shelf: Any, tmp_path: pathlib.Path) -> None:
    place = Place()
    await open_shelf().open(source(place))
    (kept,) = stored(tmp_path)
    for content in (b"", b"ARROW1\0\0 no more", kept.read_bytes()[:-40]):
        kept.unlink()
        kept.write_bytes(content)
        assert (await open_shelf().open(source(place))).rows == 2
    assert place.fetched == 4


def stored(folder: pathlib.Path) -> list[pathlib.Path]:
    return list((folder / "tables").iterdir())


async def test_what_a_killed_process_left_is_cleared(
    open_shelf: Any, tmp_path: pathlib.Path
) -> None:
    await open_shelf().open(source(Place()))
    (kept,) = stored(tmp_path)
    half_done = tmp_path / "tables" / ".fetch-x"
    half_done.mkdir()
    (half_done / "data").write_bytes(b"half")
    (tmp_path / "tables" / ".own.arrow.part").write_bytes(b"half")
    open_shelf().clear()
    assert stored(tmp_path) == [kept]


async def test_a_changed_file_is_read_anew_and_the_old_table_goes(
    open_shelf: Any, tmp_path: pathlib.Path
) -> None:
    shelf, place = open_shelf(), Place()
    assert (await shelf.open(source(place))).rows == 2
    place.body, place.mark = b"a\n1\n", "2"
    assert (await shelf.open(source(place))).rows == 1
    assert len(stored(tmp_path)) == 1


async def test_a_place_that_fails_is_passed_over_and_journalled(
    open_shelf: Any, book: journal.Journal
) -> None:
    gone = Place(error=errors.FileAbsent(path="x.csv"), name="first")
    table = await open_shelf().open(source(gone, Place(name="second")))
    assert table.origin.fetched_from == "second"
    (failed, reason), succeeded = downloads(book)
    assert failed == "failed"
    assert reason.startswith("first: There is no file `x.csv`")
    assert succeeded == ("ok", "second")


async def test_none_in_reach_names_every_place_and_reason(
    open_shelf: Any, book: journal.Journal, tmp_path: pathlib.Path
) -> None:
    first = Place(error=errors.FileAbsent(path="x.csv"), name="first place")
    second = Place(
        error=errors.PackageUnavailable(package="p==1", reason="no index"), name="second place"
    )
    shelf = open_shelf()
    found = await asyncio.gather(
        *(shelf.open(source(first, second)) for _ in range(5)), return_exceptions=True
    )
    assert {type(one) for one in found} == {errors.NoneInReach}
    assert (first.fetched, second.fetched) == (1, 1)
    error = found[0]
    assert isinstance(error, errors.NoneInReach)
    problem = error.problem("ru")
    assert problem["status"] == 503
    assert [place["place"] for place in problem["places"]] == ["first place", "second place"]
    assert "Файла `x.csv` нет" in problem["detail"]
    assert "no index" in error.problem("en")["detail"]
    assert stored(tmp_path) == []
    assert [outcome for outcome, _ in downloads(book)] == ["failed", "failed"]


async def test_a_malformed_file_leaves_nothing(open_shelf: Any, tmp_path: pathlib.Path) -> None:
    with pytest.raises(errors.MalformedSource):
        await open_shelf().open(source(Place(body=b"a,b\n1\n")))
    assert stored(tmp_path) == []


async def test_a_full_disk_is_said_so(open_shelf: Any, tmp_path: pathlib.Path) -> None:
    full = Place(error=OSError(errno.ENOSPC, "full"))
    with pytest.raises(kit_errors.StorageFull):
        await open_shelf().open(source(full))
    assert stored(tmp_path) == []


async def test_one_who_gives_up_does_not_spoil_it_for_the_others(open_shelf: Any) -> None:
    shelf, place = open_shelf(), Place()
    impatient = asyncio.create_task(shelf.open(source(place)))
    patient = asyncio.create_task(shelf.open(source(place)))
    await asyncio.sleep(0.005)
    impatient.cancel()
    assert (await patient).rows == 2
    assert place.fetched == 1


async def test_closing_gives_up_what_is_under_way(open_shelf: Any) -> None:
    @dataclasses.dataclass
    class Endless(Place):
        async def fetch(self, target: pathlib.Path) -> sink.Kept:
            await asyncio.sleep(60)
            raise AssertionError

    shelf = open_shelf()
    waiting = asyncio.create_task(shelf.open(source(Endless())))
    await asyncio.sleep(0.05)
    await shelf.close()
    with pytest.raises(asyncio.CancelledError):
        await waiting


async def test_a_long_name_in_any_script_makes_a_file(open_shelf: Any) -> None:
    table = await open_shelf().open(source(Place(), name="я" * 128))
    assert table.rows == 2
