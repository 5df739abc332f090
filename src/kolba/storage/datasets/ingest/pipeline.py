"""The whole way: from what arrives in a spool to a Parquet file, a report of what was found out, and a profile."""

from __future__ import annotations

import pathlib

import pyarrow as pa
import pyarrow.parquet as pq

from kolba.contracts import datasets
from kolba.storage.datasets.ingest import (
    dialect,
    errors,
    kinds,
    limits,
    parsing,
    profile,
    source,
    spool,
    table,
    tokens,
)

_HEAD_BYTES = 1 << 20


def read_csv(
    arriving: spool.Spool, target: pathlib.Path, scratch: pathlib.Path, bounds: limits.Limits
) -> table.Table:
    """Read the text in `arriving` while it arrives; write Parquet to `target`.

    Raises the errors of `ingest.errors`, `StorageFull`, `UploadAborted`; then there is no file at `target`.
    """

    def open_source() -> source.TextSource:
        return source.TextSource(arriving, bounds)

    head, is_whole = _head(open_source())
    shown = head.decode()
    layout = dialect.detect(shown)
    names = dialect.header(shown, layout, bounds)
    if is_whole and not dialect.has_rows(shown, layout):
        raise errors.HeaderOnly(columns=len(names))
    planned = parsing.plan(head, layout, names)
    parsed, text = parsing.parse(open_source, planned, target, bounds)
    pa.default_memory_pool().release_unused()
    try:
        if not parsed.rows:
            raise errors.HeaderOnly(columns=len(names))
        described = profile.profile(target, scratch, bounds)
        missing = [column.missing for column in described]
        counted = tokens.count(head, open_source, planned, missing, is_whole=is_whole)
    except BaseException:
        target.unlink(missing_ok=True)
        raise
    report = _report(text, layout, parsed, counted)
    return _table(target, parsed.schema, parsed.rows, described, report)


def describe(target: pathlib.Path, scratch: pathlib.Path, bounds: limits.Limits) -> table.Table:
    """The table in a Parquet file that `target` already holds."""
    with pq.ParquetFile(target) as opened:
        schema, rows = opened.schema_arrow, opened.metadata.num_rows
    return _table(target, schema, rows, profile.profile(target, scratch, bounds), None)


def _table(
    path: pathlib.Path,
    schema: pa.Schema,
    rows: int,
    described: list[datasets.ColumnProfile],
    report: datasets.IngestReport | None,
) -> table.Table:
    columns = [
        datasets.Column(name=field.name, type=kinds.kind_of(field.type), missing=one.missing)
        for field, one in zip(schema, described, strict=True)
    ]
    return table.Table(path=path, rows=rows, columns=columns, profile=described, ingest=report)


def _head(text: source.TextSource) -> tuple[bytes, bool]:
    """The first whole lines, up to a mebibyte of them, and whether they are all there is.

    Raises `EmptyTable`, and what the source raises.
    """
    head = text.read(_HEAD_BYTES)
    is_whole = not text.read(_HEAD_BYTES)
    if not head.strip():
        raise errors.EmptyTable
    if is_whole:
        return head, True
    end = max(head.rfind(b"\n"), head.rfind(b"\r"))
    return (head[: end + 1] if end >= 0 else head), False


def _report(
    text: source.TextSource,
    layout: dialect.Dialect,
    parsed: parsing.Parsed,
    counted: dict[str, int],
) -> datasets.IngestReport:
    return datasets.IngestReport(
        delimiter=layout.delimiter,
        encoding=text.encoding,
        byte_order_mark=text.has_mark,
        quote=layout.quote if layout.uses_quotes else None,
        missing_tokens=counted,
        notes=_notes(text, layout, parsed),
    )


def _notes(text: source.TextSource, layout: dialect.Dialect, parsed: parsing.Parsed) -> list[str]:
    notes = [
        f"column `{name}` looked like {kind} at first and is kept as "
        f"{kinds.kind_of(parsed.schema.field(name).type)}"
        for name, kind in parsed.widened.items()
    ]
    if layout.decimal_point == ",":
        notes.append("numbers are written with a decimal comma")
    if text.encoding in ("cp1251", "latin-1"):
        notes.append(
            f"the encoding was guessed as {text.encoding}; if letters look wrong, send UTF-8"
        )
    return notes
