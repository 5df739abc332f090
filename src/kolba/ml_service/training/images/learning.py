"""What a learner of images is asked, and what it answers. Knows no library."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping
from typing import Any, Protocol, TypeAlias

import numpy as np
import numpy.typing as npt

from kolba.ml_service.training import assembly

Hyperparameters: TypeAlias = Mapping[str, Any]


class Checkpoints(Protocol):
    """Where a training that may be interrupted keeps what it goes on from."""

    def load(self) -> bytes | None:
        """What an earlier attempt has left."""
        ...

    def save(self, content: bytes) -> None:
        """Instead of what was kept before."""
        ...


class NoCheckpoints:
    """Nothing is kept, and every training begins anew."""

    def load(self) -> bytes | None:
        return None

    def save(self, content: bytes) -> None: ...


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Data:
    """What is learned from, and what the best epoch is chosen by."""

    pixels: npt.NDArray[np.uint8]
    """`[N, 784]`, 0 paper … 255 ink."""
    labels: npt.NDArray[np.int64]
    validation_pixels: npt.NDArray[np.uint8]
    validation_labels: npt.NDArray[np.int64]


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    data: Data
    classes: int
    hyperparameters: Hyperparameters
    """All of the family's."""
    seed: int
    threads: int
    identity: Mapping[str, Any]
    """Whatever else the result depends on; a checkpoint of another is not gone on from."""
    progress: assembly.Progress
    checkpoints: Checkpoints


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Learned:
    estimator: Any
    """`predict_proba`: `[N, 784]` float32, 0 paper … 1 ink → `[N, K]`."""
    graph: bytes
    tolerance: float
    """How far the graph may be from the estimator."""
    rows_per_run: int
    """How many images may go through the graph at once, so that memory stays bounded."""
    weights: bytes | None = None
    """What training can go on from, as safetensors."""
    libraries: Mapping[str, str] = dataclasses.field(default_factory=dict)
    warnings: tuple[str, ...] = ()


Learner = Callable[[Task], Learned]
"""A family names its own as `module:function`; the module is imported where it runs, and it alone may need a library
that is not always there."""
BEGIN, END = 0.12, 0.85
"""Shares of a run that learning takes."""
