"""The ML service, called by another service."""

from __future__ import annotations

import contextlib
import dataclasses
from collections.abc import AsyncIterator

from kolba.contracts import batch_predictions, runs, training
from kolba.kit.http import client

WIDTH_HEADER = "Kolba-Width"
NUMBER_TYPE_HEADER = "Kolba-Number-Type"


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class BatchAnswer:
    """Little-endian: N labels as int64 (class indices), then N x `classes` probabilities of `number_type`."""

    content: bytes
    classes: int
    number_type: str


class MlClient:
    def __init__(self, http: client.ServiceClient) -> None:
        self._http = http

    async def families(self) -> training.FamilyList:
        return training.FamilyList.model_validate(await self._http.json("GET", "/families"))

    async def train(self, request: training.TrainRequest) -> runs.Run:
        found = await self._http.json("POST", "/train", body=request.model_dump(mode="json"))
        return runs.Run.model_validate(found)

    async def infer(self, request: training.InferRequest) -> training.InferResponse:
        found = await self._http.json("POST", "/infer", body=request.model_dump(mode="json"))
        return training.InferResponse.model_validate(found)

    async def predict_batch(
        self, model_id: int, features: bytes, *, width: int, number_type: str
    ) -> BatchAnswer:
        """Answer many rows in one trip.

        `features` is a C-contiguous little-endian array `[N, width]` of `number_type` (`float32`, `float64`), as the
        model's signature says. Raises `ServiceUnavailable`, and `RemoteProblem` 404 when the model is gone.
        """
        headers = {
            "Content-Type": "application/octet-stream",
            WIDTH_HEADER: str(width),
            NUMBER_TYPE_HEADER: number_type,
        }
        path = f"/models/{model_id}/batch"
        async with self._http.stream("POST", path, data=features, headers=headers) as response:
            content = await self._http.read(response)
            return BatchAnswer(
                content=content,
                classes=int(response.headers[WIDTH_HEADER]),
                number_type=response.headers[NUMBER_TYPE_HEADER],
            )

    async def start_batch(self, request: batch_predictions.BatchPredictionRequest) -> runs.Run:
        """Queue a prediction over a whole data set. Raises `RemoteProblem` 404, 422."""
        found = await self._http.json(
            "POST", "/batch-predictions", body=request.model_dump(mode="json")
        )
        return runs.Run.model_validate(found)

    async def cancel(self, run_id: int) -> runs.Run:
        return runs.Run.model_validate(await self._http.json("POST", f"/runs/{run_id}/cancel"))

    @contextlib.asynccontextmanager
    async def progress(
        self, run_id: int, *, last_event_id: str | None = None
    ) -> AsyncIterator[AsyncIterator[bytes]]:
        """The run's server-sent events as bytes, from after `last_event_id`."""
        headers = {"Accept": "text/event-stream"}
        if last_event_id is not None:
            headers["Last-Event-ID"] = last_event_id
        path = f"/progress/{run_id}"
        async with self._http.stream("GET", path, headers=headers, timeout_seconds=0) as response:
            yield self._http.chunks(response)
