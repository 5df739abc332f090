"""Kolba as a contender: the embedded set, started by its own command, its model trained through its own door."""

from __future__ import annotations

import contextlib
import dataclasses
import functools
import json
import os
import pathlib
import shutil
import subprocess
import sys
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Iterator
from typing import Any

from bench.common import processes
from bench.serving import model, targets
from bench.serving.servers import pipeline

DIRECT, WEB_MASTER = "ml_service", "web_master"
"""The two doors."""
_PORTS = {WEB_MASTER: 8000, DIRECT: 8003}
_ALL_PORTS = (8000, 8001, 8002, 8003, 8004, 8050)
_OFFSETS = range(12_000, 30_000, 500)
_NAME = "titanic-bench"
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
        _kolba("up", "-d", "--data-dir", data, "--port-offset", offset)
        try:
            addresses = {door: f"http://127.0.0.1:{port + offset}" for door, port in _PORTS.items()}
            trained = _train(addresses[WEB_MASTER], session.model.table)
            yield targets.Serving(
                addresses=addresses,
                names={"model": urllib.parse.quote(trained)},
                headers={door: authorisation(door) for door in addresses},
            )
        finally:
            _kolba("down", "--data-dir", data)


def authorisation(door: str) -> dict[str, str]:
    """The headers a program sends to be let in: none, where the embedded set takes the local person as known."""
    del door
    return {}


def _free_offset() -> int:
    """Raises `processes.NotStarted` when every range of ports is taken."""
    for offset in _OFFSETS:
        if all(processes.is_free(port + offset) for port in _ALL_PORTS):
            return offset
    raise processes.NotStarted("no range of ports is free")


def _kolba(*arguments: object) -> None:
    """Run `kolba …`. Raises `processes.NotStarted`."""
    program = pathlib.Path(sys.executable).with_name("kolba")
    command = [str(program), *map(str, arguments)]
    kept = {name: value for name, value in os.environ.items() if not name.startswith("KOLBA_")}
    done = subprocess.run(command, env=kept, capture_output=True, text=True, check=False)
    if done.returncode:
        said = (done.stdout + done.stderr).strip()[-500:]
        raise processes.NotStarted(f"kolba {arguments[0]} ended with {done.returncode}: {said}")


def _train(address: str, table: pathlib.Path) -> str:
    """Upload the data, train the forest on it; the model's name. Raises `processes.NotStarted`."""
    upload = f"{address}/upload/dataset?name={_NAME}&target=Survived"
    dataset = _ask(upload, table.read_bytes(), "text/csv")
    wish = {
        "dataset_id": dataset["id"],
        "model_type": "RandomForest",
        "hyperparameters": {"n_estimators": pipeline.TREES, "max_depth": pipeline.DEPTH},
    }
    started = _ask(f"{address}/scenarios/train-model", json.dumps(wish).encode())
    deadline = time.monotonic() + _TRAINING_SECONDS
    while True:
        run = _ask(f"{address}/runs/{started['run_id']}")
        if run["state"] == "succeeded":
            return _NAME
        if run["state"] in {"failed", "cancelled"} or time.monotonic() > deadline:
            raise processes.NotStarted(f"training ended as {run['state']}: {run.get('error')}")
        time.sleep(0.2)


def _ask(url: str, body: bytes | None = None, media_type: str = "application/json") -> Any:
    """The JSON that `url` answers; a POST where there is a body. Raises `processes.NotStarted`."""
    headers = {"Content-Type": media_type, **authorisation(WEB_MASTER)}
    request = urllib.request.Request(url, data=body, headers=headers)
    try:
        with urllib.request.urlopen(request, timeout=60) as response:
            return json.loads(response.read())
    except urllib.error.HTTPError as error:
        reason = f"{url} answered {error.code}: {error.read()[:500]!r}"
    except OSError as error:
        reason = f"{url} did not answer: {error}"
    raise processes.NotStarted(reason)
