"""What each column of a Parquet file is like: read part by part, never a column whole."""

from __future__ import annotations

import concurrent.futures
import functools
import math
import pathlib
from collections.abc import Iterator
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from kolba.contracts import datasets
from kolba.storage.datasets.ingest import (
    distinct,
    errors,
    kinds,
    limits,
    pictures,
    statistics,
    words,
)


def profile(
    path: pathlib.Path, scratch: pathlib.Path, bounds: limits.Limits
) -> list[datasets.ColumnProfile]:
    """One entry per column, in their order."""
    with pq.ParquetFile(path) as opened:
        schema, metadata = opened.schema_arrow, opened.metadata
    rows, missing = metadata.num_rows, _missing(metadata)
    text = [i for i, field in enumerate(schema) if kinds.kind_of(field.type) == "text"]
    other = [i for i in range(len(schema)) if i not in set(text)]
    with concurrent.futures.ThreadPoolExecutor(bounds.threads) as threads:
        # A share of the columns per thread: opening the file costs more than reading a column of it.
        shares = [other[i :: bounds.threads] for i in range(bounds.threads)]
        described = threads.map(functools.partial(_describe_share, path), shares)
        found = words.describe(path, text, scratch, bounds)
        for share in described:
            found |= share
    return [
        datasets.ColumnProfile.model_validate(
            {
                "name": field.name,
                "type": kinds.kind_of(field.type),
                "count": rows - missing[position],
                "missing": missing[position],
                "distinct": 0,
                **found[position],
            }
        )
        for position, field in enumerate(schema)
    ]


def _missing(metadata: pq.FileMetaData) -> list[int]:
    counts = [0] * metadata.num_columns
    for group in range(metadata.num_row_groups):
        row_group = metadata.row_group(group)
        for column in range(metadata.num_columns):
            counts[column] += row_group.column(column).statistics.null_count
    return counts


def _describe_share(path: pathlib.Path, positions: list[int]) -> dict[int, dict[str, Any]]:
    if not positions:
        return {}
    # A file of its own per thread: a reader is not safe to share.
    with pq.ParquetFile(path) as opened:
        return {position: _describe(opened, position) for position in positions}


def _describe(opened: pq.ParquetFile, position: int) -> dict[str, Any]:
    kind = kinds.kind_of(opened.schema_arrow.field(position).type)
    if kind == "datetime":
        return _describe_moments(opened, position)
    if kind == "image":
        return pictures.describe(_chunks(opened, position))
    if kind == "boolean":
        return _describe_booleans(opened, position)
    return _describe_numbers(opened, position)


def _describe_numbers(opened: pq.ParquetFile, position: int) -> dict[str, Any]:
    bounds = _recorded_range(opened.metadata, position)
    if bounds is None:
        bounds = statistics.finite_range(_numbers(opened, position))
    least, greatest = bounds or (0.0, 0.0)
    gathered = statistics.NumberStatistics(
        minimum=least, maximum=greatest, rows=opened.metadata.num_rows
    )
    for values in _numbers(opened, position):
        gathered.add(values)
    found: dict[str, Any] = {
        "distinct": gathered.distinct,
        "mean": gathered.mean,
        "standard_deviation": gathered.standard_deviation,
        "quartiles": gathered.quartiles,
        "histogram": gathered.histogram,
    }
    return found if bounds is None else {**found, "minimum": least, "maximum": greatest}


def _describe_moments(opened: pq.ParquetFile, position: int) -> dict[str, Any]:
    counter = distinct.DistinctCounter()
    least: list[Any] = []
    for chunk in _chunks(opened, position):
        present = chunk.drop_null()
        if len(present):
            ends = pc.min_max(present)
            least += [ends["min"], ends["max"]]
            is_date = pa.types.is_date(present.type)
            days = present.cast(pa.int32()) if is_date else present
            counter.add(_integers(days.cast(pa.int64())))
    if not least:
        return {"distinct": 0}
    moments = _python_moments(least, opened.schema_arrow.field(position).name)
    return {
        "distinct": counter.count,
        "minimum": min(moments).isoformat(),
        "maximum": max(moments).isoformat(),
    }


def _python_moments(values: list[Any], column: str) -> list[Any]:
    """Dates or moments as Python knows them. Raises `UnreadableTable` for one outside the years 1 … 9999."""
    try:
        return [one.as_py() for one in values]
    except (OverflowError, ValueError) as error:
        reason = f"column `{column}` has a date outside the years 1 to 9999 ({error})"
        raise errors.UnreadableTable(reason=reason) from error


def _describe_booleans(opened: pq.ParquetFile, position: int) -> dict[str, Any]:
    counts = {"true": 0, "false": 0}
    for chunk in _chunks(opened, position):
        true = pc.sum(chunk).as_py() or 0
        counts["true"] += true
        counts["false"] += len(chunk) - chunk.null_count - true
    top = sorted(((count, value) for value, count in counts.items() if count), reverse=True)
    return {
        "distinct": len(top),
        "top_values": [datasets.TopValue(value=value, count=count) for count, value in top],
    }


def _recorded_range(metadata: pq.FileMetaData, position: int) -> tuple[float, float] | None:
    """The range that the file itself records; None when it does not, or when it is not finite."""
    recorded = [
        metadata.row_group(group).column(position).statistics
        for group in range(metadata.num_row_groups)
    ]
    ranges = [(one.min, one.max) for one in recorded if one.has_min_max]
    if not ranges or any(not one.has_min_max and one.num_values for one in recorded):
        return None
    least, greatest = float(min(low for low, _ in ranges)), float(max(high for _, high in ranges))
    return (least, greatest) if math.isfinite(least) and math.isfinite(greatest) else None


def _chunks(opened: pq.ParquetFile, position: int) -> Iterator[pa.Array]:
    name = opened.schema_arrow.field(position).name
    for group in range(opened.num_row_groups):
        read = opened.read_row_group(group, columns=[name], use_threads=False)
        yield from read.column(name).chunks


def _numbers(opened: pq.ParquetFile, position: int) -> Iterator[statistics.Values]:
    """The column part by part, missing values as NaN."""
    for chunk in _chunks(opened, position):
        numbers = pc.cast(chunk, pa.float64(), safe=False)
        if not len(numbers):
            continue
        # Neither `to_numpy` nor `fill_null`: they import pandas where that is installed, which takes a second.
        values = np.frombuffer(numbers.buffers()[1], np.float64, len(numbers), numbers.offset * 8)
        yield np.where(_validity(numbers), values, math.nan) if numbers.null_count else values


def _validity(values: pa.Array) -> np.ndarray[Any, np.dtype[np.bool_]]:
    marks = pc.cast(pc.is_valid(values), pa.uint8())
    return np.frombuffer(marks.buffers()[1], np.bool_, len(marks), marks.offset)


def _integers(values: pa.Array) -> np.ndarray[Any, np.dtype[np.int64]]:
    return np.frombuffer(values.buffers()[1], np.int64, len(values), values.offset * 8)
