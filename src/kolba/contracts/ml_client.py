"""The ML service, called by another service."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator

from kolba.contracts import runs, training
from kolba.kit.http import client


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
