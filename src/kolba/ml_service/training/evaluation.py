"""Figures on the held-out rows: scores, report per class, confusion, ROC, permutation importance.

Definitions are those of scikit-learn's `metrics`; the simple ones are computed here from the confusion matrix, because
a hundred calls of the library cost more than the training of a small model.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
from sklearn import metrics

from kolba.contracts import reports
from kolba.inference.sessions import protocol

Labels = npt.NDArray[np.int64]
_ROC_POINTS = 200


def confusion(expected: Labels, predicted: Labels, classes: int) -> npt.NDArray[np.int64]:
    """`[K, K]`: rows counted by true class (first axis) and predicted class."""
    counted: npt.NDArray[np.int64] = np.bincount(
        expected * classes + predicted, minlength=classes * classes
    )
    return counted.reshape(classes, classes)


def classification(
    matrix: npt.NDArray[np.int64], names: Sequence[str]
) -> reports.ClassificationReport:
    """Precision, recall and F1 of each class; None where nothing of the class was predicted or present."""
    precision, recall, f1, support = _per_class(matrix)
    rows = tuple(
        reports.ClassScores(
            name=name,
            precision=_share(precision[index]),
            recall=_share(recall[index]),
            f1=_share(f1[index]),
            support=int(support[index]),
        )
        for index, name in enumerate(names)
    )
    averages = tuple(
        _average(name, (precision, recall, f1), weights, int(support.sum()))
        for name, weights in (("macro avg", np.ones(len(names))), ("weighted avg", support))
    )
    return reports.ClassificationReport(classes=rows, averages=averages)


def scores(
    matrix: npt.NDArray[np.int64], expected: Labels, probabilities: npt.NDArray[Any]
) -> dict[str, float | None]:
    """The figures that lists and comparisons show. A class without rows counts 0 in macro averages."""
    precision, recall, f1, support = (np.nan_to_num(one) for one in _per_class(matrix))
    present = support > 0
    picked = probabilities[np.arange(len(expected)), expected].astype(np.float64)
    return {
        "accuracy": float(np.trace(matrix) / matrix.sum()),
        "balanced_accuracy": float(recall[present].mean()),
        "precision_macro": float(precision.mean()),
        "recall_macro": float(recall.mean()),
        "f1_macro": float(f1.mean()),
        "f1_weighted": float((f1 * support).sum() / support.sum()),
        "log_loss": float(-np.log(np.clip(picked, 1e-15, 1.0)).mean()),
        "roc_auc": _area(expected, probabilities),
    }


def roc(
    expected: Labels, probabilities: npt.NDArray[Any], names: Sequence[str]
) -> tuple[reports.RocCurve, ...]:
    """One curve per class against the rest; of two classes only the second's, as the first's is its mirror image."""
    chosen = [1] if len(names) == 2 else range(len(names))
    return tuple(
        _curve(names[index], expected == index, probabilities[:, index]) for index in chosen
    )


def importance(
    session: protocol.Session,
    features: npt.NDArray[Any],
    expected: Labels,
    names: Sequence[str],
    *,
    repeats: int,
    seed: int,
) -> reports.ImportancePart:
    """How much accuracy drops when one column is shuffled, `repeats` times each (Breiman 2001), through the graph."""
    generator = np.random.default_rng(seed)
    base = float((session.run(features).labels == expected).mean())
    found = []
    for index, name in enumerate(names):
        copies = np.tile(features, (repeats, 1))
        copies[:, index] = np.concatenate(
            [generator.permutation(features[:, index]) for _ in range(repeats)]
        )
        hits = (session.run(copies).labels.reshape(repeats, -1) == expected).mean(axis=1)
        drops = base - hits
        found.append(
            reports.FeatureImportance(
                name=name, mean=float(drops.mean()), standard_deviation=float(drops.std())
            )
        )
    ranked = sorted(found, key=lambda one: -one.mean)
    return reports.ImportancePart(
        metric="accuracy", repeats=repeats, seed=seed, features=tuple(ranked)
    )


def _per_class(matrix: npt.NDArray[np.int64]) -> tuple[npt.NDArray[np.float64], ...]:
    """Precision, recall, F1 (NaN where undefined) and support."""
    hits = np.diag(matrix).astype(np.float64)
    predicted, support = matrix.sum(axis=0), matrix.sum(axis=1)
    with np.errstate(invalid="ignore"):
        return (
            hits / predicted,
            hits / support,
            2 * hits / (predicted + support),
            support.astype(np.float64),
        )


def _average(
    name: str,
    figures: Sequence[npt.NDArray[np.float64]],
    weights: npt.NDArray[np.float64],
    support: int,
) -> reports.ClassScores:
    precision, recall, f1 = (
        float(np.average(np.nan_to_num(one), weights=weights)) for one in figures
    )
    return reports.ClassScores(
        name=name, precision=precision, recall=recall, f1=f1, support=support
    )


def _share(value: float) -> float | None:
    return None if np.isnan(value) else float(value)


def _area(expected: Labels, probabilities: npt.NDArray[Any]) -> float | None:
    """ROC AUC; of several classes the mean of one against the rest. None where a class is absent."""
    classes = probabilities.shape[1]
    chosen = [1] if classes == 2 else range(classes)
    areas = [_rank_area(expected == index, probabilities[:, index]) for index in chosen]
    known = [one for one in areas if one is not None]
    return float(np.mean(known)) if len(known) == len(areas) else None


def _rank_area(positive: npt.NDArray[np.bool_], score: npt.NDArray[Any]) -> float | None:
    if positive.all() or not positive.any():
        return None
    return float(metrics.roc_auc_score(positive, score))


def _curve(name: str, positive: npt.NDArray[np.bool_], score: npt.NDArray[Any]) -> reports.RocCurve:
    if positive.all() or not positive.any():
        return reports.RocCurve(name=name)
    false_rate, true_rate, _ = metrics.roc_curve(positive, score)
    if len(false_rate) > _ROC_POINTS:
        kept = np.unique(np.linspace(0, len(false_rate) - 1, _ROC_POINTS).astype(int))
        false_rate, true_rate = false_rate[kept], true_rate[kept]
    return reports.RocCurve(
        name=name,
        false_positive_rate=tuple(false_rate.tolist()),
        true_positive_rate=tuple(true_rate.tolist()),
        auc=_rank_area(positive, score),
    )
