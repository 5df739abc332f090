from __future__ import annotations

import asyncio
import dataclasses
import datetime as dt
import errno
import functools
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
    own_format: protocol.Format | None = None
    part: bool = False

    def describe(self) -> str:
        return self.name

    def revision(self) -> str:
        return self.mark

    def format(self) -> protocol.Format | None:
        return self.own_format

    def stands_in(self) -> bool:
        return self.part

    async def fetch(self, folder: pathlib.Path) -> dict[str, sink.Kept]:
        self.fetched += 1
        await asyncio.sleep(0.01)
        if self.error is not None:
            raise self.error
        target = folder / "data"
        await asyncio.to_thread(target.write_bytes, self.body)
        digest = hashlib.sha256(self.body).hexdigest()
        return {"data": sink.Kept(path=target, sha256=digest, size_bytes=len(self.body))}


def source(*places: protocol.Connector, name: str = "own") -> catalogue.Source:
    config = settings.SourceSettings(title=WORDS, description=WORDS, places=[PLACE])
    return catalogue.Source(name=name, config=config, connectors=places)


@pytest.fixture
def book(database: engine.Database) -> journal.Journal:
    return journal.Journal(database)


@pytest.fixture
def open_shelf(tmp_path: pathlib.Path, book: journal.Journal) -> Any:
    return functools.partial(library.Library, tmp_path / "tables", book=book, max_columns=10)


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
        async def fetch(self, folder: pathlib.Path) -> dict[str, sink.Kept]:
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


async def test_a_place_may_have_a_format_of_its_own(open_shelf: Any) -> None:
    gone = Place(error=errors.FileAbsent(path="x.csv"))
    other = Place(own_format=settings.TextFormat(delimiter="|"), body=b"a|b\n1|x\n")
    table = await open_shelf().open(source(gone, other))
    assert table.arrow.to_pylist() == [{"a": 1, "b": "x"}]


async def test_a_place_that_gives_images_gives_a_part_of_them(open_shelf: Any) -> None:
    pixels = settings.PixelsFormat(kind="pixels", height=1, width=2)
    table = await open_shelf().open(source(Place(own_format=pixels, body=b"0,255,1\n9,9,2\n")))
    assert [(one.name, one.type) for one in table.columns] == [
        ("image", "image"),
        ("label", "integer"),
    ]
    assert table.part(1, 5).column("label").to_pylist() == [2]


async def test_of_two_revisions_made_at_once_neither_spoils_the_other(
    open_shelf: Any, tmp_path: pathlib.Path
) -> None:
    shelf = open_shelf()
    growing = [Place(mark=str(mark), body=b"a\n" + b"1\n" * (mark + 1)) for mark in range(8)]
    opened = await asyncio.gather(*(shelf.open(source(place)) for place in growing))
    assert [table.rows for table in opened] == list(range(1, 9))
    assert len(stored(tmp_path)) == 1


def test_what_an_earlier_version_has_fetched_stays_good() -> None:
    """Else an upgrade without a connection would lose the data it has."""
    place = Place(mark="a" * 64)
    written = '{"delimiter":",","encoding":"utf-8","missing":["","NA","N/A","NaN","nan","null","NULL"],"types":{}}'
    expected = hashlib.sha256(f"own\0{written}\0{place.mark}".encode()).hexdigest()
    assert source(place).revision() == expected


def test_a_revision_tells_formats_apart() -> None:
    own = [None, settings.TextFormat(), settings.TextFormat(delimiter=";")]
    revisions = {source(Place(own_format=one)).revision() for one in own}
    assert len(revisions) == 3


@dataclasses.dataclass
class Watch:
    time: dt.datetime = dt.datetime(2026, 1, 1, tzinfo=dt.UTC)

    def now(self) -> dt.datetime:
        return self.time

    def pass_seconds(self, seconds: float) -> None:
        self.time += dt.timedelta(seconds=seconds)


async def test_what_stands_in_is_replaced_once_the_whole_is_in_reach(open_shelf: Any) -> None:
    watch = Watch()
    shelf = open_shelf(stand_in_seconds=60, watch=watch)
    whole = Place(error=errors.FileAbsent(path="x.csv"))
    part = Place(body=b"a\n1\n", part=True, name="part")
    data = source(whole, part)

    table = await shelf.open(data, renew=True)
    assert (table.rows, table.origin.stand_in, whole.fetched) == (1, True, 1)
    for _ in range(3):
        assert await shelf.open(data, renew=True) is table
    watch.pass_seconds(60)
    # In the midst of a collection nothing is replaced.
    assert await shelf.open(data) is table
    assert whole.fetched == 1
    # Out of reach still: not tried at each request, and the part is there.
    for _ in range(3):
        assert (await shelf.open(data, renew=True)).rows == 1
    assert (whole.fetched, part.fetched) == (2, 1)
    watch.pass_seconds(60)
    whole.error = None
    found = await shelf.open(data, renew=True)
    assert (found.rows, found.origin.stand_in) == (2, False)
    assert (whole.fetched, part.fetched) == (3, 1)
    watch.pass_seconds(3600)
    assert await shelf.open(data, renew=True) is found


async def test_what_stands_in_is_replaced_after_a_restart_too(open_shelf: Any) -> None:
    watch = Watch()
    whole = Place(error=errors.FileAbsent(path="x.csv"))
    data = source(whole, Place(body=b"a\n1\n", part=True))
    await open_shelf(stand_in_seconds=60, watch=watch).open(data)
    whole.error = None
    shelf = open_shelf(stand_in_seconds=60, watch=watch)
    assert (await shelf.open(data, renew=True)).origin.stand_in
    watch.pass_seconds(60)
    assert not (await shelf.open(data, renew=True)).origin.stand_in
