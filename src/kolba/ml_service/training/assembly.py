"""What every training does at its end: prove that the graph answers as its estimator, measure it, tell of it."""

from __future__ import annotations

import dataclasses
import importlib.metadata
import platform
from collections.abc import Iterable, Mapping
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from kolba.contracts import reports
from kolba.inference import bundles, decoding, signature
from kolba.inference import errors as inference_errors
from kolba.inference.sessions import onnx, protocol
from kolba.kit import text
from kolba.ml_service.training import evaluation, export, job, table

LIBRARIES = ("numpy", "onnx", "onnxruntime", "pyarrow", "scikit-learn", "skl2onnx")


class Progress(Protocol):
    """Where a training says how far it is."""

    def progress(self, fraction: float, message: text.Text) -> None: ...

    def metric(self, name: str, value: float, *, step: int, message: text.Text) -> None: ...

    def log(self, message: str) -> None: ...


class Read(Protocol):
    """A data set as it was read."""

    @property
    def labels(self) -> npt.NDArray[np.int64]: ...

    @property
    def described(self) -> tuple[reports.ColumnPart, ...]: ...

    @property
    def dropped(self) -> tuple[reports.DroppedColumn, ...]: ...

    @property
    def class_counts(self) -> tuple[reports.ValueCount, ...]: ...


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Proven:
    """A graph that answers as its estimator does."""

    graph: bytes
    signature: signature.Signature
    session: protocol.Session
    answer: protocol.Answer
    """On the held-out rows."""
    parity: export.Parity
    tolerance: float


def prove(
    graph: bytes,
    estimator: Any,
    bounded: signature.Signature,
    features: decoding.Features,
    *,
    tolerance: float = export.TOLERANCE,
    threads: int = 1,
) -> Proven:
    """Load the graph as serving will, and compare it with its estimator on every held-out row.

    Raises `errors.ParityBroken`.
    """
    session = onnx.OnnxSession(graph, rows_per_run=bounded.rows_per_run, threads=threads)
    answer, parity = export.compare(session, estimator, features, tolerance=tolerance)
    return Proven(
        graph=graph,
        signature=bounded,
        session=session,
        answer=answer,
        parity=parity,
        tolerance=tolerance,
    )


def measure(proven: Proven, expected: evaluation.Labels) -> dict[str, Any]:
    """The parts of a summary that follow from the answers on the held-out rows."""
    names = [table.class_name(one) for one in proven.signature.classes]
    matrix = evaluation.confusion(expected, proven.answer.labels, len(names))
    return {
        "parity": reports.ParityPart(
            rows=proven.parity.rows,
            max_difference=proven.parity.max_difference,
            tolerance=proven.tolerance,
            labels_agree=True,
        ),
        "metrics": evaluation.scores(matrix, expected, proven.answer.probabilities),
        "classification": evaluation.classification(matrix, names),
        "confusion": reports.ConfusionMatrix(
            labels=tuple(names), counts=tuple(map(tuple, matrix.tolist()))
        ),
        "roc": evaluation.roc(expected, proven.answer.probabilities, names),
    }


def versions(**others: str) -> dict[str, str]:
    """Of everything that shapes the result."""
    return {
        "python": platform.python_version(),
        **{name: importlib.metadata.version(name) for name in LIBRARIES},
        **others,
    }


def data_part(whole: Read, info: job.DatasetInfo, target: str) -> reports.DataPart:
    """The data set, its size and character."""
    return reports.DataPart(
        id=info.id,
        name=info.name,
        version=info.version,
        source=info.source,
        created=info.created_at,
        rows=len(whole.labels),
        size_bytes=info.size_bytes,
        sha256=info.sha256,
        target=target,
        columns=whole.described,
        dropped=whole.dropped,
        classes=whole.class_counts,
    )


def hyperparameters(
    used: Mapping[str, Any], defaults: Mapping[str, Any], given: Iterable[str]
) -> tuple[reports.Hyperparameter, ...]:
    """Each with its default, and whether the person gave it."""
    named = frozenset(given)
    return tuple(
        reports.Hyperparameter(name=name, value=value, default=defaults[name], given=name in named)
        for name, value in used.items()
    )


def digests(dataset_sha256: str, graph: bytes) -> tuple[reports.Digest, ...]:
    """What a reader can check."""
    return (
        reports.Digest(name="dataset", value=dataset_sha256),
        reports.Digest(name="onnx", value=bundles.digest(graph)),
    )


def result_line(figures: Mapping[str, float | None]) -> text.Text:
    return inference_errors.message(
        "held-out accuracy {accuracy:.4f}, macro F1 {f1_macro:.4f}",
        "точность на отложенных {accuracy:.4f}, макро-F1 {f1_macro:.4f}",
        **figures,
    )
