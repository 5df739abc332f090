"""What a fine-tuning takes from its parent's bundle, and from nowhere else."""

from __future__ import annotations

import dataclasses
import pathlib

import numpy as np
import numpy.typing as npt
import pyarrow.parquet as pq
import pydantic

from kolba.contracts import reports, summaries
from kolba.inference import bundles
from kolba.inference import errors as inference_errors
from kolba.inference.sessions import onnx
from kolba.ml_service.training import columns, evaluation, job
from kolba.ml_service.training.finetuning import checking
from kolba.ml_service.training.finetuning import job as tuning
from kolba.ml_service.training.images import data


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Parent:
    bundle: bundles.Bundle
    weights: bytes
    summary: summaries.Summary

    def labels(self, pixels: npt.NDArray[np.uint8], *, threads: int) -> evaluation.Labels:
        """Its answers `[N]` to images `[N, 784]`, by its graph: as it answers in production."""
        if not len(pixels):
            return np.zeros(0, np.int64)
        signature = self.bundle.signature
        session = onnx.OnnxSession(
            self.bundle.graph, rows_per_run=signature.rows_per_run, threads=threads
        )
        return session.run(data.ink(pixels)).labels


def read(path: pathlib.Path, asked: tuning.Parent) -> Parent:
    """Raises `inference.errors.BadBundle`, and `errors.Untrainable` where training cannot go on from it."""
    bundle = bundles.read(path.read_bytes(), sha256=asked.sha256)
    checking.check_parent(bundle, asked.version)
    assert bundle.weights is not None
    try:
        summary = summaries.Summary.model_validate(bundle.metrics)
    except pydantic.ValidationError as error:
        raise inference_errors.BadBundle(
            reason=f"its summary cannot be read ({error.error_count()} faults)"
        ) from None
    return Parent(bundle=bundle, weights=bundle.weights, summary=summary)


def base_job(parent: Parent, asked: tuning.Job, path: pathlib.Path) -> job.Job:
    """How the parent's data set was read and divided: the images held out then are held out now."""
    summary, signature = parent.summary, parent.bundle.signature
    names = pq.read_schema(path).names
    left = {*signature.ignored, signature.target}
    return job.Job(
        dataset=asked.base,
        family=asked.family,
        hyperparameters={},
        target=signature.target,
        features=tuple(name for name in names if name not in left),
        seed=_split_seed(summary),
        test_size=summary.split.held_out_rows,
        rules=asked.rules,
        threads=asked.threads,
    )


def new_job(base: job.Job, asked: tuning.Job, path: pathlib.Path) -> job.Job:
    """How the new data set is read: where it has several image columns, the one that the parent's has."""
    schema = pq.read_schema(path)
    found = {one.name for one in schema if columns.is_image(one.type)}
    named = found & set(base.features or ())
    features = tuple(named) if len(found) > 1 and named else None
    return dataclasses.replace(base, dataset=asked.new, features=features)


def check_split(summary: summaries.Summary, split: reports.SplitPart) -> None:
    """Raises `inference.errors.BadBundle` where the data set was divided otherwise than the parent says."""
    if split.held_out_rows != summary.split.held_out_rows:
        raise inference_errors.BadBundle(
            reason=f"it names {summary.split.held_out_rows} held-out images, there are {split.held_out_rows}"
        )


def _split_seed(summary: summaries.Summary) -> int:
    return summary.seeds.get("split", 0) if summary.split.seed is None else summary.split.seed
