"""What runs of a model cost, as measured: whether the event loop can wait for the next one."""

from __future__ import annotations

import math

QUICK_SECONDS = 0.005
"""Handing a run to a thread costs more than it is worth below this; above it, everybody else would notice the wait."""
_SIZES = 64


class Costs:
    """Of the last run of each size. Sizes go by powers of two, for a run of a few rows is mostly its own overhead.

    Used by several threads.
    """

    def __init__(self) -> None:
        self._seconds: list[float | None] = [None] * _SIZES

    def measured(self, rows: int, seconds: float) -> None:
        """A run of `rows` rows took so long."""
        self._seconds[rows.bit_length()] = seconds

    def is_quick(self, rows: int) -> bool:
        """Whether `rows` rows will probably take less than `QUICK_SECONDS`. What was never measured is not quick."""
        seconds = self._seconds[rows.bit_length()]
        if seconds is None:
            seconds = self._expected(rows.bit_length())
        return seconds < QUICK_SECONDS

    def _expected(self, size: int) -> float:
        """In proportion to a smaller run, which is seldom too little."""
        for smaller in range(size - 1, -1, -1):
            seconds = self._seconds[smaller]
            if seconds is not None:
                return seconds * float(1 << (size - smaller))
        return math.inf
