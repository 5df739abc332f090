"""Drawings as a data set, the modules that need torch, and what a learner is told to tell."""

from __future__ import annotations

import importlib
import pathlib
import types
from collections.abc import Callable
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from kolba.inference import bundles, images
from kolba.kit.testing import shapes
from kolba.ml_service.families import cnn, knn, logistic_regression, random_forest, registry
from kolba.ml_service.training import job, training
from kolba.ml_service.training.images import learning

FAMILIES = registry.Registry(
    [cnn.FAMILY, knn.FAMILY, logistic_regression.FAMILY, random_forest.FAMILY]
)
QUICK = {"channels": 2, "epochs": 3, "batch_size": 16}


class Kept:
    """Checkpoints in memory. `after`: break off once so many are kept, as a killed worker does."""

    class BrokenOff(Exception):
        pass

    def __init__(self, earlier: bytes | None = None, after: int | None = None) -> None:
        self.earlier = earlier
        self.contents: list[bytes] = []
        self._after = after

    def load(self) -> bytes | None:
        return self.earlier

    def save(self, content: bytes) -> None:
        self.contents.append(content)
        if len(self.contents) == self._after:
            raise self.BrokenOff


@pytest.fixture(scope="session")
def deep(needs_torch: None) -> types.SimpleNamespace:
    """The modules that import torch, and torch."""
    names = (
        "checkpoints", "convolutional", "export", "loop", "network", "optimizer", "runtime",
        "shifting", "tensors",
    )  # fmt: skip
    place = "kolba.ml_service.training.images"
    modules = {name: importlib.import_module(f"{place}.{name}") for name in names}
    modules["runtime"].prepare(1)
    return types.SimpleNamespace(torch=importlib.import_module("torch"), **modules)


@pytest.fixture(scope="session")
def drawings() -> tuple[np.ndarray, np.ndarray]:
    pictures, labels = shapes.draw(160)
    return pictures, labels


@pytest.fixture
def image_table(drawings: tuple[np.ndarray, np.ndarray]) -> pa.Table:
    pictures, labels = drawings
    files = [images.to_png(one) for one in pictures]
    return pa.table({"image": pa.array(files, pa.binary()), "label": labels})


@pytest.fixture
def learnable(drawings: tuple[np.ndarray, np.ndarray]) -> learning.Data:
    pictures, labels = drawings
    pixels = pictures.reshape(-1, 784)
    return learning.Data(
        pixels=pixels[:128],
        labels=labels[:128],
        validation_pixels=pixels[128:],
        validation_labels=labels[128:],
    )


@pytest.fixture
def ask() -> Callable[..., job.Job]:
    def make(family: str = "CNN", **changes: Any) -> job.Job:
        info = job.DatasetInfo(
            id=1,
            name="drawings",
            version=1,
            rows=160,
            size_bytes=1000,
            sha256="0" * 64,
            created_at="2026-01-01T00:00:00Z",
        )
        given = {
            "dataset": info,
            "family": family,
            "hyperparameters": QUICK if family == "CNN" else {},
            "target": "label",
        }
        return job.Job(**{**given, **changes})

    return make


@pytest.fixture
def train_images(tmp_path: pathlib.Path, heard: Any) -> Callable[..., bundles.Bundle]:
    def run(
        table: pa.Table, request: job.Job, checkpoints: learning.Checkpoints | None = None
    ) -> bundles.Bundle:
        path = tmp_path / "images.parquet"
        pq.write_table(table, path)
        return training.train(request, path, FAMILIES, heard, checkpoints)

    return run


@pytest.fixture
def keep() -> type[Kept]:
    return Kept
