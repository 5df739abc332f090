"""K nearest neighbours with ties settled, so that the graph and the estimator cannot disagree.

scikit-learn leaves open which of two training rows at one distance is the nearer; on tables with few distinct values
such ties are everywhere, and another implementation answers otherwise. Here squared distances are rounded to a grid of
2⁻³⁰ (far above rounding noise, far below any difference that matters), and among equals the earlier row is nearer.
"""

from __future__ import annotations

from typing import Any, Self

import numpy as np
import numpy.typing as npt
from sklearn import base
from sklearn.utils import validation

GRID = float(2**30)
_ROWS_AT_ONCE = 1024

Array = npt.NDArray[np.float64]


class NearestNeighbours(base.ClassifierMixin, base.BaseEstimator):  # type: ignore[misc]
    """`KNeighborsClassifier` (Euclidean, brute force) with a rule for ties. All numbers are doubles."""

    def __init__(self, n_neighbors: int = 5, weights: str = "uniform") -> None:
        self.n_neighbors = n_neighbors
        self.weights = weights

    def fit(self, features: Array, target: npt.NDArray[np.int64]) -> Self:
        """Keep `features` `[N, F]` and `target` `[N]`. Raises `ValueError` for fewer rows than neighbours."""
        if len(features) < self.n_neighbors:
            raise ValueError(
                f"{self.n_neighbors} neighbours need at least as many rows, there are {len(features)}"
            )
        self.rows_ = features.astype(np.float64)
        self.norms_ = np.square(self.rows_).sum(axis=1)
        self.classes_, codes = np.unique(target, return_inverse=True)
        self.votes_ = np.eye(len(self.classes_))[codes]
        self.n_features_in_ = features.shape[1]
        return self

    def predict_proba(self, features: Array) -> Array:
        """`[N, K]`: the share of the neighbours' votes for each class."""
        validation.check_is_fitted(self, "rows_")
        starts = range(0, len(features), _ROWS_AT_ONCE)
        return np.concatenate(
            [self._share(features[start : start + _ROWS_AT_ONCE]) for start in starts]
        )

    def predict(self, features: Array) -> Any:
        return self.classes_[self.predict_proba(features).argmax(axis=1)]

    def _share(self, features: Array) -> Array:
        squared = (
            np.square(features).sum(axis=1, keepdims=True)
            - 2.0 * features @ self.rows_.T
            + self.norms_
        )
        rounded = np.maximum(np.round(squared * GRID), 0.0) / GRID
        nearest = np.argsort(rounded, axis=1, kind="stable")[:, : self.n_neighbors]
        weights = self._weights(np.take_along_axis(rounded, nearest, axis=1))
        votes = (self.votes_[nearest] * weights[:, :, None]).sum(axis=1)
        share: Array = votes / votes.sum(axis=1, keepdims=True)
        return share

    def _weights(self, squared: Array) -> Array:
        if self.weights == "uniform":
            return np.ones_like(squared)
        same = squared == 0.0
        inverse = 1.0 / np.sqrt(np.where(same, 1.0, squared))
        return np.where(same.any(axis=1, keepdims=True), same.astype(np.float64), inverse)
