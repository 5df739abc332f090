"""What a run's own process does: a directory in, a directory out, events through a pipe. No network."""

from __future__ import annotations

import contextlib
import io
import os
import pathlib
import resource
import sys
import tempfile
import traceback
from typing import Any, cast

import orjson
import pyarrow as pa
import pyarrow.parquet as pq

from kolba.inference import bundles
from kolba.kit import errors as kit_errors
from kolba.kit import text
from kolba.ml_service.families import registry
from kolba.ml_service.predicting import batch, jobs, request
from kolba.ml_service.training import job, training
from kolba.ml_service.training.finetuning import flow as finetuning
from kolba.ml_service.training.finetuning import job as tuning
from kolba.ml_service.worker import errors, places

_DONE, _REFUSED, _BROKEN = 0, 1, 70


class PipeProgress:
    """Writes events as JSON lines. A worker that is gone ends the run: nobody waits for it."""

    def __init__(self, descriptor: int, language: text.Language) -> None:
        self._pipe = io.FileIO(descriptor, "w")
        self._language = language

    def progress(
        self, fraction: float, message: text.Text, data: dict[str, Any] | None = None
    ) -> None:
        spoken = message.render(self._language)
        event = {"type": "progress", "fraction": round(fraction, 4), "message": spoken}
        self._write(event if data is None else {**event, "data": data})

    def metric(self, name: str, value: float, *, step: int, message: text.Text) -> None:
        data = {"name": name, "value": value, "step": step}
        self._write({"type": "metric", "message": message.render(self._language), "data": data})

    def log(self, message: str) -> None:
        self._write({"type": "log", "message": message})

    def checkpoint(self) -> None:
        """There is a new one."""
        self._write({"type": "checkpoint"})

    def _write(self, event: dict[str, Any]) -> None:
        self._pipe.write(orjson.dumps(event) + b"\n")


class PlaceCheckpoints:
    """In the run's directory, from which the worker hands them on."""

    def __init__(self, place: places.RunDirectory, told: PipeProgress) -> None:
        self._place = place
        self._told = told

    def load(self) -> bytes | None:
        """What an earlier attempt has left."""
        return self._place.earlier.read_bytes() if self._place.earlier.exists() else None

    def save(self, content: bytes) -> None:
        """Renamed into its place, so that the worker never sees half of one."""
        beside = self._place.checkpoint.with_suffix(".new")
        beside.write_bytes(content)
        beside.replace(self._place.checkpoint)
        self._told.checkpoint()


def run(directory: str, events: int, *, max_bytes: int, language: str) -> int:
    """Do what lies in `directory` to be done; leave the result, or `problem.json` with the reason. The exit code."""
    place = places.RunDirectory(pathlib.Path(directory))
    with place.output.open("w") as output:
        os.dup2(output.fileno(), 1)
        os.dup2(output.fileno(), 2)
    spoken = cast(text.Language, language)
    try:
        _prepare(place)
        if not _computes_elsewhere():
            _limit_memory(max_bytes)
        _work(place, PipeProgress(events, spoken))
    except kit_errors.KolbaError as error:
        return _refuse(place, error, spoken)
    except (MemoryError, pa.ArrowMemoryError):
        return _refuse(place, errors.OutOfMemory(limit_bytes=max_bytes), spoken)
    except Exception:
        traceback.print_exc()
        sys.stderr.flush()
        return _BROKEN
    return _DONE


def _prepare(place: places.RunDirectory) -> None:
    """Load what the nursery does not have, before memory is limited: libraries map far more than they use.

    Raises `training.errors.LibraryMissing`.
    """
    if place.tuning.exists():
        finetuning.prepare(tuning.load(place.tuning), registry.Registry.installed())
    elif place.job.exists():
        training.prepare(job.load(place.job), registry.Registry.installed())


def _work(place: places.RunDirectory, told: PipeProgress) -> None:
    if place.batch.exists():
        outcome = batch.predict(
            jobs.load_batch(place.batch),
            data=place.data,
            bundle=place.bundle,
            target=place.answers,
            told=told,
        )
        place.outcome.write_bytes(orjson.dumps(outcome))
    elif place.request.exists():
        answered = request.answer(jobs.load_request(place.request), place.bundle)
        place.outcome.write_bytes(orjson.dumps(answered))
    elif place.tuning.exists():
        files = finetuning.Files(parent=place.parent, base=place.base, new=place.data)
        families = registry.Registry.installed()
        checkpoints = PlaceCheckpoints(place, told)
        asked = tuning.load(place.tuning)
        bundle = finetuning.fine_tune(asked, files, families, told, checkpoints)
        place.bundle.write_bytes(bundles.write(bundle))
    else:
        families = registry.Registry.installed()
        checkpoints = PlaceCheckpoints(place, told)
        bundle = training.train(job.load(place.job), place.data, families, told, checkpoints)
        place.bundle.write_bytes(bundles.write(bundle))


def _refuse(
    place: places.RunDirectory, error: kit_errors.KolbaError, language: text.Language
) -> int:
    place.problem.write_bytes(orjson.dumps(error.problem(language), default=str))
    return _REFUSED


def _computes_elsewhere() -> bool:
    """Whether torch has a CUDA device: that maps the device's whole memory, so that no limit could be told from it."""
    torch = sys.modules.get("torch")
    return torch is not None and bool(torch.cuda.is_available())


def _limit_memory(max_bytes: int) -> None:
    """Bound the address space to what is mapped already and `max_bytes` more; leave no core file."""
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    with contextlib.suppress(OSError, ValueError):
        pages = int(pathlib.Path("/proc/self/statm").read_text().split()[0])
        limit = pages * resource.getpagesize() + max_bytes
        resource.setrlimit(resource.RLIMIT_AS, (limit, limit))


def warm_up() -> None:
    """Train a tiny model, so that everything that is loaded or prepared on first use is there before the fork."""
    count = 40
    table = pa.table(
        {
            "x": [float(number % 7) for number in range(count)],
            "c": ["ab"[number % 2] for number in range(count)],
            "y": [number % 3 % 2 for number in range(count)],
        }
    )
    info = job.DatasetInfo(
        id=0,
        name="warm-up",
        version=1,
        rows=count,
        size_bytes=0,
        sha256="",
        created_at="2000-01-01T00:00:00Z",
    )
    with tempfile.TemporaryDirectory() as folder, pathlib.Path(os.devnull).open("wb") as nowhere:
        path = pathlib.Path(folder) / "data.parquet"
        pq.write_table(table, path)
        families = registry.Registry.installed()
        for family in families.all():
            if not family.builder:
                continue
            hyperparameters = {"n_estimators": 2} if family.name == "RandomForest" else {}
            asked = job.Job(
                dataset=info,
                family=family.name,
                hyperparameters=hyperparameters,
                target="y",
                folds=2,
            )
            progress = PipeProgress(os.dup(nowhere.fileno()), "en")
            bundles.write(training.train(asked, path, families, progress))
