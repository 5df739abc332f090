"""From rows as people and programs send them to the array a model reads.

The way in is taken for every single prediction, so it is laid out twice: a quick pass that accepts only what is plainly
right (about two microseconds a row), and, where it meets anything else, a careful pass that accepts the rest of what is
allowed or says exactly what is wrong.
"""

from __future__ import annotations

import math
import reprlib
from collections.abc import Mapping, Sequence
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from kolba.inference import errors, images, separated, signature
from kolba.kit import errors as kit_errors
from kolba.kit import text

Features = npt.NDArray[np.float32] | npt.NDArray[np.float64]
Row = Mapping[str, Any]
_Codes = dict[str | float, float]

_MAX_FAULTS = 20
_MAX_SHOWN = 20
_MISSING = math.nan
_MISSING_WORDS = frozenset({"", "na", "n/a", "null"})


class Keeper(Protocol):
    """Whoever wants the pictures of a request (`images.kept.Kept`)."""

    def add(self, value: Any, digit: npt.NDArray[np.float32]) -> None: ...


class _Unusual(Exception):
    """The quick pass met something it does not judge."""


class Decoder:
    """Turns rows into arrays `[N, width]` by one signature. Made once per model, used by any number of threads."""

    def __init__(
        self, model_signature: signature.Signature, *, keeper: Keeper | None = None
    ) -> None:
        """`keeper` is handed every picture. Raises `errors.BadBundle` for images of another shape than a digit's."""
        self._columns = model_signature.columns
        self._width = model_signature.width
        self._places = _places(model_signature.columns)
        self._keeper = keeper
        self._names = frozenset(column.name for column in self._columns)
        self._accepted = self._names | {*model_signature.ignored, model_signature.target}
        self._ignored = tuple(sorted(self._accepted - self._names))
        self._type = np.dtype(model_signature.number_type)
        self._limit = float(np.finfo(self._type).max)
        self._codes = tuple(_codes(column) for column in self._columns)
        self._plan = tuple(
            (column.name, codes or None, column.boolean)
            for column, codes in zip(self._columns, self._codes, strict=True)
        )
        self._is_strict = any(column.required or column.kind == "image" for column in self._columns)

    def rows(self, rows: Sequence[Row]) -> Features:
        """The rows as an array; an absent key, None and "" are missing values (NaN).

        Raises `errors.InvalidRows`, which names row and column, for an unknown column or category, a value of a
        wrong type, and NaN or infinity; `images.InvalidImage`, `ImageTooLarge`, `NothingDrawn` for the first picture
        that cannot be read.
        """
        if rows and not self._is_strict:
            try:
                return np.array([self._quick(row) for row in rows], self._type).reshape(
                    len(rows), -1
                )
            except (_Unusual, KeyError, TypeError, AttributeError):
                pass
        return self._careful(rows, [str(number) for number in range(1, len(rows) + 1)])

    def csv(self, content: str) -> Features:
        """The rows of a CSV text with a header; the delimiter is found out. Raises what `rows` raises."""
        table = separated.read(content)
        faults = _Faults()
        for name in table.names:
            if name not in self._accepted:
                faults.add(f"data.{name}", self._unknown_column(name))
        if not self._names & set(table.names):
            faults.add("data", self._no_known_column())
        faults.raise_if_any()
        parsed = [dict(zip(table.names, row, strict=True)) for row in table.rows]
        return self._careful(parsed, [str(line) for line in table.lines], decimal=table.decimal)

    def _quick(self, row: Row) -> list[float]:
        if not row.keys() <= self._accepted:
            raise _Unusual
        values = []
        get = row.get
        limit = self._limit
        known = False
        for name, codes, boolean in self._plan:
            value = get(name)
            if value is None:
                values.append(_MISSING)
                continue
            known = True
            kind = type(value)
            if codes is not None:
                if kind is bool and not boolean:
                    raise _Unusual
                values.append(codes[value])
            elif (kind is float or kind is int) and -limit <= value <= limit:
                values.append(value)
            else:
                raise _Unusual
        if not known:
            raise _Unusual
        return values

    def _careful(
        self, rows: Sequence[Any], numbers: Sequence[str], decimal: str | None = None
    ) -> Features:
        """`decimal` is the decimal mark where values are texts of a CSV, None where they are JSON's."""
        faults = _Faults()
        if not rows:
            faults.add("data", _NO_ROWS)
        table = np.full((len(rows), self._width), _MISSING, self._type)
        for place, (row, number) in enumerate(zip(rows, numbers, strict=True)):
            if faults.full:
                break
            if not isinstance(row, Mapping):
                faults.add(f"data.{place}", _not_an_object(number))
                continue
            self._check_names(row, place, number, faults)
            for index, (column, at) in enumerate(self._places):
                field = f"data.{place}.{column.name}"
                try:
                    table[place, at] = self._value(index, row.get(column.name), decimal)
                except _Wrong as wrong:
                    faults.add(field, wrong.located(number, column.name))
                except images.ImageError as error:
                    faults.raise_if_any()
                    raise error.at(field, _row(number) if len(rows) > 1 else None) from None
        faults.raise_if_any()
        return table

    def _check_names(self, row: Row, place: int, number: str, faults: _Faults) -> None:
        for name in row:
            if name not in self._accepted:
                faults.add(f"data.{place}.{name}", self._unknown_column(name, number))
        if not self._names & set(row):
            faults.add(f"data.{place}", self._no_known_column(number))

    def _value(
        self, index: int, value: Any, decimal: str | None
    ) -> float | npt.NDArray[np.float32]:
        column = self._columns[index]
        if value is None or (isinstance(value, str) and value.strip() == ""):
            if column.required or column.kind == "image":
                raise _REQUIRED
            return _MISSING
        if column.kind == "image":
            digit = images.of_value(value)
            if self._keeper is not None:
                self._keeper.add(value, digit)
            return digit.ravel()
        if column.kind == "categorical":
            return _category(column, self._codes[index], value, from_text=decimal is not None)
        number = _parse(value, decimal) if decimal is not None else _number(value)
        if math.isnan(number) and decimal is not None:
            return _MISSING
        if not -self._limit <= number <= self._limit:
            raise _UNBOUNDED
        return number

    def _unknown_column(self, name: str, number: str | None = None) -> text.Text:
        known = ", ".join(column.name for column in self._columns[:_MAX_SHOWN])
        passed_over = ", ".join(self._ignored[:_MAX_SHOWN])
        return errors.message(
            "{row}the model has no column `{name}`; it reads {known} (and passes over {ignored})",
            "{row}у модели нет столбца `{name}`; она читает {known} (и пропускает {ignored})",
            row=f"№ {number}: " if number else "",
            name=_shortened(name),
            known=known,
            ignored=passed_over or "—",
        )

    def _no_known_column(self, number: str | None = None) -> text.Text:
        return errors.message(
            "{row}none of the model's columns is given; it reads {known}",
            "{row}не задан ни один столбец модели; она читает {known}",
            row=f"№ {number}: " if number else "",
            known=", ".join(column.name for column in self._columns[:_MAX_SHOWN]),
        )


