"""A whole fine-tuning: read the parent and both data sets, mix, tune, export, prove, compare, bundle."""

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
from kolba.ml_service.training.finetuning import dividing, gate, learning, mixing, parents
from kolba.ml_service.training.finetuning import job as tuning
from kolba.ml_service.training.images import data
from kolba.ml_service.training.images import flow as images
from kolba.ml_service.training.images import learning as image_learning


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Files:
    """Where what a fine-tuning reads lies."""

    parent: pathlib.Path
    """A bundle."""
    base: pathlib.Path
    """The parent's data set, as Parquet."""
    new: pathlib.Path
    """The new one."""


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class _Read:
    parent: parents.Parent
    request: job.Job
    """How the parent's data set was read and divided."""
    base: data.Images
    split: data.Split
    new: data.Images
    divided: dividing.Divided


def fine_tune(
    asked: tuning.Job,
    files: Files,
    families: registry.Registry,
    progress: assembly.Progress,
    checkpoints: image_learning.Checkpoints,
) -> bundles.Bundle:
    """Go on training from the parent's weights; the gate's decision is in the summary.

    The same job, data and threads give the same bundle, byte for byte (on one processor architecture). Raises
    `kit.errors.KolbaError` subclasses for what the person can change.
    """
    chosen = families.find(asked.family)
    used = registry.complete_tuning(chosen, asked.hyperparameters)
    tuner = _tuner(chosen)
    read = _read(asked, files, progress)
    mix = _mix(read, used, progress)
    learned = tuner(_task(asked, read, mix, used, progress=progress, checkpoints=checkpoints))
    proven = images.prove(learned, read.base, read.split, read.request, progress)
    summary = summaries.Summary(
        **images.measure(proven, read.base, read.split, read.request, progress),
        data=assembly.data_part(read.base, asked.base, read.request.target),
        split=images.split_part(read.split, read.request),
        hyperparameters=assembly.hyperparameters(
            used, registry.complete_tuning(chosen, {}), asked.hyperparameters
        ),
        lineage=_lineage(asked, read, mix),
        gate=_gate(asked, read, proven, progress),
        seeds={
            "split": read.request.seed,
            "estimator": asked.seed,
            "importance": read.request.seed,
        },
        libraries=assembly.versions(**learned.libraries),
        digests=_digests(asked, proven),
        warnings=learned.warnings,
    )
    return images.bundle(learned, proven, summary, read.base, read.split)


def prepare(asked: tuning.Job, families: registry.Registry) -> None:
    """Import what only this run needs. Raises `errors.LibraryMissing`."""
    _tuner(families.find(asked.family))


def _tuner(chosen: family.Family) -> learning.Tuner:
    """Import what the family is tuned with. Raises `errors.LibraryMissing`."""
    try:
        tuner: learning.Tuner = pkgutil.resolve_name(chosen.fine_tuner)
    except ModuleNotFoundError as error:
        if (error.name or "").partition(".")[0] == "kolba":
            raise
        raise errors.LibraryMissing(family=chosen.name, library=error.name or "?") from error
    return tuner


def _read(asked: tuning.Job, files: Files, progress: assembly.Progress) -> _Read:
    progress.progress(0.02, text.Text("reading the images", "читаю изображения"))
    parent = parents.read(files.parent, asked.parent)
    request = parents.base_job(parent, asked, files.base)
    classes = parent.bundle.signature.classes
    new = data.read(files.new, parents.new_job(request, asked, files.new), classes=classes)
    base = data.read(files.base, request, classes=classes)
    split = data.divide(base, request)
    parents.check_split(parent.summary, images.split_part(split, request))
    divided = dividing.divide(new.pixels, base.pixels, is_test=new.is_test)
    if not len(divided.learned):
        raise errors.untrainable(
            "dataset_id",
            "there is nothing new to learn: of {rows} images {known} are in the parent's data set already, and "
            "{held_out} are held out. Add more images",
            "учить нечего: изображений {rows}, из них уже есть в наборе данных исходной версии: {known}, отложено: "
            "{held_out}. Добавьте изображения",
            rows=len(new.labels),
            known=len(divided.passed_over),
            held_out=len(divided.held_out),
        )
    return _Read(parent=parent, request=request, base=base, split=split, new=new, divided=divided)


