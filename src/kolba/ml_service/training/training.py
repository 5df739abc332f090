"""A whole training: read, cross-validate, fit, export, prove, measure, bundle."""

from __future__ import annotations

import dataclasses
import pathlib
import pkgutil
import warnings
from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt
from sklearn import model_selection

from kolba.contracts import reports, summaries
from kolba.inference import bundles
from kolba.inference import errors as inference_errors
from kolba.kit import text
from kolba.ml_service.families import family, registry
from kolba.ml_service.families.estimators import decision
from kolba.ml_service.training import (
    assembly,
    errors,
    evaluation,
    export,
    job,
    noticing,
    reference,
    table,
    tasks,
)
from kolba.ml_service.training.images import data as image_data
from kolba.ml_service.training.images import flow, learning


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Split:
    train: npt.NDArray[np.int64]
    held_out: npt.NDArray[np.int64]


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class _Fitted:
    estimator: Any
    scores: list[float]
    """Of the folds."""
    warnings: tuple[str, ...]


def train(
    request: job.Job,
    data: pathlib.Path,
    families: registry.Registry,
    progress: assembly.Progress,
    checkpoints: learning.Checkpoints | None = None,
) -> bundles.Bundle:
    """Train what `request` asks for on the Parquet file `data`: on its images, where the family can and it has some.

    The same request and data give the same bundle, byte for byte (on one processor architecture). Raises
    `kit.errors.KolbaError` subclasses for what the person can change, `errors.ParityBroken` for a graph that disagrees.
    """
    chosen = families.find(request.family)
    if tasks.of(chosen, has_images=image_data.has_images(data, request.features)) == flow.TASK:
        return flow.train(request, data, chosen, progress, checkpoints or learning.NoCheckpoints())
    return _train_on_table(request, data, chosen, progress)


def prepare(request: job.Job, families: registry.Registry) -> None:
    """Import what only this training needs. Raises `errors.LibraryMissing`."""
    chosen = families.find(request.family)
    if chosen.image_learner:
        flow.learner_of(chosen)


def _train_on_table(
    request: job.Job, data: pathlib.Path, chosen: family.Family, progress: assembly.Progress
) -> bundles.Bundle:
    hyperparameters = registry.complete(chosen, request.hyperparameters)
    progress.progress(0.02, text.Text("reading the data set", "читаю набор данных"))
    whole = table.read(data, request, chosen.number_type)
    split = _split(whole, request)
    _check_enough_rows(chosen, hyperparameters, len(split.train), request)
    build = _builder(chosen, hyperparameters, whole.layout, request.seed)
    fitted = _fit(build, whole, split, request, progress)
    progress.progress(0.85, text.Text("exporting and comparing", "выгружаю и сверяю"))
    proven = _prove(fitted.estimator, chosen, whole, split)
    progress.progress(
        0.92, text.Text("measuring on the held-out rows", "измеряю на отложенных строках")
    )
    measured = _measure(proven, whole, split, request)
    progress.metric(
        "accuracy",
        measured["metrics"]["accuracy"],
        step=0,
        message=assembly.result_line(measured["metrics"]),
    )
    summary = summaries.Summary(
        **measured,
        data=assembly.data_part(whole, request.dataset, request.target),
        split=reports.SplitPart(
            train_rows=len(split.train),
            held_out_rows=len(split.held_out),
            seed=request.seed,
            stratified=True,
        ),
        cross_validation=_cross_validation(fitted.scores, request),
        hyperparameters=assembly.hyperparameters(
            hyperparameters, registry.complete(chosen, {}), request.hyperparameters
        ),
        seeds=dict.fromkeys(("split", "cross_validation", "estimator", "importance"), request.seed),
        libraries=assembly.versions(),
        digests=assembly.digests(request.dataset.sha256, proven.graph),
        warnings=fitted.warnings,
    )
    return bundles.Bundle(
        graph=proven.graph,
        signature=proven.signature,
        metrics=summary.model_dump(mode="json"),
        reference=reference.statistics(whole.features[split.train], whole.signature.columns),
    )


def _split(whole: table.Table, request: job.Job) -> Split:
    train_rows, held_out = model_selection.train_test_split(
        np.arange(len(whole.labels)),
        test_size=request.test_size,
        stratify=whole.labels,
        random_state=request.seed,
    )
    return Split(train=train_rows, held_out=held_out)


