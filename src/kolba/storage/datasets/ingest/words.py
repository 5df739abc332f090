"""What text columns are like: how many distinct values, and which are the most frequent."""

from __future__ import annotations

import collections
import heapq
import pathlib
from collections.abc import Sequence
from typing import Any

import duckdb
import pyarrow.compute as pc
import pyarrow.parquet as pq

from kolba.contracts import datasets
from kolba.storage.datasets.ingest import limits, sql

TOP_VALUES = 10
_FEW_VALUES = 20_000
"""Up to here values are counted one by one; where there are more, DuckDB estimates, and can spill."""
_HELD_CHARACTERS = 16 << 20
"""The same for what those values come to."""
_COLUMNS_AT_ONCE = 50
_SHOWN = 200


def describe(
    path: pathlib.Path, positions: Sequence[int], scratch: pathlib.Path, bounds: limits.Limits
) -> dict[int, dict[str, Any]]:
    """`distinct` and `top_values` of each of these columns, by its position."""
    found: dict[int, dict[str, Any]] = {}
    with pq.ParquetFile(path, read_dictionary=_names(path, positions)) as opened:
        columns = len(opened.schema_arrow)
        for position in positions:
            counted = _count(opened, position)
            if counted is not None:
                found[position] = _described(counted)
    many = [position for position in positions if position not in found]
    if many:
        with sql.connect(scratch, bounds) as database:
            found |= _count_many(database, sql.table(path, columns), many)
    return found


def _names(path: pathlib.Path, positions: Sequence[int]) -> list[str]:
    names = pq.read_schema(path).names
    return [names[position] for position in positions]


def _count(opened: pq.ParquetFile, position: int) -> collections.Counter[str] | None:
    """How often each value is there; None when there are too many to count them here."""
    counts: collections.Counter[str] = collections.Counter()
    held = 0
    name = opened.schema_arrow.field(position).name
    for group in range(opened.num_row_groups):
        read = opened.read_row_group(group, columns=[name], use_threads=False).column(name)
        for chunk in read.chunks:
            counted = pc.value_counts(chunk.drop_null())
            if len(counts) + len(counted) > _FEW_VALUES:
                return None
            values, numbers = counted.field("values"), counted.field("counts")
            for value, number in zip(values.to_pylist(), numbers.to_pylist(), strict=True):
                held += 0 if value in counts else len(value)
                counts[value] += number
            if held > _HELD_CHARACTERS:
                return None
    return counts


def _described(counted: collections.Counter[str]) -> dict[str, Any]:
    top = heapq.nsmallest(TOP_VALUES, counted.items(), key=lambda pair: (-pair[1], pair[0]))
    return {"distinct": len(counted), "top_values": _top(top)}


def _count_many(
    database: duckdb.DuckDBPyConnection, table: str, positions: Sequence[int]
) -> dict[int, dict[str, Any]]:
    found: dict[int, dict[str, Any]] = {}
    for start in range(0, len(positions), _COLUMNS_AT_ONCE):
        chosen = positions[start : start + _COLUMNS_AT_ONCE]
        wanted = ", ".join(
            f"approx_count_distinct({place}), approx_top_k({place}, {TOP_VALUES})"
            for place in map(sql.place, chosen)
        )
        answers = sql.ask(database, wanted, table)[0]
        for position, distinct, top in zip(chosen, answers[::2], answers[1::2], strict=True):
            counted = _count_of(database, table, position, top)
            found[position] = {"distinct": distinct, "top_values": counted}
    return found


def _count_of(
    database: duckdb.DuckDBPyConnection, table: str, position: int, top: Sequence[str]
) -> list[datasets.TopValue]:
    """How often these values are really there."""
    column = sql.place(position)
    rest = f"where {column} in (select unnest(?)) group by 1 order by 2 desc, 1"
    return _top(sql.ask(database, f"{column}, count(*)", table, rest, [top]))


def _top(pairs: Sequence[tuple[str, int]]) -> list[datasets.TopValue]:
    return [datasets.TopValue(value=value[:_SHOWN], count=count) for value, count in pairs]
