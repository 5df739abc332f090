"""Fills gaps: the median of a numeric column, the most frequent code of a categorical one."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Self

import numpy as np
import numpy.typing as npt
from sklearn import base

Array = npt.NDArray[Any]


class ColumnImputer(base.TransformerMixin, base.BaseEstimator):  # type: ignore[misc]
    """Like two `SimpleImputer`s side by side, but the columns stay in their order and the graph is one node."""

    def __init__(self, categorical: Sequence[int] = ()) -> None:
        self.categorical = categorical

    def fit(self, features: Array, target: Array | None = None) -> Self:
        """Learn the fill of each column of `features` `[N, F]`; 0 for a column without any value."""
        fills = [
            _typical(column, index in self.categorical) for index, column in enumerate(features.T)
        ]
        self.statistics_ = np.array(fills, features.dtype)
        self.n_features_in_ = features.shape[1]
        return self

    def transform(self, features: Array) -> Array:
        return np.where(np.isnan(features), self.statistics_, features)


def _typical(column: Array, categorical: bool) -> float:
    present = column[~np.isnan(column)]
    if len(present) == 0:
        return 0.0
    if categorical:
        values, counts = np.unique(present, return_counts=True)
        return float(values[counts.argmax()])
    return float(np.median(present))
