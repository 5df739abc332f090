"""What is found wrong in a data set's rows, gathered column by column, told row by row."""

from __future__ import annotations

import dataclasses
import heapq
from collections.abc import Sequence
from typing import Any

from kolba.kit import errors as kit_errors
from kolba.kit import text
from kolba.ml_service.predicting import errors

MOST = 20
"""So many are told."""


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    row: int
    """In the data set, from 1."""
    column: str
    message: text.Text
    is_unknown: bool = False
    """A category that the model does not know."""


def refusal(found: Sequence[Fault]) -> errors.UnfitRows:
    """Of the first rows that are wrong."""
    first = heapq.nsmallest(MOST, found, key=lambda one: one.row)
    fields: list[Any] = [
        kit_errors.FieldError(field=f"rows.{one.row}.{one.column}"[:200], message=one.message)
        for one in first
    ]
    return errors.UnfitRows(fields=fields, is_unknown=any(one.is_unknown for one in first))
