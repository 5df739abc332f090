"""Tables of sources: fetched once, kept on disk, shared by all who ask at the same time."""

from __future__ import annotations

import asyncio
import datetime as dt
import errno
import functools
import hashlib
import pathlib
import shutil
import tempfile
import threading
import time
from collections.abc import Callable
from typing import Any

from kolba.collector.journal import service as journal
from kolba.collector.sources import catalogue, errors, formats, tables
from kolba.collector.sources.connectors import files, protocol
from kolba.kit import clock
from kolba.kit import errors as kit_errors
from kolba.kit.egress import sink

_KEPT_OPEN = 4
"""So many states of a source, the newest: somebody may be in the midst of collecting one."""


class Library:
    """Opens tables. Closing it gives up what is still being fetched."""

    def __init__(
        self,
        folder: pathlib.Path,
        *,
        book: journal.Journal,
        max_columns: int,
        stand_in_seconds: float = 3600,
        watch: clock.Clock | None = None,
    ) -> None:
        self._folder = folder
        self._book = book
        self._max_columns = max_columns
        self._clock = watch or clock.SystemClock()
        self._open: dict[str, tuple[str, tables.Table]] = {}
        self._recent: dict[str, dict[str, tables.Table]] = {}
        self._flights: dict[str, asyncio.Task[tables.Table]] = {}
        self._making = threading.Lock()
        self._patience = dt.timedelta(seconds=stand_in_seconds)
        self._tried: dict[str, dt.datetime] = {}

    async def open(self, source: catalogue.Source, *, renew: bool = False) -> tables.Table:
        """The source's table, fetched when it is not here yet.

        With `renew`, what only stands in for the whole is replaced by it, where that is in reach by now.
        Raises `errors.NoneInReach`, `errors.MalformedSource`, `StorageFull`. Those who ask while it is being
        fetched share the one fetch, and its failure.
        """
        revision = await asyncio.to_thread(source.revision)
        known = self._open.get(source.name)
        is_here = known is not None and known[0] == revision
        if known is not None and is_here and not (renew and self._is_due(source, known[1])):
            return known[1]
        flight = self._flights.get(revision)
        if flight is None:
            flight = asyncio.create_task(self._bring(source, revision, renew=renew))
            self._flights[revision] = flight
            flight.add_done_callback(lambda done: self._land(revision, done))
        return await asyncio.shield(flight)

    async def open_exactly(self, source: catalogue.Source, sha256: str) -> tables.Table:
        """The table of just that data, also when the source has changed meanwhile.

        So a collection is of one state of a source that grows. Raises what `open` raises, and `SourceChanged` where
        several later states have been opened since.
        """
        known = self._recent.get(source.name, {}).get(sha256)
        if known is not None:
            return known
        table = await self.open(source)
        if table.origin.sha256 != sha256:
            raise errors.SourceChanged(source=source.name)
        return table

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

    async def _bring(self, source: catalogue.Source, revision: str, *, renew: bool) -> tables.Table:
        path = self._path(source.name, revision)
        table = await asyncio.to_thread(tables.load, path)
        if table is None:
            try:
                table = await self._fetch(source, path)
            except OSError as error:
                raise _from_disk(error) from error
        elif renew and self._is_due(source, table):
            table = await self._replaced(source, path, table)
        self._open[source.name] = (revision, table)
        self._remember(source.name, table)
        return table

    def _remember(self, name: str, table: tables.Table) -> None:
        recent = self._recent.setdefault(name, {})
        recent.pop(table.origin.sha256, None)
        recent[table.origin.sha256] = table
        if len(recent) > _KEPT_OPEN:
            # A dictionary keeps its order: the first is the oldest. Its file goes once nobody reads it.
            del recent[next(iter(recent))]

    def _is_due(self, source: catalogue.Source, table: tables.Table) -> bool:
        """Whether the table only stands in, and it is time to look for the whole."""
        since = self._tried.get(source.name, table.origin.fetched_at)
        return table.origin.stand_in and self._clock.now() - since >= self._patience

    async def _replaced(
        self, source: catalogue.Source, path: pathlib.Path, table: tables.Table
    ) -> tables.Table:
        """The whole, from a place that has it; `table`, where none is in reach still."""
        self._tried[source.name] = self._clock.now()
        try:
            return await self._fetch(source.without_stand_ins(), path)
        except (kit_errors.KolbaError, OSError):
            # The journal tells of every attempt.
            return table

    async def _fetch(self, source: catalogue.Source, path: pathlib.Path) -> tables.Table:
        await asyncio.to_thread(path.parent.mkdir, parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=path.parent, prefix=".fetch-") as folder:
            brought, connector = await self._from_any_place(source, pathlib.Path(folder))
            origin = tables.Origin(
                sha256=files.revision({role: kept.sha256 for role, kept in brought.items()}),
                size_bytes=sum(kept.size_bytes for kept in brought.values()),
                fetched_from=connector.describe(),
                fetched_at=self._clock.now(),
                stand_in=connector.stands_in(),
            )
            parse = functools.partial(
                formats.read,
                {role: kept.path for role, kept in brought.items()},
                connector.format() or source.config.format,
                source=source.name,
                max_columns=self._max_columns,
            )
            return await asyncio.to_thread(self._make, source, parse, origin, path)

    def _make(
        self,
        source: catalogue.Source,
        parse: Callable[[], Any],
        origin: tables.Origin,
        path: pathlib.Path,
    ) -> tables.Table:
        parsed = parse()
        # One at a time: of two revisions of a source that grows, each would remove the other's file.
        with self._making:
            tables.save(parsed, origin, path)
            for older in path.parent.glob(f"{_stem(source.name)}-*.arrow"):
                if older != path:
                    older.unlink(missing_ok=True)
            table = tables.load(path)
        if table is None:
            raise OSError(errno.EIO, "the table that was just written cannot be read")
        return table

    async def _from_any_place(
        self, source: catalogue.Source, folder: pathlib.Path
    ) -> tuple[dict[str, sink.Kept], protocol.Connector]:
        """The files by role, from the first place that gives them. Every attempt is journalled."""
        failures: list[errors.Failure] = []
        for connector in source.connectors:
            place, started = connector.describe(), time.perf_counter()
            try:
                brought = await connector.fetch(folder)
            except kit_errors.KolbaError as error:
                failures.append(errors.Failure(place=place, error=error))
                detail = f"{place}: {error}"
                await self._record(journal.failed("download", source.name, started, detail))
            else:
                size = sum(kept.size_bytes for kept in brought.values())
                done = journal.succeeded(
                    "download", source.name, started, size_bytes=size, detail=place
                )
                await self._record(done)
                return brought, connector
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
