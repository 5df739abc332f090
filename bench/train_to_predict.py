"""From `POST /scenarios/train-model` to the first served prediction, against a Kolba that is up.

    python -m bench.train_to_predict [--url http://127.0.0.1:8000] [--repeat 7] [--json]

Trains a random forest of 100 trees of depth 10 on Titanic, follows its progress as a browser does, and asks the new
model at once. With `--ml-service` and `--storage` it goes past the web master, to see what that costs.
The first round is not counted: it loads what is loaded on first use.
"""

from __future__ import annotations

import argparse
import dataclasses
import http.client
import json
import statistics
import time
import urllib.parse
from typing import Any

HYPERPARAMETERS = {"n_estimators": 100, "max_depth": 10}
PASSENGER = "Pclass,Sex,Age,SibSp,Parch,Fare,Embarked\n3,1,22,1,0,7.25,2"
PEER_SECONDS = 11.8
"""MLflow 3.18: train, log and register (3.5 s), then `mlflow models serve` until it answers (8.3 s)."""
_SECONDS = 120.0


class Failure(Exception):
    """Kolba answered otherwise than the bench needs."""


class Client:
    """One kept-alive connection, as a program that calls Kolba has."""

    def __init__(self, url: str) -> None:
        place = urllib.parse.urlsplit(url)
        self._connection = http.client.HTTPConnection(
            place.hostname or "", place.port, timeout=_SECONDS
        )

    def json(self, method: str, path: str, body: Any = None) -> Any:
        """The decoded answer. Raises `Failure` for anything but 2xx."""
        return json.loads(self.raw(method, path, body))

    def raw(self, method: str, path: str, body: Any = None) -> bytes:
        data = None if body is None else json.dumps(body)
        self._connection.request(method, path, data, {"Content-Type": "application/json"})
        response = self._connection.getresponse()
        content = response.read()
        if response.status >= 300:
            raise Failure(f"{method} {path}: {response.status} {content[:500]!r}")
        return content


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Round:
    """Seconds since the request for training was sent."""

    queued: float
    trained: float
    predicted: float
    accuracy: float


class Kolba:
    """What the bench asks, either of the web master or of the services behind it."""

    def __init__(self, arguments: argparse.Namespace) -> None:
        self._is_direct = arguments.ml_service is not None
        self._door = Client(arguments.ml_service or arguments.url)
        self._catalog = Client(arguments.storage or arguments.url)

    def collect(self) -> int:
        if self._is_direct:
            found = self._catalog.json("GET", "/datasets?name=titanic&limit=1")["items"]
            if not found:
                raise Failure("store a data set named titanic first, or name one by --dataset-id")
            return int(found[0]["id"])
        return int(
            self._door.json("POST", "/scenarios/collect-and-store", {"batch_size": 100})[
                "dataset_id"
            ]
        )

    def round(self, dataset_id: int) -> Round:
        started = time.perf_counter()
        run_id = self._train(dataset_id)
        queued = time.perf_counter() - started
        model = self._follow(run_id)
        trained = time.perf_counter() - started
        self._ask(model["model_id"])
        predicted = time.perf_counter() - started
        figures = model["metrics"]
        return Round(
            queued=queued, trained=trained, predicted=predicted, accuracy=figures["accuracy"]
        )

    def _train(self, dataset_id: int) -> int:
        body = {
            "dataset_id": dataset_id,
            "model_type": "RandomForest",
            "hyperparameters": HYPERPARAMETERS,
        }
        if self._is_direct:
            return int(self._door.json("POST", "/train", body)["id"])
        return int(self._door.json("POST", "/scenarios/train-model", body)["run_id"])

    def _follow(self, run_id: int) -> dict[str, Any]:
        """Read the stream of events to its end; the run's result."""
        self._door.raw("GET", f"/progress/{run_id}")
        run = self._catalog.json("GET", f"/runs/{run_id}")
        if run["state"] != "succeeded":
            raise Failure(f"run {run_id} {run['state']}: {run['error']}")
        return dict(run["result"])

    def _ask(self, model_id: int) -> None:
        path = "/infer" if self._is_direct else "/scenarios/infer-model"
        self._door.json("POST", path, {"model_id": model_id, "data": PASSENGER})


def summarise(rounds: list[Round]) -> dict[str, Any]:
    predicted = [one.predicted for one in rounds]
    median = statistics.median(predicted)
    return {
        "rounds": [dataclasses.asdict(one) for one in rounds],
        "median_seconds": round(median, 3),
        "fastest_seconds": round(min(predicted), 3),
        "slowest_seconds": round(max(predicted), 3),
        "accuracy": rounds[-1].accuracy,
        "times_faster_than_mlflow": round(PEER_SECONDS / median, 1),
    }


def show(summary: dict[str, Any]) -> None:
    print("round   queued  trained  first prediction")
    for number, one in enumerate(summary["rounds"], start=1):
        print(f"{number:5} {one['queued']:8.3f} {one['trained']:8.3f} {one['predicted']:17.3f}")
    print(
        f"median {summary['median_seconds']} s (aim: 1.0 s); MLflow's way {PEER_SECONDS} s, "
        f"{summary['times_faster_than_mlflow']} times longer; accuracy {summary['accuracy']:.4f}"
    )


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--url", default="http://127.0.0.1:8000", help="the web master")
    parser.add_argument("--ml-service", help="go past the web master, to this address")
    parser.add_argument("--storage", help="storage's address, with --ml-service")
    parser.add_argument("--dataset-id", type=int, help="train on this one instead of collecting")
    parser.add_argument("--repeat", type=int, default=7)
    parser.add_argument("--json", action="store_true", help="print figures for another program")
    arguments = parser.parse_args()
    kolba = Kolba(arguments)
    dataset_id = arguments.dataset_id or kolba.collect()
    kolba.round(dataset_id)
    summary = summarise([kolba.round(dataset_id) for _ in range(arguments.repeat)])
    if arguments.json:
        print(json.dumps(summary, indent=2))
    else:
        show(summary)


if __name__ == "__main__":
    main()
