"""A small, strict reader of CSV texts that people paste: a header, then rows of the same length."""

from __future__ import annotations

import collections
import csv
import dataclasses
import io

from kolba.inference import errors
from kolba.kit import errors as kit_errors
from kolba.kit import text

_DELIMITERS = (",", ";", "\t", "|")


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """Cells as texts. `lines` are the rows' line numbers, as an editor shows them."""

    names: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    lines: tuple[int, ...]
    decimal: str
    """The decimal mark: a comma is one only where it is not the delimiter."""


def read(content: str) -> Table:
    """Read a CSV text. The delimiter is the most frequent of comma, semicolon, tab and bar in the header.

    Raises `errors.InvalidRows` for an empty text, a NUL character, a bad quote, a doubled or empty column name, and
    a row that is shorter or longer than the header.
    """
    plain = content.removeprefix("\ufeff")
    if "\x00" in plain:
        raise _refusal("the text contains a NUL character", "в тексте есть нулевой символ")
    first = plain.lstrip("\r\n").partition("\n")[0]
    delimiter = max(_DELIMITERS, key=first.count)
    numbered = _numbered_rows(plain, delimiter)
    if not numbered:
        raise _refusal(
            "the text is empty; give a header and rows", "текст пуст; дайте заголовок и строки"
        )
    names = _header(numbered[0][1])
    if len(numbered) == 1:
        raise _refusal("there is a header but no row", "есть заголовок, но нет строк")
    for line, row in numbered[1:]:
        _check_length(line, row, names)
    return Table(
        names=names,
        rows=tuple(tuple(row) for _, row in numbered[1:]),
        lines=tuple(line for line, _ in numbered[1:]),
        decimal="." if delimiter == "," else ",",
    )


def _numbered_rows(content: str, delimiter: str) -> list[tuple[int, list[str]]]:
    reader = csv.reader(io.StringIO(content, newline=""), delimiter=delimiter, strict=True)
    try:
        return [(reader.line_num, row) for row in reader if row]
    except csv.Error as error:
        raise _refusal(
            "line {line}: {reason}", "строка {line}: {reason}", line=reader.line_num, reason=error
        ) from None


def _header(row: list[str]) -> tuple[str, ...]:
    names = tuple(name.strip() for name in row)
    if not all(names):
        raise _refusal("a column in the header has no name", "у столбца в заголовке нет имени")
    counted = collections.Counter(names)
    if len(counted) < len(names):
        twice = counted.most_common(1)[0][0]
        raise _refusal(
            "the column `{name}` occurs twice", "столбец `{name}` встречается дважды", name=twice
        )
    return names


def _check_length(line: int, row: list[str], names: tuple[str, ...]) -> None:
    if len(row) != len(names):
        raise _refusal(
            "line {line} has {found} values, the header has {expected}",
            "в строке {line} значений: {found}, в заголовке: {expected}",
            line=line,
            found=len(row),
            expected=len(names),
        )


def _refusal(en: str, ru: str, **parameters: object) -> errors.InvalidRows:
    found: text.Text = errors.message(en, ru, **parameters)
    return errors.InvalidRows(fields=[kit_errors.FieldError(field="data", message=found)])
