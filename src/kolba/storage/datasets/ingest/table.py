"""What reading a table results in."""

from __future__ import annotations

import dataclasses
import pathlib

from kolba.contracts import datasets


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """A table as it was kept: the Parquet file at `path` is the caller's to move or remove."""

    path: pathlib.Path
    rows: int
    columns: list[datasets.Column]
    profile: list[datasets.ColumnProfile]
    ingest: datasets.IngestReport | None = None
    """Of a text; None for a table that came with its types."""
