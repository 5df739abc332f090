"""Batches cut so that none is large once its text is written out."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from kolba.storage.datasets.ingest import errors, kinds, limits, pictures

PIECE_BYTES = 8 << 20
FIXED_BYTES = 16
"""The most that a value of fixed width takes."""
_ROWS = 65_536

Sizes = np.ndarray[Any, np.dtype[np.int64]]


class Measure:
    """What the batches of one table come to, of which each is cut by `pieces`."""

    def __init__(self, bounds: limits.Limits) -> None:
        self._bounds = bounds
        self.rows = 0
        """How many rows have come."""
        self._bytes = 0

    def pieces(self, batch: pa.RecordBatch) -> Iterator[pa.RecordBatch]:
        """The batch in parts of some 8 MiB. Raises `TooManyRows`, `RowTooLong`, `ImageTooLong`, `UnpacksTooLarge`."""
        self.rows += batch.num_rows
        if self.rows > self._bounds.rows:
            raise errors.TooManyRows(limit=self._bounds.rows)
        for column in batch.columns:
            self._refuse_long(column)
        before = self.rows - batch.num_rows
        rows = max(1, min(_ROWS, PIECE_BYTES // (FIXED_BYTES * max(1, batch.num_columns))))
        for start in range(0, batch.num_rows, rows):
            yield from self._cut(batch.slice(start, rows), before + start)

    def _cut(self, part: pa.RecordBatch, rows_before: int) -> Iterator[pa.RecordBatch]:
        ends = np.cumsum(self._row_bytes(part, rows_before))
        self._bytes += int(ends[-1])
        if self._bytes > self._bounds.decoded_bytes:
            raise errors.UnpacksTooLarge(limit=self._bounds.decoded_bytes)
        start = before = 0
        while start < len(ends):
            end = int(np.searchsorted(ends, before + PIECE_BYTES, side="right"))
            end = max(end, start + 1)
            yield part.slice(start, end - start)
            start, before = end, int(ends[end - 1])

    def _row_bytes(self, part: pa.RecordBatch, rows_before: int) -> Sizes:
        text = [column for column in part.columns if kinds.is_text(column.type)]
        found: Sizes = np.zeros(part.num_rows, np.int64)
        for column in text:
            found += _lengths(column)
        if text and found.max() > self._bounds.line_bytes:
            raise errors.RowTooLong(limit=self._bounds.line_bytes)
        for name, column in zip(part.schema.names, part.columns, strict=True):
            if kinds.is_image(column.type):
                sizes = _lengths(column)
                pictures.refuse_large(
                    sizes, name, before=rows_before, limit=self._bounds.image_bytes
                )
                found += sizes
        found += FIXED_BYTES * part.num_columns
        return found

    def _refuse_long(self, column: pa.Array) -> None:
        """A dictionary may hold what no row has."""
        if not pa.types.is_dictionary(column.type) or not kinds.is_text(column.type):
            return
        values = column.dictionary
        if len(values) and _lengths(values).max() > self._bounds.line_bytes:
            raise errors.RowTooLong(limit=self._bounds.line_bytes)


def _lengths(column: pa.Array) -> Sizes:
    """The bytes of each value; 0 where it is missing."""
    if pa.types.is_dictionary(column.type):
        found = pc.take(_arrow_lengths(column.dictionary), column.indices)
    else:
        found = _arrow_lengths(column)
    whole = pc.coalesce(found, pa.scalar(0, pa.int64()))
    # Not `to_numpy`: it imports pandas where that is installed, which takes a second.
    return np.frombuffer(whole.buffers()[1], np.int64, len(whole), whole.offset * 8)


def _arrow_lengths(values: pa.Array) -> pa.Array:
    if pa.types.is_string_view(values.type) or pa.types.is_binary_view(values.type):
        # https://arrow.apache.org/docs/format/Columnar.html: the first four bytes of a view are the length.
        views = np.frombuffer(values.buffers()[1], np.int32).reshape(-1, 4)
        told = views[values.offset : values.offset + len(values), 0].astype(np.int64)
        lengths = pa.Array.from_buffers(pa.int64(), len(values), [None, pa.py_buffer(told)])
        return pc.if_else(pc.is_valid(values), lengths, pa.scalar(0, pa.int64()))
    return pc.binary_length(values).cast(pa.int64())
