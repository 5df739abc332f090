"""Logistic regression on pixels: the baseline that a network has to beat."""

from __future__ import annotations

import warnings

from sklearn import linear_model

from kolba.inference import errors as inference_errors
from kolba.ml_service.training import export, noticing
from kolba.ml_service.training.images import data, learning

_ROWS_PER_RUN = 4096


def learn(task: learning.Task) -> learning.Learned:
    """No scaling: pixels are alike already, and a blank one would be divided by nothing."""
    task.progress.progress(
        learning.BEGIN,
        inference_errors.message(
            "fitting on {rows} images", "обучаю на {rows} изображениях", rows=len(task.data.labels)
        ),
    )
    estimator = linear_model.LogisticRegression(**task.hyperparameters, random_state=task.seed)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        estimator.fit(data.ink(task.data.pixels), task.data.labels)
    return learning.Learned(
        estimator=estimator,
        graph=export.to_graph(estimator, columns=data.WIDTH, number_type="float32"),
        tolerance=export.TOLERANCE,
        rows_per_run=_ROWS_PER_RUN,
        warnings=noticing.told(caught, task.progress),
    )
