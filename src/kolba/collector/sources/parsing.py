"""A delimited text file becomes an Arrow table of integers, numbers, booleans, text and moments."""

from __future__ import annotations

import pathlib
from collections.abc import Sequence
from typing import Any

from kolba.collector import settings
from kolba.collector.sources import arrow, errors
from kolba.contracts import datasets

_BLOCK = 8 * 2**20
_LONGEST_REASON = 300


def parse(
    path: pathlib.Path, file_format: settings.TextFormat, *, source: str, max_columns: int
) -> Any:
    """The `pyarrow.Table`; missing values are nulls. Raises `errors.MalformedSource`."""
    try:
        _check_bytes(path, file_format.encoding)
        table = _read(path, file_format)
        _check_names(table.column_names, max_columns)
        if table.num_rows == 0:
            raise ValueError("it has a header but no rows")
        return _normalised(table)
    except (ValueError, LookupError, NotImplementedError) as error:
        raise errors.MalformedSource(source=source, reason=reason(error)) from error


def reason(error: Exception) -> str:
    """What a reader of files complains of; Arrow's own errors are ValueErrors too."""
    return str(error).partition("\n")[0].rstrip(". ")[:_LONGEST_REASON]


def _check_bytes(path: pathlib.Path, encoding: str) -> None:
    if encoding.lower().replace("_", "-").startswith(("utf-16", "utf-32")):
        return
    with path.open("rb") as file:
        while chunk := file.read(_BLOCK):
            if b"\0" in chunk:
                raise ValueError("it holds a NUL byte, so it is not a text file")


def _read(path: pathlib.Path, file_format: settings.TextFormat) -> Any:
    pa = arrow.load()
    types = {name: _arrow_type(pa, kind) for name, kind in file_format.types.items()}
    return pa.csv.read_csv(
        str(path),
        read_options=pa.csv.ReadOptions(encoding=file_format.encoding, block_size=_BLOCK),
        parse_options=pa.csv.ParseOptions(delimiter=file_format.delimiter, newlines_in_values=True),
        convert_options=pa.csv.ConvertOptions(
            null_values=file_format.missing, strings_can_be_null=True, column_types=types
        ),
    )


def _check_names(names: Sequence[str], max_columns: int) -> None:
    if len(names) > max_columns:
        raise ValueError(f"it has {len(names)} columns, at most {max_columns} are taken")
    seen: set[str] = set()
    for position, name in enumerate(names, start=1):
        if not name.strip():
            raise ValueError(f"column {position} has no name")
        if name in seen:
            raise ValueError(f"two columns are named {name!r}")
        seen.add(name)


def _normalised(table: Any) -> Any:
    """Every column in one of the five types that travel between services."""
    pa = arrow.load()
    columns = [_normalised_column(pa, column) for column in table.columns]
    return pa.Table.from_arrays(columns, names=table.column_names).combine_chunks()


def _normalised_column(pa: Any, column: Any) -> Any:
    kind = column.type
    if pa.types.is_floating(kind):
        # "inf" and "nan" are no numbers in JSON, and nothing to compute with.
        # (A null scalar, and not None: to convert that, pyarrow would import all of pandas.)
        missing = pa.nulls(1, kind)[0]
        return pa.compute.if_else(pa.compute.is_finite(column), column, missing)
    if pa.types.is_date(kind) or pa.types.is_timestamp(kind):
        return column.cast(pa.timestamp("us"))
    if pa.types.is_integer(kind) or pa.types.is_boolean(kind):
        return column
    return column.cast(pa.string())


def _arrow_type(pa: Any, kind: settings.ColumnType) -> Any:
    types = {
        "integer": pa.int64(),
        "number": pa.float64(),
        "boolean": pa.bool_(),
        "text": pa.string(),
        "datetime": pa.timestamp("us"),
    }
    return types[kind]


def type_name(kind: Any) -> datasets.ColumnType:
    """The name of a normalised column's type."""
    pa = arrow.load()
    if pa.types.is_integer(kind):
        return "integer"
    if pa.types.is_floating(kind):
        return "number"
    if pa.types.is_boolean(kind):
        return "boolean"
    if pa.types.is_binary(kind):
        return "image"
    return "datetime" if pa.types.is_timestamp(kind) else "text"
