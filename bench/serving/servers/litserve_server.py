"""LitServe with one worker on the CPU."""

from __future__ import annotations

import argparse
from typing import Any

import forest
import litserve


class Api(litserve.LitAPI):
    def __init__(self, path: str) -> None:
        super().__init__()
        self._path = path

    def setup(self, device: str) -> None:
        self._model = forest.Forest(self._path)

    def predict(self, request: dict[str, Any]) -> dict[str, Any]:
        labels, probabilities = self._model.answer(request["rows"])
        return {"labels": labels.tolist(), "probabilities": probabilities.tolist()}


def main(given: argparse.Namespace) -> None:
    server = litserve.LitServer(Api(given.model), accelerator="cpu", workers_per_device=1)
    server.run(
        host="127.0.0.1",
        port=given.port,
        num_api_servers=1,
        generate_client_file=False,
        log_level="error",
        access_log=False,
    )


if __name__ == "__main__":
    main(forest.arguments())