class _Wrong(Exception):
    """What is wrong with one value, in both languages."""

    def __init__(self, en: str, ru: str, **parameters: Any) -> None:
        super().__init__(en)
        self._texts = (en, ru)
        self._parameters = parameters

    def located(self, number: str, name: str) -> text.Text:
        en, ru = self._texts
        return errors.message(
            "row {row_number}, column `{column_name}`: " + en,
            "строка {row_number}, столбец `{column_name}`: " + ru,
            row_number=number,
            column_name=name,
            **self._parameters,
        )


_REQUIRED = _Wrong("a value is required", "нужно значение")
_UNBOUNDED = _Wrong(
    "the number must be finite and not so large", "число должно быть конечным и не столь большим"
)


class Words:
    """The words of one categorical column, for whoever decodes column by column."""

    def __init__(self, column: signature.Column) -> None:
        self._column = column
        self._codes = _codes(column)

    def code(self, written: str) -> float | None:
        """The code that a text means, as in a CSV: NaN where it stands for a missing value, None: unknown."""
        if not written.strip():
            return _MISSING
        try:
            return _category(self._column, self._codes, written, from_text=True)
        except _Wrong:
            return None


def unknown_category(column: signature.Column, value: Any, row: int) -> text.Text:
    """What to say of a category in row `row` (from 1) that the model does not know."""
    return _unknown_category(column, value).located(str(row), column.name)


def missing_value(column: signature.Column, row: int) -> text.Text:
    """What to say where a value is required."""
    return _REQUIRED.located(str(row), column.name)


