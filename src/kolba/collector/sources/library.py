"""Tables of sources: fetched once, kept on disk, shared by all who ask at the same time."""

from __future__ import annotations

import asyncio
import errno
import hashlib
import pathlib
import shutil
import tempfile
import time

from kolba.collector.journal import service as journal
from kolba.collector.sources import catalogue, errors, parsing, tables
from kolba.kit import clock
from kolba.kit import errors as kit_errors
from kolba.kit.egress import sink


class Library:
    """Opens tables. Closing it gives up what is still being fetched."""

    def __init__(
        self,
        folder: pathlib.Path,
        *,
        book: journal.Journal,
        max_columns: int,
        watch: clock.Clock | None = None,
    ) -> None:
        self._folder = folder
        self._book = book
        self._max_columns = max_columns
        self._clock = watch or clock.SystemClock()
        self._open: dict[str, tuple[str, tables.Table]] = {}
        self._flights: dict[str, asyncio.Task[tables.Table]] = {}

    async def open(self, source: catalogue.Source) -> tables.Table:
        """The source's table, fetched when it is not here yet.

        Raises `errors.NoneInReach`, `errors.MalformedSource`, `StorageFull`. Those who ask while it is being
        fetched share the one fetch, and its failure.
        """
        revision = await asyncio.to_thread(source.revision)
        known = self._open.get(source.name)
        if known is not None and known[0] == revision:
            return known[1]
        flight = self._flights.get(revision)
        if flight is None:
            flight = asyncio.create_task(self._bring(source, revision))
            self._flights[revision] = flight
            flight.add_done_callback(lambda done: self._land(revision, done))
        return await asyncio.shield(flight)

    def clear(self) -> None:
        """Remove what a process that was killed has left half-done. Called before anything is opened."""
        for leftover in self._folder.glob(".*"):
            if leftover.is_dir():
                shutil.rmtree(leftover, ignore_errors=True)
            else:
                leftover.unlink(missing_ok=True)

    async def close(self) -> None:
        flights = list(self._flights.values())
        for flight in flights:
            flight.cancel()
        await asyncio.gather(*flights, return_exceptions=True)

    def _land(self, revision: str, flight: asyncio.Task[tables.Table]) -> None:
        self._flights.pop(revision, None)
        if not flight.cancelled():
            # Looked at here, so that a failure nobody waits for any more is not reported as forgotten.
            flight.exception()

    async def _bring(self, source: catalogue.Source, revision: str) -> tables.Table:
        path = self._path(source.name, revision)
        table = await asyncio.to_thread(tables.load, path)
        if table is None:
            try:
                table = await self._fetch(source, path)
            except OSError as error:
                raise _from_disk(error) from error
        self._open[source.name] = (revision, table)
        return table

    async def _fetch(self, source: catalogue.Source, path: pathlib.Path) -> tables.Table:
        await asyncio.to_thread(path.parent.mkdir, parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=path.parent, prefix=".fetch-") as folder:
            kept, place = await self._from_any_place(source, pathlib.Path(folder) / "data")
            origin = tables.Origin(
                sha256=kept.sha256,
                size_bytes=kept.size_bytes,
                fetched_from=place,
                fetched_at=self._clock.now(),
            )
            return await asyncio.to_thread(self._make, source, kept.path, origin, path)

    def _make(
        self,
        source: catalogue.Source,
        file: pathlib.Path,
        origin: tables.Origin,
        path: pathlib.Path,
    ) -> tables.Table:
        parsed = parsing.parse(
            file, source.config.format, source=source.name, max_columns=self._max_columns
        )
        tables.save(parsed, origin, path)
        for older in path.parent.glob(f"{_stem(source.name)}-*.arrow"):
            if older != path:
                older.unlink(missing_ok=True)
        table = tables.load(path)
        if table is None:
            raise OSError(errno.EIO, "the table that was just written cannot be read")
        return table

    async def _from_any_place(
        self, source: catalogue.Source, target: pathlib.Path
    ) -> tuple[sink.Kept, str]:
        """The file, from the first place that gives it. Every attempt is journalled."""
        failures: list[errors.Failure] = []
        for connector in source.connectors:
            place, started = connector.describe(), time.perf_counter()
            try:
                kept = await connector.fetch(target)
            except kit_errors.KolbaError as error:
                failures.append(errors.Failure(place=place, error=error))
                detail = f"{place}: {error}"
                await self._record(journal.failed("download", source.name, started, detail))
            else:
                done = journal.succeeded(
                    "download", source.name, started, size_bytes=kept.size_bytes, detail=place
                )
                await self._record(done)
                return kept, place
        raise errors.NoneInReach(source=source.name, failures=failures)

    async def _record(self, entry: journal.Entry) -> None:
        await asyncio.to_thread(self._book.record, entry)

    def _path(self, name: str, revision: str) -> pathlib.Path:
        return self._folder / f"{_stem(name)}-{revision[:24]}.arrow"


def _stem(name: str) -> str:
    """A name may be longer than a file name may be, and in any script."""
    return hashlib.sha256(name.encode()).hexdigest()[:16]


def _from_disk(error: OSError) -> Exception:
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return kit_errors.StorageFull()
    return error
