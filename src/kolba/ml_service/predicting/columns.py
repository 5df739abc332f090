"""From columns as a data set keeps them to the array a model reads, as the rows' decoder does it, but column by column.

A text column costs one look-up for each different word in it, not for each row.
"""

from __future__ import annotations

import collections
import math
from collections.abc import Callable

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from kolba.contracts import batch_predictions
from kolba.inference import decoding, signature
from kolba.kit import text
from kolba.ml_service.predicting import faults, pictures

Numbers = npt.NDArray[np.float64]
Rows = npt.NDArray[np.int64]


class ColumnDecoder:
    """Decodes a data set's batches by one signature. `unknown` counts the categories that were taken as missing."""

    def __init__(
        self, read: signature.Signature, on_unknown: batch_predictions.OnUnknown = "fail"
    ) -> None:
        self._columns = read.columns
        self._width = read.width
        self._words = {
            column.name: decoding.Words(column)
            for column in read.columns
            if column.kind == "categorical"
        }
        self._type = np.dtype(read.number_type)
        self._limit = float(np.finfo(self._type).max)
        self._takes_unknown = on_unknown == "missing"
        self.unknown: collections.Counter[str] = collections.Counter()

    def features(self, batch: pa.RecordBatch, first_row: int) -> decoding.Features:
        """The batch as `[N, F]`, whose first row is number `first_row` (from 1) of the data set.

        Raises `errors.UnfitRows`, which names row, column and value of the first faults.
        """
        table = np.empty((batch.num_rows, self._width), self._type)
        found: list[faults.Fault] = []
        start = 0
        for column in self._columns:
            values = batch.column(column.name)
            stop = start + column.width
            if column.kind == "image":
                pictures.decode(values, table[:, start:stop], column, first_row, found)
            else:
                with np.errstate(over="ignore"):  # what is too large is a fault, and found as such
                    table[:, start] = self._decoded(column, values, first_row, found)
            start = stop
        if found:
            raise faults.refusal(found)
        return table

    def _decoded(
        self, column: signature.Column, values: pa.Array, first_row: int, found: list[faults.Fault]
    ) -> Numbers:
        if values.null_count == len(values):
            numbers, wrong = np.full(len(values), math.nan), np.empty(0, np.int64)
        elif column.kind == "numeric":
            numbers = _floats(values)
            wrong = np.flatnonzero(np.abs(numbers) > self._limit)
        else:
            numbers, wrong = self._codes(column, values)
        if column.kind == "categorical" and len(wrong) and self._takes_unknown:
            self.unknown[column.name] += len(wrong)
            wrong = wrong[:0]
        found += _faults(column, values, wrong, first_row)
        if column.required:
            missing = np.flatnonzero(np.isnan(numbers))
            found += _located(column, missing, first_row, decoding.missing_value)
        return numbers

    def _codes(self, column: signature.Column, values: pa.Array) -> tuple[Numbers, Rows]:
        """The codes, NaN where missing or unknown, and the places of the unknown."""
        if pa.types.is_boolean(values.type):
            values = values.cast(pa.string())  # `true` and `false`, as the signature writes them
        elif not _is_text(values.type):
            if column.takes_codes:
                return _checked(_floats(values), len(column.categories))
            values = _as_words(values)
        encoded = values if pa.types.is_dictionary(values.type) else values.dictionary_encode()
        words = self._words[column.name]
        codes = [words.code(word) for word in encoded.dictionary.to_pylist()]
        # One more place at the end, for the missing: it is where -1 points.
        known = np.array([math.nan if code is None else code for code in codes] + [math.nan])
        is_unknown = np.array([code is None for code in codes] + [False])
        places = encoded.indices.fill_null(-1).to_numpy(zero_copy_only=False)
        return known[places], np.flatnonzero(is_unknown[places])


def _floats(values: pa.Array) -> Numbers:
    """As float64, NaN where missing."""
    numbers = values.cast(pa.float64(), safe=False).fill_null(math.nan)
    found: Numbers = numbers.to_numpy(zero_copy_only=False)
    return found


def _checked(numbers: Numbers, count: int) -> tuple[Numbers, Rows]:
    """Numbers that are codes of `count` categories; places of those that are none, which become NaN."""
    with np.errstate(invalid="ignore"):
        is_code = (numbers >= 0) & (numbers < count) & (numbers == np.floor(numbers))
    wrong = np.flatnonzero(~is_code & ~np.isnan(numbers))
    return np.where(is_code, numbers, math.nan), wrong


def _as_words(values: pa.Array) -> pa.Array:
    """Numbers of a column whose words look like numbers: `3`, also where a gap has made it 3.0."""
    whole = pc.cast(values, pa.int64(), safe=False)
    is_whole = pc.equal(pc.cast(whole, pa.float64(), safe=False), pc.cast(values, pa.float64()))
    return pc.if_else(is_whole, pc.cast(whole, pa.string()), pc.cast(values, pa.string()))


def _is_text(kind: pa.DataType) -> bool:
    if pa.types.is_dictionary(kind):
        return True
    return bool(pa.types.is_string(kind) or pa.types.is_large_string(kind))


def _faults(
    column: signature.Column, values: pa.Array, wrong: Rows, first_row: int
) -> list[faults.Fault]:
    if column.kind == "numeric":
        return _located(column, wrong, first_row, decoding.unbounded_number)
    return [
        faults.Fault(
            row=first_row + place,
            column=column.name,
            message=decoding.unknown_category(column, values[place].as_py(), first_row + place),
            is_unknown=True,
        )
        for place in wrong[: faults.MOST].tolist()
    ]


def _located(
    column: signature.Column,
    wrong: Rows,
    first_row: int,
    say: Callable[[signature.Column, int], text.Text],
) -> list[faults.Fault]:
    rows = (wrong[: faults.MOST] + first_row).tolist()
    return [faults.Fault(row=row, column=column.name, message=say(column, row)) for row in rows]
