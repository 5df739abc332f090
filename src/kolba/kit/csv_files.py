"""CSV that people open in a spreadsheet: no text in it becomes a formula or breaks a line."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator, Sequence

MEDIA_TYPE = "text/csv; charset=utf-8"
_FORMULA_BEGINS = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
Cell = str | int | float | None


def lines(columns: Sequence[str], rows: Iterable[Sequence[Cell]]) -> Iterator[str]:
    """The file, line by line (RFC 4180): the header, then `rows`. None is empty; numbers stay numbers."""
    held = io.StringIO()
    writer = csv.writer(held)
    writer.writerow(columns)
    for row in rows:
        yield _take(held)
        writer.writerow([_safe(cell) for cell in row])
    yield _take(held)


def _take(held: io.StringIO) -> str:
    line = held.getvalue()
    held.seek(0)
    held.truncate()
    return line


def _safe(cell: Cell) -> Cell:
    if not isinstance(cell, str):
        return cell
    plain = "".join(one if one.isprintable() else f"\\u{ord(one):04x}" for one in cell)
    return f"'{plain}" if cell.startswith(_FORMULA_BEGINS) else plain
