"""Columns of images: each value a whole PNG or JPEG file."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from kolba.inference import decoding, images, signature
from kolba.inference import errors as inference_errors
from kolba.kit import text
from kolba.ml_service.predicting import faults


def decode(
    values: pa.Array,
    target: npt.NDArray[Any],
    column: signature.Column,
    first_row: int,
    found: list[faults.Fault],
) -> None:
    """Write every picture's numbers into its row of `target` `[N, width]`; what is wrong goes to `found`."""
    for place, value in enumerate(values):
        if len(found) >= faults.MOST:
            return
        message = _decode(value.as_py(), target[place], column, first_row + place)
        if message is not None:
            found.append(faults.Fault(row=first_row + place, column=column.name, message=message))


def _decode(
    content: bytes | None, target: npt.NDArray[Any], column: signature.Column, row: int
) -> text.Text | None:
    """What is wrong with it."""
    if content is None:
        target[:] = np.nan
        return decoding.missing_value(column, row)
    try:
        target[:] = images.digit_of_file(content)
    except images.ImageError as error:
        return inference_errors.message(
            "row {row}, column `{name}`: {problem}",
            "строка {row}, столбец `{name}`: {problem}",
            row=row,
            name=column.name,
            problem=error.message,
        )
    return None