def _check_enough_rows(
    chosen: family.Family, hyperparameters: dict[str, Any], rows: int, request: job.Job
) -> None:
    available = rows - rows // request.folds if request.folds > 1 else rows
    needed = chosen.least_rows(hyperparameters)
    if available < needed:
        raise errors.untrainable(
            "hyperparameters",
            "{family} with these hyperparameters needs {needed} training rows, a fold has {available}",
            "{family} с такими гиперпараметрами требует строк: {needed}, а в части их {available}",
            family=chosen.name,
            needed=needed,
            available=available,
        )


def _builder(
    chosen: family.Family, hyperparameters: dict[str, Any], layout: family.Layout, seed: int
) -> Callable[[], Any]:
    make: family.Builder = pkgutil.resolve_name(chosen.builder)
    return lambda: make(hyperparameters, layout, seed)


def _fit(
    build: Callable[[], Any],
    whole: table.Table,
    split: Split,
    request: job.Job,
    progress: assembly.Progress,
) -> _Fitted:
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        scores = _cross_validate(build, whole, split, request, progress)
        fitting = ("fitting on {rows} rows", "обучаю на {rows} строках")
        progress.progress(0.75, inference_errors.message(*fitting, rows=len(split.train)))
        estimator = build().fit(whole.features[split.train], whole.labels[split.train])
    return _Fitted(estimator=estimator, scores=scores, warnings=noticing.told(caught, progress))


def _prove(
    estimator: Any, chosen: family.Family, whole: table.Table, split: Split
) -> assembly.Proven:
    """Export, load as serving will, and compare on every held-out row."""
    graph = export.to_graph(
        estimator, columns=len(whole.signature.columns), number_type=chosen.number_type
    )
    bounded = dataclasses.replace(
        whole.signature, rows_per_run=_rows_per_run(chosen, len(split.train))
    )
    return assembly.prove(graph, estimator, bounded, whole.features[split.held_out])


def _cross_validate(
    build: Callable[[], Any],
    whole: table.Table,
    split: Split,
    request: job.Job,
    progress: assembly.Progress,
) -> list[float]:
    """Accuracy on each fold of the training rows; the held-out rows take no part."""
    if request.folds < 2:
        return []
    folds = model_selection.StratifiedKFold(
        n_splits=request.folds, shuffle=True, random_state=request.seed
    )
    features, labels = whole.features[split.train], whole.labels[split.train]
    scores: list[float] = []
    for number, (inside, outside) in enumerate(folds.split(features, labels), start=1):
        estimator = build().fit(features[inside], labels[inside])
        predicted = decision.labels(estimator.predict_proba(features[outside]))
        scores.append(float((predicted == labels[outside]).mean()))
        mean = float(np.mean(scores))
        message = inference_errors.message(
            "fold {number} of {folds}: accuracy {accuracy:.4f}, mean so far {mean:.4f}",
            "часть {number} из {folds}: точность {accuracy:.4f}, в среднем {mean:.4f}",
            number=number,
            folds=request.folds,
            accuracy=scores[-1],
            mean=mean,
        )
        progress.metric("cross_validation_accuracy", scores[-1], step=number, message=message)
        progress.progress(0.05 + 0.7 * number / request.folds, message)
    return scores


def _rows_per_run(chosen: family.Family, train_rows: int) -> int:
    """Neighbours compare every row with every training row: as many rows at once as make 32 MiB of distances."""
    if chosen.number_type == "float32":
        return 65_536
    return max(1, min(65_536, 4_194_304 // train_rows))


def _measure(
    proven: assembly.Proven, whole: table.Table, split: Split, request: job.Job
) -> dict[str, Any]:
    expected = whole.labels[split.held_out]
    limit = request.rules.importance_rows
    return {
        **assembly.measure(proven, expected),
        "importance": evaluation.importance(
            proven.session,
            whole.features[split.held_out][:limit],
            expected[:limit],
            [column.name for column in whole.signature.columns],
            repeats=request.rules.importance_repeats,
            seed=request.seed,
        ),
    }


def _cross_validation(scores: list[float], request: job.Job) -> reports.CrossValidation | None:
    if not scores:
        return None
    return reports.CrossValidation(
        metric="accuracy", scores=tuple(scores), seed=request.seed, stratified=True
    )
