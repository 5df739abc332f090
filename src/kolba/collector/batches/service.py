"""Parts of sources. What moves the cursor is committed, with its journal entry, before it is answered."""

from __future__ import annotations

import asyncio
import contextlib
import dataclasses
import time
from collections.abc import AsyncIterator
from typing import Any

import orjson

from kolba.collector import settings
from kolba.collector.batches import errors, repository
from kolba.collector.journal import service as journal
from kolba.collector.sources import catalogue, library, tables
from kolba.contracts import sources
from kolba.kit import clock
from kolba.kit import errors as kit_errors
from kolba.kit.db import engine

MAX_OFFSET = 2**53


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What is asked for. Without a source the default one, without an offset the next part.

    With `sha256`, as `info` told it, a part of just that data.
    """

    source: str | None = None
    size: int | None = None
    offset: int | None = None
    sha256: str | None = None
    as_arrow: bool = False


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """An encoded part, and where it lies, in rows."""

    source: str
    offset: int
    next_offset: int
    total: int
    body: bytes

    @property
    def done(self) -> bool:
        return self.next_offset >= self.total


class Batches:
    def __init__(
        self,
        *,
        known: catalogue.Catalogue,
        shelf: library.Library,
        book: journal.Journal,
        database: engine.Database,
        limits: settings.BatchSettings,
        watch: clock.Clock | None = None,
    ) -> None:
        self._known = known
        self._shelf = shelf
        self._book = book
        self._database = database
        self._limits = limits
        self._clock = watch or clock.SystemClock()

    async def part(self, wanted: Wanted) -> Part:
        """Raises `UnknownSource`, `InvalidInput`, `SourceChanged`, and what `Library.open` raises."""
        started = time.perf_counter()
        async with self._failures_noted("batch", wanted.source, started):
            size = self._checked_size(wanted)
            source = self._known.get(wanted.source)
            table = await self._opened(source, wanted.sha256)
            return await asyncio.to_thread(self._cut, source, table, wanted, size, started)

    async def info(self, name: str | None) -> sources.SourceInfo:
        started = time.perf_counter()
        async with self._failures_noted("info", name, started):
            source = self._known.get(name)
            # Asked at the beginning of each collection: in its midst nothing may be replaced.
            table = await self._shelf.open(source, renew=True)
            return await asyncio.to_thread(self._describe, source, table, started)

    async def reset(self, name: str | None) -> sources.Reset:
        """Put the cursor back to the beginning. The data need not be here for that."""
        started = time.perf_counter()
        async with self._failures_noted("reset", name, started):
            source = self._known.get(name)
            return await asyncio.to_thread(self._put_back, source.name, started)

    async def _opened(self, source: catalogue.Source, sha256: str | None) -> tables.Table:
        if sha256 is None:
            return await self._shelf.open(source)
        return await self._shelf.open_exactly(source, sha256)

    def _checked_size(self, wanted: Wanted) -> int:
        size = self._limits.default_size if wanted.size is None else wanted.size
        if not 1 <= size <= self._limits.max_size:
            raise errors.wrong_size(self._limits.max_size)
        if wanted.offset is not None and not 0 <= wanted.offset <= MAX_OFFSET:
            raise errors.wrong_offset(MAX_OFFSET)
        return size

    def _cut(
        self,
        source: catalogue.Source,
        table: tables.Table,
        wanted: Wanted,
        size: int,
        started: float,
    ) -> Part:
        with self._database.writing() as session:
            offset = wanted.offset
            if offset is None:
                now = self._clock.now()
                offset = repository.take(session, source.name, size=size, total=table.rows, now=now)
            rows = table.part(offset, size)
            part = _encoded(source.name, table, rows, offset, as_arrow=wanted.as_arrow)
            entry = journal.succeeded(
                "batch",
                source.name,
                started,
                offset=offset,
                rows=rows.num_rows,
                size_bytes=len(part.body),
            )
            self._book.add(session, entry)
        journal.announce(entry)
        return part

    def _describe(
        self, source: catalogue.Source, table: tables.Table, started: float
    ) -> sources.SourceInfo:
        entry = journal.succeeded("info", source.name, started, rows=table.rows)
        with self._database.writing() as session:
            cursor = repository.position(session, source.name)
            self._book.add(session, entry)
        journal.announce(entry)
        return sources.SourceInfo(
            source=source.name,
            rows=table.rows,
            columns=[
                sources.ColumnInfo(name=column.name, type=column.type, missing=column.missing)
                for column in table.columns
            ],
            target=source.config.target,
            cursor=min(cursor, table.rows),
            **dataclasses.asdict(table.origin),
        )

    def _put_back(self, name: str, started: float) -> sources.Reset:
        entry = journal.succeeded("reset", name, started, offset=0)
        with self._database.writing() as session:
            repository.reset(session, name, self._clock.now())
            self._book.add(session, entry)
        journal.announce(entry)
        return sources.Reset(source=name, cursor=0)

    @contextlib.asynccontextmanager
    async def _failures_noted(
        self, action: journal.Action, name: str | None, started: float
    ) -> AsyncIterator[None]:
        try:
            yield
        except kit_errors.KolbaError as error:
            source = self._known.default if name is None else name
            entry = journal.failed(action, source, started, f"{error.slug}: {error}")
            await asyncio.to_thread(self._book.record, entry)
            raise


def _encoded(source: str, table: tables.Table, rows: Any, offset: int, *, as_arrow: bool) -> Part:
    next_offset = min(offset + rows.num_rows, table.rows)
    if as_arrow:
        body = tables.to_stream(rows)
    else:
        batch = {
            "source": source,
            "offset": offset,
            "rows": tables.to_rows(rows),
            "total": table.rows,
            "next_offset": next_offset,
            "done": next_offset >= table.rows,
        }
        body = orjson.dumps(batch)
    return Part(source=source, offset=offset, next_offset=next_offset, total=table.rows, body=body)
