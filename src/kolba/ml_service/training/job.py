"""What a training is asked to do, as its child process reads it."""

from __future__ import annotations

import dataclasses
import pathlib
from typing import Any

import orjson


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    """How columns are judged. From the service's configuration."""

    max_categories: int = 20
    """A text column with more distinct words than this is free text, and not used."""
    max_classes: int = 100
    """The target may have at most so many distinct values."""
    codings: tuple[tuple[str, ...], ...] = ()
    """Where a column's words are exactly those of one of these lists, its order gives the codes."""
    importance_repeats: int = 5
    importance_rows: int = 2000
    """Permutation importance is measured on at most so many held-out rows."""


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class DatasetInfo:
    """What the catalog knows of the data set, for the report."""

    id: int
    name: str
    version: int
    rows: int
    size_bytes: int
    sha256: str
    created_at: str
    source: str | None = None


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    dataset: DatasetInfo
    family: str
    hyperparameters: dict[str, Any]
    """As the person gave them; defaults are filled in by the family."""
    target: str
    features: tuple[str, ...] | None = None
    seed: int = 42
    test_size: float = 0.2
    folds: int = 5
    rules: Rules = Rules()
    threads: int = 1
    """Of torch: more of them may change the last digits of a result."""


def save(job: Job, path: pathlib.Path) -> None:
    path.write_bytes(orjson.dumps(dataclasses.asdict(job)))


def load(path: pathlib.Path) -> Job:
    """The job in `path`, written by `save`."""
    document = orjson.loads(path.read_bytes())
    rules = document.pop("rules")
    codings = tuple(tuple(words) for words in rules.pop("codings"))
    features = document.pop("features")
    return Job(
        dataset=DatasetInfo(**document.pop("dataset")),
        rules=Rules(**rules, codings=codings),
        features=None if features is None else tuple(features),
        **document,
    )
