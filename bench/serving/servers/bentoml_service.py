"""BentoML with one worker; `bentoml serve` imports this module."""

from __future__ import annotations

import bentoml
import forest


@bentoml.service(workers=1, logging={"access": {"enabled": False}}, metrics={"enabled": True})
class Titanic:
    def __init__(self) -> None:
        self._model = forest.Forest()

    @bentoml.api
    async def predict(self, rows: list[list[float]]) -> dict[str, list]:  # type: ignore[type-arg]
        labels, probabilities = self._model.answer(rows)
        return {"labels": labels.tolist(), "probabilities": probabilities.tolist()}
