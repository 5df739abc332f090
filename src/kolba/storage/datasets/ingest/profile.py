"""What each column of a Parquet file is like. Numbers are read with Arrow, group by group; DuckDB counts values."""

from __future__ import annotations

import concurrent.futures
import math
import pathlib
from collections.abc import Iterator
from typing import Any

import duckdb
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from kolba.contracts import datasets
from kolba.storage.datasets.ingest import kinds, limits, sql, statistics

TOP_VALUES = 10
_EXACT_ROWS = 100_000
"""Up to here distinct values are counted, above they are estimated (HyperLogLog)."""
_FEW_VALUES = 50_000
"""Up to here all values of a text column are grouped, above only the candidates for the top."""
_COLUMNS_AT_ONCE = 200
_SHOWN = 200


def profile(
    path: pathlib.Path, scratch: pathlib.Path, bounds: limits.Limits
) -> list[datasets.ColumnProfile]:
    """One entry per column, in their order."""
    with pq.ParquetFile(path) as opened:
        schema, rows, missing = (
            opened.schema_arrow,
            opened.metadata.num_rows,
            _missing(opened.metadata),
        )
    table = sql.table(path, len(schema))
    with (
        sql.connect(scratch, bounds) as database,
        concurrent.futures.ThreadPoolExecutor(bounds.threads) as threads,
    ):
        numbers = {
            position: threads.submit(_number_statistics, path, position)
            for position, field in enumerate(schema)
            if kinds.kind_of(field.type) in ("integer", "number")
        }
        distinct = _distinct(database, table, len(schema), rows)
        described: list[datasets.ColumnProfile] = []
        for position, field in enumerate(schema):
            known: dict[str, Any] = {
                "name": field.name,
                "type": kinds.kind_of(field.type),
                "count": rows - missing[position],
                "missing": missing[position],
                "distinct": min(distinct[position], rows - missing[position]),
            }
            if position in numbers:
                known |= numbers[position].result()
            elif known["type"] == "datetime":
                known |= _range(database, table, position)
            else:
                known["top_values"] = _top_values(database, table, position, known["distinct"])
            described.append(datasets.ColumnProfile.model_validate(known))
    return described


def _missing(metadata: pq.FileMetaData) -> list[int]:
    counts = [0] * metadata.num_columns
    for group in range(metadata.num_row_groups):
        row_group = metadata.row_group(group)
        for column in range(metadata.num_columns):
            counts[column] += row_group.column(column).statistics.null_count
    return counts


def _distinct(
    database: duckdb.DuckDBPyConnection, table: str, columns: int, rows: int
) -> list[int]:
    counting = "count(distinct {})" if rows <= _EXACT_ROWS else "approx_count_distinct({})"
    counts: list[int] = []
    for start in range(0, columns, _COLUMNS_AT_ONCE):
        chosen = range(start, min(start + _COLUMNS_AT_ONCE, columns))
        wanted = ", ".join(counting.format(sql.place(position)) for position in chosen)
        counts.extend(sql.ask(database, wanted, table)[0])
    return counts


def _number_statistics(path: pathlib.Path, position: int) -> dict[str, Any]:
    # A file of its own per task: a reader is not safe to share between threads.
    with pq.ParquetFile(path, memory_map=False) as opened:
        bounds = _recorded_range(opened.metadata, position)
        if bounds is None:
            bounds = statistics.finite_range(_values(opened, position))
        if bounds is None:
            return {}
        least, greatest = bounds
        gathered = statistics.NumberStatistics(
            minimum=least, maximum=greatest, rows=opened.metadata.num_rows
        )
        for values in _values(opened, position):
            gathered.add(values)
    return {
        "minimum": least,
        "maximum": greatest,
        "mean": gathered.mean,
        "standard_deviation": gathered.standard_deviation,
        "quartiles": gathered.quartiles,
        "histogram": gathered.histogram,
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


def _values(opened: pq.ParquetFile, position: int) -> Iterator[statistics.Values]:
    """The column group by group, missing values as NaN."""
    name = opened.schema_arrow.field(position).name
    for group in range(opened.num_row_groups):
        for chunk in opened.read_row_group(group, columns=[name]).column(name).chunks:
            numbers = pc.fill_null(pc.cast(chunk, pa.float64(), safe=False), math.nan)
            # Not `to_numpy`: it imports pandas where that is installed, which takes a second.
            buffer = numbers.buffers()[1]
            if len(numbers):
                yield np.frombuffer(buffer, np.float64, len(numbers), numbers.offset * 8)


def _range(database: duckdb.DuckDBPyConnection, table: str, position: int) -> dict[str, Any]:
    column = sql.place(position)
    wanted = f"min({column})::varchar, max({column})::varchar"
    row = sql.ask(database, wanted, table)[0]
    return {"minimum": row[0], "maximum": row[1]}


def _top_values(
    database: duckdb.DuckDBPyConnection, table: str, position: int, distinct: int
) -> list[datasets.TopValue]:
    column = sql.place(position)
    condition, parameters = f"{column} is not null", list[Any]()
    if distinct > _FEW_VALUES:
        top = sql.ask(database, f"approx_top_k({column}, {TOP_VALUES})", table)[0][0]
        condition, parameters = f"{column} in (select unnest(?))", [top]
    found = sql.ask(
        database,
        f"{column}::varchar, count(*)",
        table,
        f"where {condition} group by 1 order by 2 desc, 1 limit {TOP_VALUES}",
        parameters,
    )
    return [datasets.TopValue(value=value[:_SHOWN], count=count) for value, count in found]
