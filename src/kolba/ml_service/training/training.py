"""A whole training: read, cross-validate, fit, export, prove, measure, bundle."""

from __future__ import annotations

import dataclasses
import importlib.metadata
import pathlib
import pkgutil
import platform
import warnings
from collections.abc import Callable
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt
from sklearn import model_selection

from kolba.contracts import reports, summaries
from kolba.inference import bundles, signature
from kolba.inference import errors as inference_errors
from kolba.inference.sessions import onnx, protocol
from kolba.kit import text
from kolba.ml_service.families import family, registry
from kolba.ml_service.families.estimators import decision
from kolba.ml_service.training import errors, evaluation, export, job, reference, table

LIBRARIES = ("numpy", "onnx", "onnxruntime", "pyarrow", "scikit-learn", "skl2onnx")


class Progress(Protocol):
    """Where a training says how far it is."""

    def progress(self, fraction: float, message: text.Text) -> None: ...

    def metric(self, name: str, value: float, *, step: int, message: text.Text) -> None: ...

    def log(self, message: str) -> None: ...


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


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class _Proven:
    """A graph that answers as its estimator does."""

    graph: bytes
    signature: signature.Signature
    session: protocol.Session
    answer: protocol.Answer
    """On the held-out rows."""
    parity: export.Parity


def train(
    request: job.Job, data: pathlib.Path, families: registry.Registry, progress: Progress
) -> bundles.Bundle:
    """Train what `request` asks for on the Parquet file `data`.

    The same request and data give the same bundle, byte for byte (on one processor architecture). Raises
    `kit.errors.KolbaError` subclasses for what the person can change, `errors.ParityBroken` for a graph that disagrees.
    """
    chosen = families.find(request.family)
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
        message=_result_line(measured["metrics"]),
    )
    summary = summaries.Summary(
        **measured,
        data=_data(whole, request),
        split=reports.SplitPart(
            train_rows=len(split.train),
            held_out_rows=len(split.held_out),
            seed=request.seed,
            stratified=True,
        ),
        cross_validation=_cross_validation(fitted.scores, request),
        hyperparameters=_hyperparameters(chosen, hyperparameters, request),
        seeds=dict.fromkeys(("split", "cross_validation", "estimator", "importance"), request.seed),
        libraries=versions(),
        digests=_digests(request, proven.graph),
        warnings=fitted.warnings,
    )
    return bundles.Bundle(
        graph=proven.graph,
        signature=proven.signature,
        metrics=summary.model_dump(mode="json"),
        reference=reference.statistics(whole.features[split.train], whole.signature.columns),
    )


def versions() -> dict[str, str]:
    """Of everything that shapes the result."""
    return {
        "python": platform.python_version(),
        **{name: importlib.metadata.version(name) for name in LIBRARIES},
    }


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
    build: Callable[[], Any], whole: table.Table, split: Split, request: job.Job, progress: Progress
) -> _Fitted:
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        scores = _cross_validate(build, whole, split, request, progress)
        fitting = ("fitting on {rows} rows", "обучаю на {rows} строках")
        progress.progress(0.75, inference_errors.message(*fitting, rows=len(split.train)))
        estimator = build().fit(whole.features[split.train], whole.labels[split.train])
    return _Fitted(estimator=estimator, scores=scores, warnings=_noticed(caught, progress))


def _prove(estimator: Any, chosen: family.Family, whole: table.Table, split: Split) -> _Proven:
    """Export, load as serving will, and compare on every held-out row."""
    graph = export.to_graph(
        estimator, columns=len(whole.signature.columns), number_type=chosen.number_type
    )
    bounded = dataclasses.replace(
        whole.signature, rows_per_run=_rows_per_run(chosen, len(split.train))
    )
    session = onnx.OnnxSession(graph, rows_per_run=bounded.rows_per_run)
    answer, parity = export.compare(session, estimator, whole.features[split.held_out])
    return _Proven(graph=graph, signature=bounded, session=session, answer=answer, parity=parity)


def _cross_validate(
    build: Callable[[], Any], whole: table.Table, split: Split, request: job.Job, progress: Progress
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


def _noticed(caught: list[warnings.WarningMessage], progress: Progress) -> tuple[str, ...]:
    """What the libraries warned of, each once."""
    found = tuple(dict.fromkeys(f"{one.category.__name__}: {one.message}"[:500] for one in caught))[
        :50
    ]
    for message in found:
        progress.log(message)
    return found


def _rows_per_run(chosen: family.Family, train_rows: int) -> int:
    """Neighbours compare every row with every training row: as many rows at once as make 32 MiB of distances."""
    if chosen.number_type == "float32":
        return 65_536
    return max(1, min(65_536, 4_194_304 // train_rows))


def _measure(proven: _Proven, whole: table.Table, split: Split, request: job.Job) -> dict[str, Any]:
    names = [table.class_name(one) for one in whole.signature.classes]
    expected = whole.labels[split.held_out]
    matrix = evaluation.confusion(expected, proven.answer.labels, len(names))
    limit = request.rules.importance_rows
    return {
        "parity": reports.ParityPart(
            rows=proven.parity.rows,
            max_difference=proven.parity.max_difference,
            tolerance=export.TOLERANCE,
            labels_agree=True,
        ),
        "metrics": evaluation.scores(matrix, expected, proven.answer.probabilities),
        "classification": evaluation.classification(matrix, names),
        "confusion": reports.ConfusionMatrix(
            labels=tuple(names), counts=tuple(map(tuple, matrix.tolist()))
        ),
        "roc": evaluation.roc(expected, proven.answer.probabilities, names),
        "importance": evaluation.importance(
            proven.session,
            whole.features[split.held_out][:limit],
            expected[:limit],
            [column.name for column in whole.signature.columns],
            repeats=request.rules.importance_repeats,
            seed=request.seed,
        ),
    }


def _data(whole: table.Table, request: job.Job) -> reports.DataPart:
    info = request.dataset
    return reports.DataPart(
        id=info.id,
        name=info.name,
        version=info.version,
        source=info.source,
        created=info.created_at,
        rows=len(whole.labels),
        size_bytes=info.size_bytes,
        sha256=info.sha256,
        target=request.target,
        columns=whole.described,
        dropped=whole.dropped,
        classes=whole.class_counts,
    )


def _cross_validation(scores: list[float], request: job.Job) -> reports.CrossValidation | None:
    if not scores:
        return None
    return reports.CrossValidation(
        metric="accuracy", scores=tuple(scores), seed=request.seed, stratified=True
    )


def _hyperparameters(
    chosen: family.Family, used: dict[str, Any], request: job.Job
) -> tuple[reports.Hyperparameter, ...]:
    defaults = registry.complete(chosen, {})
    return tuple(
        reports.Hyperparameter(
            name=name, value=value, default=defaults[name], given=name in request.hyperparameters
        )
        for name, value in used.items()
    )


def _digests(request: job.Job, graph: bytes) -> tuple[reports.Digest, ...]:
    return (
        reports.Digest(name="dataset", value=request.dataset.sha256),
        reports.Digest(name="onnx", value=bundles.digest(graph)),
    )


def _result_line(figures: dict[str, float | None]) -> text.Text:
    return inference_errors.message(
        "held-out accuracy {accuracy:.4f}, macro F1 {f1_macro:.4f}",
        "точность на отложенных {accuracy:.4f}, макро-F1 {f1_macro:.4f}",
        **figures,
    )
