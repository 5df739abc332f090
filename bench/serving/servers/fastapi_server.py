"""FastAPI with Pydantic in and out, as its documentation shows it."""

from __future__ import annotations

import fastapi
import forest
import pydantic
import uvicorn


class Rows(pydantic.BaseModel):
    rows: list[list[float]]


class Answer(pydantic.BaseModel):
    labels: list[int]
    probabilities: list[list[float]]


def make(model: forest.Forest) -> fastapi.FastAPI:
    app = fastapi.FastAPI()

    @app.get("/health")
    async def health() -> dict[str, str]:
        return {}

    @app.post("/predict")
    async def predict(request: Rows) -> Answer:
        labels, probabilities = model.answer(request.rows)
        return Answer(labels=labels.tolist(), probabilities=probabilities.tolist())

    return app


if __name__ == "__main__":
    given = forest.arguments()
    uvicorn.run(
        make(forest.Forest(given.model)),
        host="127.0.0.1",
        port=given.port,
        loop="uvloop",
        http="httptools",
        access_log=False,
        log_level="warning",
    )