def _mix(read: _Read, used: dict[str, Any], progress: assembly.Progress) -> mixing.Mix:
    found = mixing.mix(
        new=len(read.divided.learned), old=len(read.split.train), share=used["replay"]
    )
    message = inference_errors.message(
        "{new} new images to learn from, {held_out} held out; {replayed} old ones mixed into each epoch",
        "новых изображений для обучения: {new}, отложено: {held_out}; прежних в каждой эпохе: {replayed}",
        new=found.new,
        held_out=len(read.divided.held_out),
        replayed=found.replayed,
    )
    progress.progress(image_learning.BEGIN, message)
    return found


def _task(
    asked: tuning.Job,
    read: _Read,
    mix: mixing.Mix,
    used: dict[str, Any],
    *,
    progress: assembly.Progress,
    checkpoints: image_learning.Checkpoints,
) -> learning.Task:
    return learning.Task(
        weights=read.parent.weights,
        data=_learnable(read),
        mix=mix,
        hyperparameters=used,
        seed=asked.seed,
        threads=asked.threads,
        identity={
            "parent": asked.parent.sha256,
            "base": asked.base.sha256,
            "new": asked.new.sha256,
            "replay": used["replay"],
        },
        progress=progress,
        checkpoints=checkpoints,
    )


def _learnable(read: _Read) -> image_learning.Data:
    """Old images, then new. The best epoch is chosen by old ones that are not learned from together with the new ones:
    a new image counts as much as an old one, so neither what is new is passed over nor what was known."""
    base, split, new = read.base, read.split, read.new
    rows = read.divided.learned
    return image_learning.Data(
        pixels=np.concatenate([base.pixels[split.train], new.pixels[rows]]),
        labels=np.concatenate([base.labels[split.train], new.labels[rows]]),
        validation_pixels=np.concatenate([base.pixels[split.validation], new.pixels[rows]]),
        validation_labels=np.concatenate([base.labels[split.validation], new.labels[rows]]),
    )


def _gate(
    asked: tuning.Job, read: _Read, proven: assembly.Proven, progress: assembly.Progress
) -> reports.GatePart:
    """Compare both on the images held out of the parent's data set, and tell how they do on new ones."""
    progress.progress(0.96, text.Text("comparing with the parent", "сравниваю с исходной версией"))
    held_out = read.split.held_out
    parent = read.parent.labels(read.base.pixels[held_out], threads=asked.threads)
    decision = gate.decide(
        gate.compare(read.base.labels[held_out], parent, proven.answer.labels),
        asked.gate,
        new=_on_new(asked, read, proven),
    )
    message = inference_errors.message(
        "the parent answers {parent} of {images} rightly, this version {candidate}: p = {p:.4f}; the gate {verdict}",
        "исходная версия верно отвечает на {parent} из {images}, эта — на {candidate}: p = {p:.4f}; проверка {verdict}",
        parent=decision.compared.parent_correct,
        candidate=decision.compared.candidate_correct,
        images=decision.compared.images,
        p=decision.p_value,
        verdict=text.Text("lets it pass", "пройдена")
        if decision.passed
        else text.Text("holds it back", "не пройдена"),
    )
    progress.metric("gate_p_value", decision.p_value, step=0, message=message)
    return decision


def _on_new(asked: tuning.Job, read: _Read, proven: assembly.Proven) -> reports.Comparison | None:
    rows = read.divided.held_out
    if not len(rows):
        return None
    pixels = read.new.pixels[rows]
    return gate.compare(
        read.new.labels[rows],
        read.parent.labels(pixels, threads=asked.threads),
        proven.session.run(data.ink(pixels)).labels,
    )


def _lineage(asked: tuning.Job, read: _Read, mix: mixing.Mix) -> reports.LineagePart:
    return reports.LineagePart(
        parent_model_id=asked.parent.id,
        parent_name=asked.parent.name,
        parent_version=asked.parent.version,
        parent_sha256=asked.parent.sha256,
        data=reports.DataReference(
            id=asked.new.id,
            name=asked.new.name,
            version=asked.new.version,
            rows=len(read.new.labels),
            sha256=asked.new.sha256,
        ),
        learned=len(read.divided.learned),
        held_out=len(read.divided.held_out),
        passed_over=len(read.divided.passed_over),
        replayed=mix.replayed,
    )


def _digests(asked: tuning.Job, proven: assembly.Proven) -> tuple[reports.Digest, ...]:
    return (
        *assembly.digests(asked.base.sha256, proven.graph),
        reports.Digest(name="new_data", value=asked.new.sha256),
        reports.Digest(name="parent", value=asked.parent.sha256),
    )
