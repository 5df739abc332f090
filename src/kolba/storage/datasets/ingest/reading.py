"""Rows out of a Parquet file. An image, which neither JSON nor CSV can hold, is shown as a data URL (RFC 2397)."""

from __future__ import annotations

import base64
import datetime as dt
import io
import itertools
import math
import pathlib
from collections.abc import Iterator
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as pa_csv
import pyarrow.parquet as pq

from kolba.storage.datasets.ingest import kinds
from kolba.storage.images import headers

_BATCH_ROWS = 16_384
_IMAGE_BYTES = 8 << 20


def rows(path: pathlib.Path, *, offset: int, limit: int) -> list[list[Any]]:
    """Rows `offset` … as JSON knows them: moments in ISO 8601, what is missing or infinite as None.

    Only the row groups that hold them are read. There are fewer rows than `limit`, though at least one, where their
    images come to more than 8 MiB.
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
    table = pa.concat_tables(wanted)
    columns = [column.to_pylist() for column in table.slice(0, _shown(table)).columns]
    return [[_plain(value) for value in row] for row in zip(*columns, strict=True)]


def csv(path: pathlib.Path) -> Iterator[bytes]:
    """The whole table as UTF-8 CSV, in pieces, with its header; a missing value is an empty field."""
    with pq.ParquetFile(path) as opened:
        yield _csv_piece(pa.Table.from_batches([], opened.schema_arrow), with_header=True)
        # One after another: rows of images are so large that a batch must not gather them from several groups.
        for group in range(opened.num_row_groups):
            for batch in opened.iter_batches(batch_size=_BATCH_ROWS, row_groups=[group]):
                yield _csv_piece(batch, with_header=False)


def _csv_piece(part: pa.Table | pa.RecordBatch, *, with_header: bool) -> bytes:
    for position, field in enumerate(part.schema):
        if field.type == kinds.IMAGE:
            shown = pa.array(map(_plain, part.column(position).to_pylist()), pa.large_string())
            part = part.set_column(position, field.name, shown)
    buffer = io.BytesIO()
    options = pa_csv.WriteOptions(include_header=with_header, quoting_style="needed")
    pa_csv.write_csv(part, buffer, write_options=options)
    return buffer.getvalue()


def _plain(value: Any) -> Any:
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, dt.date):
        return value.isoformat()
    if isinstance(value, bytes):
        return f"data:{headers.media_type(value)};base64,{base64.b64encode(value).decode()}"
    return value


def _shown(table: pa.Table) -> int:
    """How many rows come before their images come to more than what is shown at once."""
    images = [column for column in table.columns if column.type == kinds.IMAGE]
    if not images:
        return int(table.num_rows)
    lengths = [pc.coalesce(pc.binary_length(column), pa.scalar(0)).to_pylist() for column in images]
    ends = itertools.accumulate(map(sum, zip(*lengths, strict=True)))
    return max(1, sum(1 for end in ends if end <= _IMAGE_BYTES))
