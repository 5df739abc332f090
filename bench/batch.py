"""A prediction over a million Titanic rows, end to end, against a Kolba that is up.

    python -m bench.batch [--url http://127.0.0.1:8000] [--rows 1000000] [--trees 100] [--format csv|parquet] [--json]

Trains a random forest on Titanic-shaped passengers, then sends a file of a tenth of the rows, and one of all, to
`POST /batch-predictions`. The clock runs from the first byte of the upload until the run has succeeded, when the result
is a data set of its own: durable, profiled and in the catalog. Also measured: the same over a data set that is already
there, and the most memory the computing process held for each size, which is to be the same.
"""

from __future__ import annotations

import argparse
import dataclasses
import http.client
import json
import pathlib
import tempfile
import time
import urllib.parse
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet as pq

AIM = 1_000_000
"""Rows a minute."""
_SECONDS = 1200.0
_PARQUET = "application/vnd.apache.parquet"
_TRAINED_ROWS = 2000


class Failure(Exception):
    """Kolba answered otherwise than the bench needs."""


def passengers(rows: int, seed: int = 1) -> pa.Table:
    """Kaggle's twelve columns; a fifth of the ages and some of the ports are missing. The same for the same `rows`."""
    chance = np.random.default_rng(seed)
    sex = chance.random(rows) < 0.35
    level = chance.choice([1, 2, 3], rows, p=[0.24, 0.21, 0.55])
    age = np.round(chance.normal(30, 14, rows).clip(0.4, 80), 1)
    port = chance.choice(["S", "C", "Q"], rows, p=[0.72, 0.19, 0.09])
    odds = 1.4 * sex - 0.6 * (level - 2) - 0.01 * age + chance.normal(0, 0.6, rows)
    numbers = np.arange(1, rows + 1)
    return pa.table(
        {
            "PassengerId": numbers,
            "Survived": (odds > 0.3).astype(np.int64),
            "Pclass": level,
            "Name": [f"Passenger, Mr. Number {number}" for number in numbers.tolist()],
            "Sex": np.where(sex, "female", "male"),
            "Age": pa.array(age, mask=chance.random(rows) < 0.2),
            "SibSp": chance.integers(0, 5, rows),
            "Parch": chance.integers(0, 4, rows),
            "Ticket": [f"T {number}" for number in chance.integers(1000, 400_000, rows).tolist()],
            "Fare": np.round(chance.gamma(2.0, 16.0, rows), 4),
            "Cabin": pa.nulls(rows, pa.string()),
            "Embarked": pa.array(port, mask=chance.random(rows) < 0.002),
        }
    )


def write(table: pa.Table, path: pathlib.Path) -> pathlib.Path:
    if path.suffix == ".csv":
        pyarrow.csv.write_csv(table, path)
    else:
        pq.write_table(table, path)
    return path


