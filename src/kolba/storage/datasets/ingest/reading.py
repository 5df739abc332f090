"""Rows out of a Parquet file."""

from __future__ import annotations

import datetime as dt
import io
import math
import pathlib
from collections.abc import Iterator
from typing import Any

import pyarrow as pa
import pyarrow.csv as pa_csv
import pyarrow.parquet as pq

_BATCH_ROWS = 16_384


def rows(path: pathlib.Path, *, offset: int, limit: int) -> list[list[Any]]:
    """Rows `offset` … as JSON knows them: moments in ISO 8601, what is missing or infinite as None.

    Only the row groups that hold them are read.
    """
    with pq.ParquetFile(path) as opened:
        wanted: list[pa.Table] = []
        start = 0
        for group in range(opened.metadata.num_row_groups):
            count = opened.metadata.row_group(group).num_rows
            first, last = max(offset - start, 0), min(offset + limit - start, count)
            if first < last:
                wanted.append(opened.read_row_group(group).slice(first, last - first))
            start += count
    if not wanted:
        return []
    columns = [column.to_pylist() for column in pa.concat_tables(wanted).columns]
    return [[_plain(value) for value in row] for row in zip(*columns, strict=True)]


def csv(path: pathlib.Path) -> Iterator[bytes]:
    """The whole table as UTF-8 CSV, in pieces, with its header; a missing value is an empty field."""
    with pq.ParquetFile(path) as opened:
        yield _csv_piece(pa.Table.from_batches([], opened.schema_arrow), with_header=True)
        for batch in opened.iter_batches(batch_size=_BATCH_ROWS):
            yield _csv_piece(batch, with_header=False)


def _csv_piece(part: pa.Table | pa.RecordBatch, *, with_header: bool) -> bytes:
    buffer = io.BytesIO()
    options = pa_csv.WriteOptions(include_header=with_header, quoting_style="needed")
    pa_csv.write_csv(part, buffer, write_options=options)
    return buffer.getvalue()


def _plain(value: Any) -> Any:
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, dt.date):
        return value.isoformat()
    return value
