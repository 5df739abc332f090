"""DuckDB over one Parquet file. Columns are called by their place, so that no name is ever part of a statement."""

from __future__ import annotations

import pathlib
from collections.abc import Sequence
from typing import Any

import duckdb

from kolba.storage.datasets.ingest import limits


def connect(scratch: pathlib.Path, bounds: limits.Limits) -> duckdb.DuckDBPyConnection:
    """A database in memory that spills into `scratch`, takes no extension from anywhere and sees no Python variable."""
    return duckdb.connect(
        config={
            "threads": bounds.threads,
            "memory_limit": f"{bounds.memory_bytes}B",
            "temp_directory": str(scratch / "duckdb"),
            "autoinstall_known_extensions": False,
            "autoload_known_extensions": False,
            "enable_external_file_cache": False,
            "python_enable_replacements": False,
        }
    )


def place(position: int) -> str:
    return f"c{position}"


def table(path: pathlib.Path, columns: int) -> str:
    """The file as a table whose columns are `c0`, `c1` …"""
    literal = str(path).replace("'", "''")
    return f"read_parquet('{literal}') as t({', '.join(place(one) for one in range(columns))})"


def ask(
    database: duckdb.DuckDBPyConnection,
    wanted: str,
    source: str,
    rest: str = "",
    parameters: Sequence[Any] = (),
) -> list[Any]:
    """The rows of `select wanted from source rest`. Whatever came from outside is in `parameters` only."""
    statement = f"select {wanted} from {source} {rest}"  # noqa: S608 - made of places and numbers
    return database.execute(statement, list(parameters)).fetchall()