def unbounded_number(column: signature.Column, row: int) -> text.Text:
    """What to say of infinity, or of a number that the model's numbers cannot hold."""
    return _UNBOUNDED.located(str(row), column.name)


class _Faults:
    """The first few faults of a request."""

    def __init__(self) -> None:
        self._found: list[kit_errors.FieldError] = []

    @property
    def full(self) -> bool:
        return len(self._found) >= _MAX_FAULTS

    def add(self, field: str, message: text.Text) -> None:
        if not self.full:
            self._found.append(kit_errors.FieldError(field=field[:200], message=message))

    def raise_if_any(self) -> None:
        if self._found:
            raise errors.InvalidRows(fields=self._found)


def _places(
    columns: Sequence[signature.Column],
) -> tuple[tuple[signature.Column, int | slice], ...]:
    """Where each column's numbers stand in a row of the array."""
    places: list[tuple[signature.Column, int | slice]] = []
    start = 0
    for column in columns:
        if column.kind == "image" and column.shape != images.SHAPE:
            raise errors.BadBundle(
                reason=f"images of {column.shape} pixels are not read, only of {images.SHAPE}"
            )
        stop = start + column.width
        places.append((column, slice(start, stop) if column.shape else start))
        start = stop
    return tuple(places)


def _row(number: str) -> text.Text:
    return text.Text(en=f"row {number}", ru=f"строка {number}")


_NO_ROWS = text.Text(en="give at least one row", ru="дайте хотя бы одну строку")


def _not_an_object(number: str) -> text.Text:
    return errors.message(
        "row {number} must be an object of column names and values",
        "строка {number} должна быть объектом из имён столбцов и значений",
        number=number,
    )


def _codes(column: signature.Column) -> _Codes:
    """Every accepted way to write each category, to its code. Words win over codes."""
    by_code: _Codes = {}
    if column.takes_codes:
        for code in range(len(column.categories)):
            by_code[code] = float(code)
    return {**by_code, **{word: float(code) for code, word in enumerate(column.categories)}}


def _category(column: signature.Column, codes: _Codes, value: Any, *, from_text: bool) -> float:
    if isinstance(value, str):
        word = value.strip()
        if word in codes:
            return codes[word]
        if from_text and column.takes_codes and _is_whole(word) and int(float(word)) in codes:
            return codes[int(float(word))]
        if from_text and word.lower() in _MISSING_WORDS:
            return _MISSING
    elif isinstance(value, bool):
        if column.boolean:
            return codes[int(value)]
    elif isinstance(value, int | float) and value in codes:
        return codes[value]
    raise _unknown_category(column, value)


def _unknown_category(column: signature.Column, value: Any) -> _Wrong:
    words = ", ".join(column.categories[:_MAX_SHOWN])
    pairs = ", ".join(
        f"{code} = {word}" for code, word in enumerate(column.categories[:_MAX_SHOWN])
    )
    return _Wrong(
        "`{value}` is not known; allowed: {words}",
        "`{value}` неизвестно; допустимо: {words}",
        value=_shortened(value),
        words=f"{words} ({pairs})" if column.takes_codes else words,
    )


def _number(value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise _Wrong(
            "a number is needed, not `{value}`",
            "нужно число, а не `{value}`",
            value=_shortened(value),
        )
    if isinstance(value, float) and not math.isfinite(value):
        raise _Wrong(
            "NaN and infinity are not sent; use null", "NaN и бесконечность не годятся; пишите null"
        )
    try:
        return float(value)
    except OverflowError:
        return math.inf


def _parse(value: str, decimal: str) -> float:
    """A number as written in a CSV; NaN for a word that stands for a missing value."""
    word = value.strip()
    if word.lower() in _MISSING_WORDS:
        return _MISSING
    try:
        if "_" in word:
            raise ValueError(word)
        number = float(word.replace(decimal, ".")) if decimal != "." else float(word)
    except ValueError:
        raise _Wrong(
            "a number is needed, not `{value}`",
            "нужно число, а не `{value}`",
            value=_shortened(word),
        ) from None
    return _number(number)


def _is_whole(word: str) -> bool:
    try:
        return float(word).is_integer()
    except ValueError:
        return False


def _shortened(value: Any) -> str:
    shown = value if isinstance(value, str) else reprlib.repr(value)  # bounded in depth and length
    return shown if len(shown) <= 60 else shown[:57] + "…"
