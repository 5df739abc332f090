"""How a text table is laid out: delimiter, quote, escape, decimal sign, and the names in its header."""

from __future__ import annotations

import csv
import dataclasses
import io
import itertools
import re
import unicodedata
from collections.abc import Iterator, Sequence

from kolba.storage.datasets.ingest import errors, limits

DELIMITERS = (",", ";", "\t", "|")
MAX_COLUMN_NAME = 256
_SAMPLE_RECORDS = 200
_SINGLE_QUOTED = re.compile(r"(?:^|[,;\t|])'[^'\r\n]*'(?=[,;\t|]|\r?$)", re.MULTILINE)
_DECIMAL_COMMA = re.compile(r"[+-]?\d+,\d+")
_DECIMAL_POINT = re.compile(r"[+-]?\d+\.\d+")


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Dialect:
    delimiter: str
    quote: str = '"'
    escape: str | None = None
    decimal_point: str = "."
    uses_quotes: bool = False
    """Whether the beginning of the file has quoted values at all."""


def detect(head: str) -> Dialect:
    """The layout of a table that begins with `head`, which ends at the end of a line."""
    quote = "'" if '"' not in head and len(_SINGLE_QUOTED.findall(head[:65536])) >= 2 else '"'
    escape = "\\" if f"\\{quote}" in head else None
    scored = [(_score(head, delimiter, quote, escape), delimiter) for delimiter in DELIMITERS]
    best, delimiter = max(scored, key=lambda pair: pair[0])
    if best == (0.0, 0):
        delimiter = ","
    return Dialect(
        delimiter=delimiter,
        quote=quote,
        escape=escape,
        decimal_point=_decimal_point(head, delimiter, quote, escape),
        uses_quotes=quote in head,
    )


def header(head: str, dialect: Dialect, bounds: limits.Limits) -> list[str]:
    """The column names, in NFC without blanks around them.

    Raises `EmptyTable`, `TooManyColumns`, `BlankColumn`, `BadColumnName`, `DuplicateColumn`.
    """
    records = _records(head, dialect.delimiter, dialect.quote, dialect.escape)
    first = next(records, None)
    if first is None:
        raise errors.EmptyTable
    return check_names(first, bounds)


def has_rows(head: str, dialect: Dialect) -> bool:
    """Whether anything but blank lines follows the header."""
    records = _records(head, dialect.delimiter, dialect.quote, dialect.escape)
    return len(list(itertools.islice(records, 2))) == 2


def check_names(given: Sequence[str], bounds: limits.Limits) -> list[str]:
    """The names as they are kept. Raises as `header` does."""
    if len(given) > bounds.columns:
        raise errors.TooManyColumns(found=len(given), limit=bounds.columns)
    names = [unicodedata.normalize("NFC", name).strip() for name in given]
    seen: dict[str, int] = {}
    for position, name in enumerate(names, start=1):
        _check_name(name, position)
        if name in seen:
            raise errors.DuplicateColumn(column=name, first=seen[name], second=position)
        seen[name] = position
    return names


def _check_name(name: str, position: int) -> None:
    if not name:
        raise errors.BlankColumn(position=position)
    has_controls = any(unicodedata.category(character) in ("Cc", "Cs") for character in name)
    if has_controls or len(name) > MAX_COLUMN_NAME:
        raise errors.BadColumnName(position=position, limit=MAX_COLUMN_NAME)


def _records(head: str, delimiter: str, quote: str, escape: str | None) -> Iterator[list[str]]:
    """The records that are not blank; ends early at what the reader cannot take."""
    reader = csv.reader(
        io.StringIO(head, newline=""), delimiter=delimiter, quotechar=quote, escapechar=escape
    )
    try:
        yield from (record for record in reader if record)
    except csv.Error:
        return


def _score(head: str, delimiter: str, quote: str, escape: str | None) -> tuple[float, int]:
    """Which share of the first records has as many fields as the header, and how many; (0, 0) for one field."""
    sample = itertools.islice(_records(head, delimiter, quote, escape), _SAMPLE_RECORDS)
    counts = [len(record) for record in sample]
    if not counts or counts[0] < 2:
        return (0.0, 0)
    return (counts.count(counts[0]) / len(counts), counts[0])


def _decimal_point(head: str, delimiter: str, quote: str, escape: str | None) -> str:
    if delimiter == ",":
        return "."
    sample = itertools.islice(_records(head, delimiter, quote, escape), 1, _SAMPLE_RECORDS)
    values = [value.strip() for record in sample for value in record]
    commas = sum(1 for value in values if _DECIMAL_COMMA.fullmatch(value))
    points = sum(1 for value in values if _DECIMAL_POINT.fullmatch(value))
    return "," if commas > points else "."
