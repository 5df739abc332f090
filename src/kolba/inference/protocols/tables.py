"""Tables of numbers, all columns in one tensor: taken as they are when plainly right, else judged row by row."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from kolba.inference import decoding
from kolba.inference.protocols import exchange

FEW = 3
"""So few rows are quicker row by row."""


def grouped(values: list[Any], width: int) -> list[list[Any]]:
    """A flat list as rows of `width` values."""
    return [values[start : start + width] for start in range(0, len(values), width)]


class Table:
    """By one signature: bounds of every column. A category is its code here."""

    def __init__(self, model: exchange.Model) -> None:
        columns = model.signature.columns
        self._type = np.dtype(model.signature.number_type)
        largest = float(np.finfo(self._type).max)
        self._low = np.array([0.0 if one.kind == "categorical" else -largest for one in columns])
        self._high = np.array(
            [len(one.categories) - 1.0 if one.kind == "categorical" else largest for one in columns]
        )
        self._coded = [at for at, one in enumerate(columns) if one.kind == "categorical"]
        self._takes_numbers = all(
            one.takes_codes for one in columns if one.kind == "categorical"
        ) and not any(one.required or one.kind == "image" for one in columns)

    def features(self, numbers: npt.NDArray[Any]) -> decoding.Features | None:
        """`numbers` `[N, F]`, NaN where missing, as the model reads them; None unless all are plainly right."""
        if not self._takes_numbers:
            return None
        if (numbers < self._low).any() or (numbers > self._high).any():
            return None
        if self._coded:
            codes = numbers[:, self._coded]
            if ((codes - np.floor(codes)) > 0).any():
                return None
        return numbers.astype(self._type)
