"""Ray Serve with one replica behind its HTTP proxy; stops on SIGTERM."""

from __future__ import annotations

import signal
import threading
from typing import Any

import forest
import ray
import starlette.requests
from ray import serve


@serve.deployment(num_replicas=1, max_ongoing_requests=256)
class Titanic:
    def __init__(self, path: str) -> None:
        self._model = forest.Forest(path)

    async def __call__(self, request: starlette.requests.Request) -> dict[str, Any]:
        labels, probabilities = self._model.answer((await request.json())["rows"])
        return {"labels": labels.tolist(), "probabilities": probabilities.tolist()}


def main() -> None:
    given = forest.arguments()
    stopping = threading.Event()
    ray.init(include_dashboard=False, log_to_driver=False, logging_level="error")
    serve.start(
        http_options={"host": "127.0.0.1", "port": given.port},
        logging_config={"enable_access_log": False, "log_level": "ERROR"},
    )
    # The workers import this module as it is run here: its folder is on their path through PYTHONPATH.
    serve.run(Titanic.bind(given.model), name="titanic", route_prefix="/predict")
    signal.signal(signal.SIGTERM, lambda *_: stopping.set())
    stopping.wait()
    serve.shutdown()
    ray.shutdown()


if __name__ == "__main__":
    main()