class Kolba:
    def __init__(self, url: str) -> None:
        place = urllib.parse.urlsplit(url)
        self._address = (place.hostname or "", place.port)

    def ask(self, method: str, path: str, body: Any = None, media_type: str = "") -> Any:
        """The decoded answer. Raises `Failure` for anything but 2xx."""
        connection = http.client.HTTPConnection(*self._address, timeout=_SECONDS)
        is_file = isinstance(body, pathlib.Path)
        with body.open("rb") if is_file else tempfile.TemporaryFile() as file:
            data = file if is_file else None if body is None else json.dumps(body)
            headers = {"Content-Type": media_type or "application/json"}
            if is_file:
                headers["Content-Length"] = str(body.stat().st_size)
            connection.request(method, path, data, headers)
            response = connection.getresponse()
            content = response.read()
        connection.close()
        if response.status >= 300:
            raise Failure(f"{method} {path}: {response.status} {content[:500]!r}")
        return json.loads(content)

    def finished(self, run_id: int) -> dict[str, Any]:
        """The run, once it has succeeded."""
        deadline = time.monotonic() + _SECONDS
        while (run := self.ask("GET", f"/runs/{run_id}"))["state"] in ("queued", "running"):
            if time.monotonic() > deadline:
                raise Failure(f"run {run_id} is still {run['state']}")
            time.sleep(0.05)
        if run["state"] != "succeeded":
            raise Failure(f"run {run_id} {run['state']}: {run['error']}")
        return dict(run)

    def train(self, path: pathlib.Path, trees: int) -> str:
        """A forest of so many trees of depth 10; its name."""
        name = f"bench-batch-{trees}"
        dataset = self.ask("POST", f"/upload/dataset?name={name}", path, "text/csv")
        wish = {
            "dataset_id": dataset["id"],
            "model_type": "RandomForest",
            "hyperparameters": {"n_estimators": trees, "max_depth": 10},
            "target": "Survived",
            "cross_validation_folds": 0,
        }
        self.finished(self.ask("POST", "/scenarios/train-model", wish)["run_id"])
        return name


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    way: str
    rows: int
    seconds: float
    queued_seconds: float
    """Until the question was answered with a run: with a file, that it was stored."""
    computing_seconds: float
    peak_mib: float
    """Of the computing process, the libraries it shares with others included."""

    @property
    def rows_per_minute(self) -> int:
        return round(self.rows / self.seconds * 60)


def measure(kolba: Kolba, model: str, way: str, source: pathlib.Path | int) -> Figure:
    started = time.perf_counter()
    if isinstance(source, int):
        run = kolba.ask("POST", "/batch-predictions", {"model": model, "dataset_id": source})
    else:
        media_type = "text/csv" if source.suffix == ".csv" else _PARQUET
        run = kolba.ask("POST", f"/batch-predictions?model={model}", source, media_type)
    queued = time.perf_counter() - started
    done = kolba.finished(run["id"])
    seconds = time.perf_counter() - started
    result = done["result"]
    return Figure(
        way=way,
        rows=result["rows"],
        seconds=round(seconds, 2),
        queued_seconds=round(queued, 2),
        computing_seconds=result["seconds"],
        peak_mib=round(result["peak_bytes"] / 2**20, 1),
    )


def run(arguments: argparse.Namespace, folder: pathlib.Path) -> list[Figure]:
    kolba = Kolba(arguments.url)
    model = kolba.train(write(passengers(_TRAINED_ROWS), folder / "train.csv"), arguments.trees)
    figures = []
    for rows in (arguments.rows // 10, arguments.rows):
        path = write(passengers(rows, seed=2), folder / f"{rows}.{arguments.format}")
        figures.append(measure(kolba, model, f"{arguments.format} file", path))
        stored = kolba.ask("GET", "/datasets?limit=1&name=" + f"{model}-input")["items"][0]["id"]
        figures.append(measure(kolba, model, "data set", stored))
    return figures


def show(figures: list[Figure]) -> None:
    print("way            rows   seconds  (until queued, computing)   rows/min   peak MiB")
    for one in figures:
        print(
            f"{one.way:12} {one.rows:9,} {one.seconds:8.2f}  {one.queued_seconds:12.2f} "
            f"{one.computing_seconds:10.2f}   {one.rows_per_minute:11,} {one.peak_mib:10.1f}"
        )
    print(f"aim: {AIM:,} rows/min")


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--url", default="http://127.0.0.1:8000", help="the web master")
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--trees", type=int, default=100)
    parser.add_argument("--format", choices=("csv", "parquet"), default="csv")
    parser.add_argument("--json", action="store_true", help="print figures for another program")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        figures = run(arguments, pathlib.Path(folder))
    if arguments.json:
        found = [
            dataclasses.asdict(one) | {"rows_per_minute": one.rows_per_minute} for one in figures
        ]
        print(json.dumps(found, indent=2))
    else:
        show(figures)


if __name__ == "__main__":
    main()
