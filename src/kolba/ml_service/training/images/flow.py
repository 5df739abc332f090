"""A whole training on images: read, divide, learn, export, prove, measure, bundle."""

from __future__ import annotations

import dataclasses
import pathlib
import pkgutil
from typing import Any

import numpy as np

from kolba.contracts import reports, summaries
from kolba.inference import bundles
from kolba.inference import errors as inference_errors
from kolba.kit import text
from kolba.ml_service.families import family, registry
from kolba.ml_service.training import assembly, errors, job
from kolba.ml_service.training.images import data, learning, squares

TASK: family.Task = "image-classification"


def train(
    request: job.Job,
    path: pathlib.Path,
    chosen: family.Family,
    progress: assembly.Progress,
    checkpoints: learning.Checkpoints,
) -> bundles.Bundle:
    """Train what `request` asks for on the Parquet file at `path`, which has an image column.

    The same request, data and threads give the same bundle, byte for byte (on one processor architecture). Raises
    `kit.errors.KolbaError` subclasses for what the person can change, `errors.ParityBroken` for a graph that disagrees.
    """
    used = registry.complete(chosen, request.hyperparameters, task=TASK)
    learner = learner_of(chosen)
    progress.progress(0.02, text.Text("reading the images", "читаю изображения"))
    whole = data.read(path, request)
    split = data.divide(whole, request)
    progress.progress(learning.BEGIN, _divided(split))
    learned = learner(
        learning.Task(
            data=learnable(whole, split),
            classes=len(whole.signature.classes),
            hyperparameters=used,
            seed=request.seed,
            threads=request.threads,
            identity={"dataset": request.dataset.sha256, "job": _told(request)},
            progress=progress,
            checkpoints=checkpoints,
        )
    )
    proven = prove(learned, whole, split, request, progress)
    summary = summaries.Summary(
        **measure(proven, whole, split, request, progress),
        data=assembly.data_part(whole, request.dataset, request.target),
        split=split_part(split, request),
        hyperparameters=assembly.hyperparameters(
            used, registry.complete(chosen, {}, task=TASK), request.hyperparameters
        ),
        seeds=dict.fromkeys(("split", "estimator", "importance"), request.seed),
        libraries=assembly.versions(**learned.libraries),
        digests=assembly.digests(request.dataset.sha256, proven.graph),
        warnings=learned.warnings,
    )
    return bundle(learned, proven, summary, whole, split)


def learner_of(chosen: family.Family) -> learning.Learner:
    """Import what the family learns images with. Raises `errors.LibraryMissing`."""
    try:
        learner: learning.Learner = pkgutil.resolve_name(chosen.image_learner)
    except ModuleNotFoundError as error:
        if (error.name or "").partition(".")[0] == "kolba":
            raise
        raise errors.LibraryMissing(family=chosen.name, library=error.name or "?") from error
    return learner


def learnable(whole: data.Images, split: data.Split) -> learning.Data:
    return learning.Data(
        pixels=whole.pixels[split.train],
        labels=whole.labels[split.train],
        validation_pixels=whole.pixels[split.validation],
        validation_labels=whole.labels[split.validation],
    )


def prove(
    learned: learning.Learned,
    whole: data.Images,
    split: data.Split,
    request: job.Job,
    progress: assembly.Progress,
) -> assembly.Proven:
    """Compare the graph with what was learned, on every held-out image."""
    progress.progress(learning.END, text.Text("exporting and comparing", "выгружаю и сверяю"))
    return assembly.prove(
        learned.graph,
        learned.estimator,
        dataclasses.replace(whole.signature, rows_per_run=learned.rows_per_run),
        data.ink(whole.pixels[split.held_out]),
        tolerance=learned.tolerance,
        threads=request.threads,
    )


def measure(
    proven: assembly.Proven,
    whole: data.Images,
    split: data.Split,
    request: job.Job,
    progress: assembly.Progress,
) -> dict[str, Any]:
    """The figures of a summary, on the held-out images; the accuracy is told."""
    progress.progress(
        0.92, text.Text("measuring on the held-out images", "измеряю на отложенных изображениях")
    )
    expected = whole.labels[split.held_out]
    figures = assembly.measure(proven, expected)
    progress.metric(
        "test_accuracy",
        figures["metrics"]["accuracy"],
        step=0,
        message=assembly.result_line(figures["metrics"]),
    )
    chosen = squares.some(len(expected), request.seed)
    held_out = split.held_out[chosen]
    return {
        **figures,
        "importance": squares.importance(
            proven.session,
            data.ink(whole.pixels[held_out]),
            whole.labels[held_out],
            repeats=request.rules.importance_repeats,
            seed=request.seed,
        ),
    }


def split_part(split: data.Split, request: job.Job) -> reports.SplitPart:
    return reports.SplitPart(
        train_rows=len(split.train) + len(split.validation),
        held_out_rows=len(split.held_out),
        seed=None if split.is_given else request.seed,
        stratified=not split.is_given,
    )


def bundle(
    learned: learning.Learned,
    proven: assembly.Proven,
    summary: summaries.Summary,
    whole: data.Images,
    split: data.Split,
) -> bundles.Bundle:
    return bundles.Bundle(
        graph=proven.graph,
        signature=proven.signature,
        metrics=summary.model_dump(mode="json"),
        reference=reference(whole, split),
        weights=learned.weights,
    )


def reference(whole: data.Images, split: data.Split) -> dict[str, Any]:
    """How much ink the training images have: their share of it, and how it spreads."""
    shares = np.sort(whole.pixels[split.train].mean(axis=1) / 255)
    return {
        "rows": len(split.train),
        "columns": {
            "image": {
                "kind": "image",
                "missing": 0,
                "mean": float(shares.mean()),
                "standard_deviation": float(shares.std()),
                "deciles": np.quantile(shares, np.linspace(0, 1, 11)).tolist(),
            }
        },
    }


def _told(request: job.Job) -> dict[str, Any]:
    """All of the job that the weights depend on."""
    return {
        "family": request.family,
        "hyperparameters": request.hyperparameters,
        "target": request.target,
        "features": list(request.features or ()),
        "seed": request.seed,
        "test_size": request.test_size,
    }


def _divided(split: data.Split) -> text.Text:
    return inference_errors.message(
        "{train} images to learn from, {validation} to choose the best epoch by, {held_out} held out",
        "изображений для обучения: {train}, для выбора лучшей эпохи: {validation}, отложено: {held_out}",
        train=len(split.train),
        validation=len(split.validation),
        held_out=len(split.held_out),
    )
