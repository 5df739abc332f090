"""Builds the estimators of the built-in families. Each is a pipeline over `[N, F]`, imputation first."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from sklearn import compose, ensemble, linear_model, pipeline, preprocessing

from kolba.ml_service.families import family
from kolba.ml_service.families.estimators import imputer, neighbours


def logistic_regression(
    hyperparameters: Mapping[str, Any], layout: family.Layout, seed: int
) -> Any:
    classifier = linear_model.LogisticRegression(**hyperparameters, random_state=seed)
    return _pipeline(layout, _scaled(layout), classifier)


def random_forest(hyperparameters: Mapping[str, Any], layout: family.Layout, seed: int) -> Any:
    """No scaler: a rounding there would put values on the other side of a split. Codes serve as they are."""
    classifier = ensemble.RandomForestClassifier(**hyperparameters, random_state=seed, n_jobs=1)
    return _pipeline(layout, None, classifier)


def knn(hyperparameters: Mapping[str, Any], layout: family.Layout, seed: int) -> Any:
    return _pipeline(layout, _scaled(layout), neighbours.NearestNeighbours(**hyperparameters))


def _pipeline(layout: family.Layout, encoder: Any, classifier: Any) -> Any:
    steps = [("impute", imputer.ColumnImputer(categorical=tuple(layout.categorical)))]
    if encoder is not None:
        steps.append(("encode", encoder))
    return pipeline.Pipeline([*steps, ("classify", classifier)])


def _scaled(layout: family.Layout) -> Any:
    """Numeric columns to mean 0 and variance 1, categorical ones to one column per category."""
    parts: list[tuple[str, Any, list[int]]] = []
    if layout.numeric:
        parts.append(("scale", preprocessing.StandardScaler(), layout.numeric))
    if layout.categorical:
        categories = [
            np.arange(layout.categories[index], dtype=np.float64) for index in layout.categorical
        ]
        encoder = preprocessing.OneHotEncoder(
            categories=categories, handle_unknown="ignore", sparse_output=False, dtype=np.float64
        )
        parts.append(("encode", encoder, layout.categorical))
    return compose.ColumnTransformer(parts)
