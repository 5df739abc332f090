"""A house that has been worked in for years: models, runs and a data set, written where storage keeps them."""

from __future__ import annotations

import datetime as dt
import io
import json
import pathlib
import sqlite3
from collections.abc import Iterator
from typing import Any

import httpx
import numpy as np
import pyarrow as pa
from pyarrow import parquet

from kolba.cli.demo import api

PIECE_ROWS = 500_000
FAMILIES = ("RandomForest", "LogisticRegression", "KNN")
NOW = dt.datetime.now(dt.UTC)


def fill(house: api.Api, storage: str, data_dir: pathlib.Path, counts: dict[str, int]) -> int:
    """Bring the house to `counts` of models, runs and rows of one data set; that data set's id."""
    collected = house.post("/scenarios/collect-and-store", {"batch_size": 300})
    wish = {"dataset_id": collected["dataset"]["id"], "model_type": FAMILIES[0]}
    started = house.post("/scenarios/train-model", wish)
    list(house.events(started["progress"]))
    large = store_rows(storage, counts["rows"])
    with sqlite3.connect(data_dir / "storage" / "storage.db", timeout=60) as database:
        copy_runs(database, counts["runs"])
        copy_models(database, counts["models"])
    with sqlite3.connect(data_dir / "web_master" / "web_master.db", timeout=60) as database:
        copy(
            database,
            "scenario_runs",
            counts["runs"],
            lambda number, _: {
                "started_at": at(number),
                "outcome": "succeeded",
                "duration_ms": 350.0,
            },
        )
    return large


def at(number: int) -> str:
    """A moment, the later the larger the number; in storage's own form."""
    return str(
        (NOW - dt.timedelta(days=400) + dt.timedelta(minutes=50 * number)).replace(tzinfo=None)
    )


def copy_runs(database: sqlite3.Connection, count: int) -> None:
    def change(number: int, row: dict[str, Any]) -> dict[str, Any]:
        wish = {**json.loads(row["parameters"]), "model_type": FAMILIES[number % 3]}
        moments = dict.fromkeys(("created_at", "started_at", "finished_at"), at(number))
        state = "failed" if number % 17 == 0 else "succeeded"
        return {**moments, "parameters": json.dumps(wish), "state": state}

    copy(database, "runs", count, change)


def copy_models(database: sqlite3.Connection, count: int) -> None:
    def change(number: int, row: dict[str, Any]) -> dict[str, Any]:
        family = FAMILIES[number % 3]
        share = 0.6 + (number * 7919 % 4000) / 10_000
        metrics = {**json.loads(row["metrics"]), "accuracy": share, "f1_macro": share - 0.02}
        return {
            "name": f"model-{number % 40}",
            "version": f"{family}_20260101_{number:06d}",
            "family": family,
            "metrics": json.dumps(metrics),
            "created_at": at(number * 10),
        }

    copy(database, "models", count, change)


def copy(database: sqlite3.Connection, table: str, count: int, change: Any) -> None:
    """Copies of the table's last row until there are `count`; `change` says what differs in each."""
    database.row_factory = sqlite3.Row
    row = dict(database.execute(f"SELECT * FROM {table} ORDER BY id DESC LIMIT 1").fetchone())
    (there,) = database.execute(f"SELECT count(*) FROM {table}").fetchone()
    del row["id"]
    names = list(row)
    places = ", ".join("?" * len(names))
    database.executemany(
        f"INSERT INTO {table} ({', '.join(names)}) VALUES ({places})",
        (
            [{**row, **change(number, row)}[name] for name in names]
            for number in range(count - there)
        ),
    )


def store_rows(storage: str, rows: int) -> int:
    """A data set of so many rows and eight columns; its id."""
    answer = httpx.post(
        f"{storage}/datasets",
        params={"name": "large", "target": "label"},
        content=pieces(rows),
        headers={"Content-Type": "application/vnd.apache.parquet"},
        timeout=600,
    )
    if not answer.is_success:
        raise SystemExit(answer.text)
    return int(answer.json()["id"])


def pieces(rows: int) -> Iterator[bytes]:
    """Parquet, made in row groups so that it never lies in memory whole."""
    sink = io.BytesIO()
    writer: parquet.ParquetWriter | None = None
    for first in range(0, rows, PIECE_ROWS):
        table = make_table(first, min(PIECE_ROWS, rows - first))
        writer = writer or parquet.ParquetWriter(sink, table.schema)
        writer.write_table(table)
        yield sink.getvalue()
        sink.seek(0)
        sink.truncate()
    if writer is not None:
        writer.close()
    yield sink.getvalue()


def make_table(first: int, count: int) -> pa.Table:
    numbers = np.random.default_rng(first)
    cities = np.array(["Novosibirsk", "Tver", "Oryol", "Kazan", "Perm"])
    return pa.table(
        {
            "number": np.arange(first, first + count),
            "label": numbers.integers(0, 2, count),
            "age": numbers.integers(1, 90, count),
            "fare": numbers.gamma(2.0, 20.0, count).round(4),
            "score": numbers.normal(size=count),
            "city": cities[numbers.integers(0, len(cities), count)],
            "member": numbers.random(count) < 0.3,
            "weight": numbers.random(count),
        }
    )
