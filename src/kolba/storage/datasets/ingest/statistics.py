"""What the numbers of one column are like, gathered part by part so that no column is ever held whole."""

from __future__ import annotations

import math
from collections.abc import Iterable

import numpy as np
import numpy.typing as npt

from kolba.contracts import datasets
from kolba.storage.datasets.ingest import distinct

BINS = 20
_SAMPLE_VALUES = 100_000

Values = npt.NDArray[np.float64]


class NumberStatistics:
    """Mean and deviation by the parallel formula of Chan, Golub and LeVeque (1979).

    Quartiles are exact up to 100,000 values; beyond, those of every k-th row. Infinite values count for nothing here.
    """

    def __init__(self, *, minimum: float, maximum: float, rows: int) -> None:
        self._minimum = minimum
        self._maximum = maximum
        self._stride = max(1, math.ceil(rows / _SAMPLE_VALUES))
        self._phase = 0
        self._count = 0
        self._mean = 0.0
        self._squares = 0.0
        self._bins = np.zeros(BINS, dtype=np.int64)
        self._sample: list[Values] = []
        self._distinct = distinct.DistinctCounter()

    def add(self, values: Values) -> None:
        """Take the next values in the order of the rows; NaN where one is missing."""
        self._sample.append(values[self._phase :: self._stride].copy())
        self._phase = (self._phase - len(values)) % self._stride
        with np.errstate(over="ignore", invalid="ignore"):
            if not math.isfinite(float(values.sum())):
                values = values[~np.isnan(values)]
            self._distinct.add(values)
            if not math.isfinite(float(values.sum())):
                values = values[np.isfinite(values)]
            if values.size:
                self._add_moments(values)
                self._add_bins(values)

    def _add_moments(self, values: Values) -> None:
        count = self._count + values.size
        mean = float(values.mean())
        difference = mean - self._mean
        centred = values - mean
        # Not a dot product: BLAS would spread it over threads that cost more than they gain.
        self._squares += float(np.square(centred, out=centred).sum())
        self._squares += difference * difference * self._count * values.size / count
        self._mean += difference * values.size / count
        self._count = count

    def _add_bins(self, values: Values) -> None:
        width = self._maximum - self._minimum
        if (
            width <= 0
            or not math.isfinite(BINS / width if width else 0)
            or not math.isfinite(width)
        ):
            self._bins[0] += values.size
            return
        places = ((values - self._minimum) * (BINS / width)).astype(np.int64)
        np.minimum(places, BINS - 1, out=places)
        self._bins += np.bincount(places, minlength=BINS)

    @property
    def distinct(self) -> int:
        return self._distinct.count

    @property
    def mean(self) -> float | None:
        return _finite_or_none(self._mean) if self._count else None

    @property
    def standard_deviation(self) -> float | None:
        """With n - 1 in the denominator; None for a single value."""
        if self._count < 2:
            return None
        return _finite_or_none(math.sqrt(self._squares / (self._count - 1)))

    @property
    def quartiles(self) -> list[float] | None:
        """25 %, 50 %, 75 %, interpolated linearly."""
        sample = np.concatenate(self._sample) if self._sample else np.empty(0)
        sample = sample[np.isfinite(sample)]
        if not sample.size:
            return None
        with np.errstate(over="ignore", invalid="ignore"):
            found = [float(value) for value in np.quantile(sample, [0.25, 0.5, 0.75])]
        return found if all(math.isfinite(value) for value in found) else None

    @property
    def histogram(self) -> list[datasets.HistogramBin] | None:
        """Twenty bins of one width, the last closed; one bin where all values are equal."""
        if not self._count:
            return None
        occupied = int(np.count_nonzero(self._bins))
        is_one = self._minimum == self._maximum or not math.isfinite(self._maximum - self._minimum)
        if is_one and occupied == 1:
            one = datasets.HistogramBin(
                lower=self._minimum, upper=self._maximum, count=int(self._bins[0])
            )
            return [one]
        edges = np.linspace(self._minimum, self._maximum, BINS + 1)
        return [
            datasets.HistogramBin(
                lower=float(edges[i]), upper=float(edges[i + 1]), count=int(count)
            )
            for i, count in enumerate(self._bins)
        ]


def finite_range(parts: Iterable[Values]) -> tuple[float, float] | None:
    """The least and the greatest finite value; None when there is none."""
    least, greatest = math.inf, -math.inf
    for values in parts:
        finite = values[np.isfinite(values)]
        if finite.size:
            least = min(least, float(finite.min()))
            greatest = max(greatest, float(finite.max()))
    return (least, greatest) if least <= greatest else None


def _finite_or_none(value: float) -> float | None:
    return value if math.isfinite(value) else None
