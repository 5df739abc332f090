"""The ML service, called by another service."""

from __future__ import annotations

import contextlib
import dataclasses
from collections.abc import AsyncIterator

import pydantic

from kolba.contracts import batch_predictions, runs, training
from kolba.kit import errors
from kolba.kit.http import client

WIDTH_HEADER = "Kolba-Width"
NUMBER_TYPE_HEADER = "Kolba-Number-Type"
REFERENCE_HEADER = "Idempotency-Key"
"""A run's reference, as the header that makes a POST safe to repeat."""


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

    async def train(
        self, request: training.TrainRequest, *, reference: str | None = None
    ) -> runs.Run:
        """Queue a training. With `reference`, asking once more answers the first run. Raises `RemoteProblem` 409 where
        the reference is another person's."""
        return await self._start("/train", request, reference)

    async def fine_tune(
        self, request: training.FineTuneRequest, *, reference: str | None = None
    ) -> runs.Run:
        """Queue a fine-tuning; `reference` as with `train`. Raises `RemoteProblem` 404, 422."""
        return await self._start("/fine-tune", request, reference)

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
        answer = await self._http.post(path, features, headers)
        try:
            return BatchAnswer(
                content=answer.content,
                classes=int(answer.headers[WIDTH_HEADER.lower()]),
                number_type=answer.headers[NUMBER_TYPE_HEADER.lower()],
            )
        except (KeyError, ValueError) as error:  # not the ML service, or another version of it
            raise errors.ServiceUnavailable(service="ml_service") from error

    async def start_batch(
        self, request: batch_predictions.BatchPredictionRequest, *, reference: str | None = None
    ) -> runs.Run:
        """Queue a prediction over a whole data set; `reference` as with `train`. Raises `RemoteProblem` 404, 422."""
        return await self._start("/batch-predictions", request, reference)

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

    async def _start(
        self, path: str, request: pydantic.BaseModel, reference: str | None
    ) -> runs.Run:
        answer = await self._http.raw(
            "POST",
            path,
            data=request.model_dump_json().encode(),
            headers={
                "Content-Type": "application/json",
                **({REFERENCE_HEADER: reference} if reference else {}),
            },
        )
        return runs.Run.model_validate_json(answer)
