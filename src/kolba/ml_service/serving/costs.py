"""What runs of a model cost, as measured: whether the event loop can wait for the next one."""

from __future__ import annotations

import math
import time

QUICK_SECONDS = 0.005
"""Handing a run to a thread costs more than it is worth below this; above it, everybody else would notice the wait."""
_SIZES = 64


class Costs:
    """Of the last run of each size. Sizes go by powers of two, for a run of a few rows is mostly its own overhead.

    In CPU time of the thread that runs, so that a busy machine makes no model look slow. Used by several threads.
    """

    def __init__(self) -> None:
        self._seconds: list[float | None] = [None] * _SIZES

    def measured(self, rows: int, started: float) -> None:
        """A run of `rows` rows has ended, that began in this thread at `started` (`time.thread_time`)."""
        self._seconds[rows.bit_length()] = time.thread_time() - started

    def is_quick(self, rows: int) -> bool:
        """Whether `rows` rows will probably take less than `QUICK_SECONDS`. What was never measured is not quick."""
        return self._expected(rows) < QUICK_SECONDS

    def _expected(self, rows: int) -> float:
        """Seconds, as measured for so many rows; else in proportion to fewer, which is seldom too little."""
        size = rows.bit_length()
        for fewer in range(size, -1, -1):
            seconds = self._seconds[fewer]
            if seconds is not None:
                return seconds * float(1 << (size - fewer))
        return math.inf
