"""Sources of data and their batches, as the collector offers them."""

from __future__ import annotations

import datetime as dt
from typing import Any, Literal

import pydantic

from kolba.contracts import datasets, names


class LocalisedText(pydantic.BaseModel):
    """One text in the languages a person may read."""

    en: str
    ru: str


class Source(pydantic.BaseModel):
    """A place data comes from, as configured."""

    name: names.Name
    title: LocalisedText
    description: LocalisedText
    target: str | None = None
    """The column that is usually predicted."""
    column_descriptions: dict[str, LocalisedText] = {}
    connectors: list[str]
    """The kinds of places it can be had from, in order of preference: `http`, `package`, `file`, `contributions`."""


class SourceList(pydantic.BaseModel):
    items: list[Source]
    default: str
    """The source that is meant where none is named."""


class ColumnInfo(pydantic.BaseModel):
    name: str
    type: datasets.ColumnType
    missing: int


class SourceInfo(pydantic.BaseModel):
    """What is known of a source's data (it is fetched when first asked for)."""

    source: names.Name
    rows: int
    size_bytes: int
    sha256: str
    """Of the file; of several files, of the list of their digests."""
    fetched_from: str
    fetched_at: dt.datetime
    stand_in: bool = False
    """Only a part of the data: the places of the whole were out of reach. They are tried again from time to time."""
    columns: list[ColumnInfo]
    target: str | None
    cursor: int
    """Where the next batch without an offset begins, in rows."""


class Batch(pydantic.BaseModel):
    """A part of a source: rows `offset` … `offset + len(rows)`."""

    source: names.Name
    offset: int
    rows: list[dict[str, Any]]
    """An image is a data URL here."""
    total: int
    """Rows in the whole source."""
    next_offset: int
    done: bool
    """Nothing comes after this part."""


class Reset(pydantic.BaseModel):
    source: names.Name
    cursor: int


JournalAction = Literal["download", "batch", "info", "reset", "contribute", "withdraw"]


class JournalEntry(pydantic.BaseModel):
    """One download from outside, one access from inside, or one thing that somebody has contributed or taken back."""

    id: int
    at: dt.datetime
    action: JournalAction
    source: str
    person: str
    request_id: str
    offset: int | None = None
    rows: int | None = None
    size_bytes: int | None = None
    duration_ms: float
    outcome: Literal["ok", "failed"]
    detail: str = ""
