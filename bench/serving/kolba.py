"""Kolba as a contender: the embedded set, started by its own command, its model trained through its own door."""

from __future__ import annotations

import contextlib
import dataclasses
import functools
import json
import pathlib
import shutil
import time
from collections.abc import Iterator

from bench.common import processes
from bench.serving import door, model, paying, targets
from bench.serving.servers import pipeline

DIRECT, WEB_MASTER, PAYING = "ml_service", "web_master", "web_master, paying"
"""The two doors; at one of them one may also sign in and pay."""
_PORTS = {WEB_MASTER: 8000, PAYING: 8000, DIRECT: 8003}
_ALL_PORTS = (5001, 5002, 5003, 8000, 8001, 8002, 8003, 8004, 8050)
_OFFSETS = range(12_000, 30_000, 500)
_NAME, _PAID = "titanic-bench", "titanic-paid"
_TRAINING_SECONDS = 300.0
_NOTE = "its forest is trained through its own API, with the same data and settings"
_RECORDED = "every prediction, before its answer"


def _rows(row: model.Row) -> bytes:
    """Kolba's own protocol: a row is an object of column names and values."""
    named = dict(zip(pipeline.COLUMNS, row, strict=True))
    return json.dumps({"rows": [named]}, separators=(",", ":")).encode()


def _invocations(row: model.Row) -> bytes:
    """MLflow scoring, as its users send a table."""
    table = {"columns": pipeline.COLUMNS, "data": [row]}
    return json.dumps({"dataframe_split": table}, separators=(",", ":")).encode()


_target = functools.partial(targets.Target, kind="kolba", answers="anything", note=_NOTE)
_PLAIN = "/predict/{model}"
_V2 = "/v2/models/{model}/infer"
_MLFLOW = "/models/{model}/invocations"
ROUTES: tuple[targets.Target, ...] = (
    _target(name="Kolba, direct", door=DIRECT, path=_PLAIN, body=_rows),
    _target(name="Kolba, direct (v2)", door=DIRECT, path=_V2, body=targets.v2),
    _target(
        name="Kolba, web master",
        door=WEB_MASTER,
        path=_PLAIN,
        body=_rows,
        records=_RECORDED,
    ),
    _target(
        name="Kolba, web master, paid for",
        door=PAYING,
        path="/predict/{paid}",
        body=_rows,
        records="the same, by an API token and charged in one transaction",
    ),
    _target(
        name="Kolba, web master (v2)",
        door=WEB_MASTER,
        path=_V2,
        body=targets.v2,
        records=_RECORDED,
    ),
    _target(
        name="Kolba, web master (MLflow)",
        door=WEB_MASTER,
        path=_MLFLOW,
        body=_invocations,
        records=_RECORDED,
    ),
)


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Kolba:
    name: str = "kolba"
    routes: tuple[targets.Target, ...] = ROUTES

    def prepare(self, session: targets.Session) -> None:
        """Nothing: it is installed where the measurement runs."""

    @contextlib.contextmanager
    def serve(self, session: targets.Session) -> Iterator[targets.Serving]:
        """A set of its own on ports of its own; stopped and forgotten afterwards."""
        data, offset = session.folder / "kolba-data", _free_offset()
        shutil.rmtree(data, ignore_errors=True)
        door.command("up", "-d", "--data-dir", data, "--port-offset", offset)
        try:
            addresses = {one: f"http://127.0.0.1:{port + offset}" for one, port in _PORTS.items()}
            for name in (_NAME, _PAID):
                _train(addresses[WEB_MASTER], session.model.table, name)
            yield targets.Serving(
                addresses=addresses,
                names={"model": _NAME, "paid": _PAID},
                headers={PAYING: paying.prepare(addresses[WEB_MASTER], data, _PAID)},
            )
        finally:
            door.command("down", "--data-dir", data)


def _free_offset() -> int:
    """Raises `processes.NotStarted` when every range of ports is taken."""
    for offset in _OFFSETS:
        if all(processes.is_free(port + offset) for port in _ALL_PORTS):
            return offset
    raise processes.NotStarted("no range of ports is free")


def _train(address: str, table: pathlib.Path, name: str) -> None:
    """Upload the data as `name`, train the forest of that name on it. Raises `processes.NotStarted`."""
    upload = f"{address}/upload/dataset?name={name}&target=Survived"
    dataset = door.ask(upload, table.read_bytes(), "text/csv")
    wish = {
        "dataset_id": dataset["id"],
        "model_type": "RandomForest",
        "hyperparameters": {"n_estimators": pipeline.TREES, "max_depth": pipeline.DEPTH},
    }
    started = door.ask(f"{address}/scenarios/train-model", json.dumps(wish).encode())
    deadline = time.monotonic() + _TRAINING_SECONDS
    while True:
        run = door.ask(f"{address}/runs/{started['run_id']}")
        if run["state"] == "succeeded":
            return
        if run["state"] in {"failed", "cancelled"} or time.monotonic() > deadline:
            raise processes.NotStarted(f"training ended as {run['state']}: {run.get('error')}")
        time.sleep(0.2)
