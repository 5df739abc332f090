"""The table of a source, and its file on disk: an Arrow file that is mapped, not read."""

from __future__ import annotations

import dataclasses
import datetime as dt
import pathlib
import secrets
from typing import Any

import orjson

from kolba.collector.sources import arrow, parsing, pictures
from kolba.contracts import datasets

_KEY = b"kolba"


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Origin:
    """Where a table's file came from."""

    sha256: str
    size_bytes: int
    fetched_from: str
    fetched_at: dt.datetime
    stand_in: bool = False
    """Only a part of the data is there."""


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    name: str
    type: datasets.ColumnType
    missing: int


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """A source's data, ready to be cut."""

    origin: Origin
    columns: tuple[Column, ...]
    arrow: Any
    """`pyarrow.Table`, without the origin in its schema."""

    @property
    def rows(self) -> int:
        return int(self.arrow.num_rows)

    def part(self, offset: int, size: int) -> Any:
        """Rows `offset` … `offset + size`, fewer at the end, as a `pyarrow.Table`. Copies nothing."""
        return self.arrow.slice(min(offset, self.rows), size)


def save(table: Any, origin: Origin, path: pathlib.Path) -> None:
    """Write beside and rename, so that a half-written file is never taken for a table."""
    pa = arrow.load()
    described = table.replace_schema_metadata({_KEY: orjson.dumps(dataclasses.asdict(origin))})
    partial = path.with_name(f".{path.name}.{secrets.token_hex(8)}.part")
    try:
        with pa.ipc.new_file(str(partial), described.schema) as writer:
            writer.write_table(described)
        partial.replace(path)
    finally:
        partial.unlink(missing_ok=True)


def load(path: pathlib.Path) -> Table | None:
    """The table at `path`; None where there is none, or a damaged one (it can be fetched again)."""
    if not path.exists():
        return None
    pa = arrow.load()
    try:
        with pa.memory_map(str(path)) as mapped:
            opened = pa.ipc.open_file(mapped).read_all()
        facts = orjson.loads(opened.schema.metadata[_KEY])
    except (pa.ArrowInvalid, OSError, KeyError, TypeError, ValueError):
        return None
    facts["fetched_at"] = dt.datetime.fromisoformat(facts["fetched_at"])
    columns = tuple(
        Column(
            name=field.name,
            type=parsing.type_name(field.type),
            missing=opened.column(position).null_count,
        )
        for position, field in enumerate(opened.schema)
    )
    plain = opened.replace_schema_metadata(None)
    return Table(origin=Origin(**facts), columns=columns, arrow=plain)


def to_rows(part: Any) -> list[dict[str, Any]]:
    """A part as JSON shows it: images are data URLs."""
    pa = arrow.load()
    rows: list[dict[str, Any]] = part.to_pylist()
    for name in [field.name for field in part.schema if pa.types.is_binary(field.type)]:
        for row in rows:
            row[name] = pictures.data_url(row[name])
    return rows


def to_stream(part: Any) -> bytes:
    """A part as an Arrow IPC stream."""
    pa = arrow.load()
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, part.schema) as writer:
        writer.write_table(part)
    return sink.getvalue().to_pybytes()  # type: ignore[no-any-return]
