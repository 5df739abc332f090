"""A small table of Titanic's shape, and what turns it into a bundle."""

from __future__ import annotations

import pathlib
from collections.abc import Callable
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from kolba.inference import bundles
from kolba.kit import text
from kolba.ml_service.families import knn, logistic_regression, random_forest, registry
from kolba.ml_service.training import job, training

FAMILIES = registry.Registry([logistic_regression.FAMILY, random_forest.FAMILY, knn.FAMILY])
RULES = job.Rules(codings=(("female", "male"), ("S", "C", "Q")))


class Heard:
    """A progress that remembers."""

    def __init__(self) -> None:
        self.fractions: list[float] = []
        self.metrics: list[tuple[str, float, int]] = []
        self.messages: list[str] = []
        self.logs: list[str] = []

    def progress(self, fraction: float, message: text.Text) -> None:
        self.fractions.append(fraction)
        self.messages.append(message.render("en"))
        message.render("ru")

    def metric(self, name: str, value: float, *, step: int, message: text.Text) -> None:
        self.metrics.append((name, value, step))

    def log(self, message: str) -> None:
        self.logs.append(message)


def make_table(rows: int = 160, seed: int = 7) -> pa.Table:
    generator = np.random.default_rng(seed)
    sex = generator.choice(["male", "female"], rows)
    age = np.where(generator.random(rows) < 0.2, np.nan, generator.integers(1, 80, rows))
    fare = generator.gamma(2.0, 15.0, rows).round(2)
    pclass = generator.integers(1, 4, rows)
    port: list[str | None] = generator.choice(["S", "C", "Q"], rows).tolist()
    port[3] = None
    odds = 1.8 * (sex == "female") - 0.7 * (pclass - 2) + generator.normal(0, 0.7, rows)
    return pa.table(
        {
            "PassengerId": np.arange(1, rows + 1),
            "Survived": (odds > 0.6).astype(int),
            "Pclass": pclass,
            "Name": [f"Passenger {number}" for number in range(rows)],
            "Sex": sex,
            "Age": age,
            "SibSp": generator.integers(0, 4, rows),
            "Parch": generator.integers(0, 3, rows),
            "Ticket": [f"T{number % 90}" for number in range(rows)],
            "Fare": fare,
            "Cabin": [f"C{number}" if number % 4 == 0 else None for number in range(rows)],
            "Embarked": port,
        }
    )


@pytest.fixture
def titanic_like() -> pa.Table:
    return make_table()


@pytest.fixture
def heard() -> Heard:
    return Heard()


@pytest.fixture
def make_job() -> Callable[..., job.Job]:
    def make(family: str = "RandomForest", **changes: Any) -> job.Job:
        info = job.DatasetInfo(
            id=1,
            name="titanic-like",
            version=1,
            rows=160,
            size_bytes=1000,
            sha256="0" * 64,
            created_at="2026-01-01T00:00:00Z",
        )
        values: dict[str, Any] = {
            "dataset": info,
            "family": family,
            "hyperparameters": {"n_estimators": 12} if family == "RandomForest" else {},
            "target": "Survived",
            "folds": 3,
            "rules": RULES,
        }
        return job.Job(**{**values, **changes})

    return make


@pytest.fixture
def train(tmp_path: pathlib.Path, heard: Heard) -> Callable[..., bundles.Bundle]:
    def run(table: pa.Table, request: job.Job) -> bundles.Bundle:
        path = tmp_path / "data.parquet"
        pq.write_table(table, path)
        return training.train(request, path, FAMILIES, heard)

    return run


@pytest.fixture
def families() -> registry.Registry:
    return FAMILIES
