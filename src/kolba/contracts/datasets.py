"""Data sets: named, versioned, immutable tables."""

from __future__ import annotations

import datetime as dt
from typing import Any, Literal

import pydantic

from kolba.contracts import names, sharing

ColumnType = Literal["integer", "number", "boolean", "text", "datetime", "image"]
"""In Parquet an image is binary: a whole PNG or JPEG file. A preview shows it as a data URL."""


class Column(pydantic.BaseModel):
    name: str
    type: ColumnType
    missing: int = 0


class IngestReport(pydantic.BaseModel):
    """What was found out about a text file when it was read."""

    delimiter: str
    encoding: str
    byte_order_mark: bool = False
    quote: str | None = None
    missing_tokens: dict[str, int] = {}
    """Which words stood for a missing value, and how often."""
    notes: list[str] = []


class Dataset(pydantic.BaseModel):
    id: int
    name: names.Name
    version: int
    """Counts from 1 for each name. A version never changes."""
    rows: int
    columns: list[Column]
    target: str | None = None
    """The column that is usually predicted."""
    description: str = ""
    source: str | None = None
    """The collector's source it came from; None for an upload."""
    run_id: int | None = None
    """The run it came out of, such as a batch prediction."""
    owner: str
    shared_with: str | None = None
    """The group whose members may see and use it too; None: only its owner and admins."""
    size_bytes: int
    """Of the Parquet file."""
    sha256: str
    """Of the Parquet file."""
    ingest: IngestReport | None = None
    created_at: dt.datetime


class DatasetChange(pydantic.BaseModel):
    """What may change of a version: how it is described and who sees it, never its data."""

    model_config = pydantic.ConfigDict(extra="forbid")

    description: str | None = pydantic.Field(default=None, max_length=4000)
    target: str | None = None
    shared_with: sharing.Group | None = None
    """A group, or null for nobody else."""


class HistogramBin(pydantic.BaseModel):
    lower: float
    upper: float
    count: int


class TopValue(pydantic.BaseModel):
    value: str
    count: int


class ColumnProfile(pydantic.BaseModel):
    """What a column is like. Statistics of numbers are None for other types, and where all values are missing."""

    name: str
    type: ColumnType
    count: int
    missing: int
    distinct: int
    """Exact for few values, an estimate within a few per cent above some thousands."""
    minimum: float | str | None = None
    maximum: float | str | None = None
    mean: float | None = None
    standard_deviation: float | None = None
    quartiles: list[float] | None = None
    """25 %, 50 %, 75 %."""
    histogram: list[HistogramBin] | None = None
    top_values: list[TopValue] | None = None
    """The most frequent; of images: their sizes and formats, such as `28×28 PNG`."""


class Profile(pydantic.BaseModel):
    dataset_id: int
    rows: int
    columns: list[ColumnProfile]


class Preview(pydantic.BaseModel):
    """Rows `offset` … of a data set, as lists in the order of `columns`.

    There may be fewer than were asked for where they hold large images: go on at `offset` + `len(rows)`.
    """

    columns: list[Column]
    rows: list[list[Any]]
    offset: int
    total: int
