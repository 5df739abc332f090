"""Storage, called by another service."""

from __future__ import annotations

import contextlib
import dataclasses
import urllib.parse
from collections.abc import AsyncIterator, Sequence
from typing import Any

import aiohttp

from kolba.contracts import (
    aliases,
    datasets,
    files,
    images,
    models,
    names,
    pages,
    predictions,
    runs,
)
from kolba.kit import context
from kolba.kit.http import client

ARROW = "application/vnd.apache.arrow.stream"
PARQUET = "application/vnd.apache.parquet"
LEASE_HEADER = "Kolba-Lease"


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """A run that a worker holds, and its proof."""

    run_id: int
    token: str


class StorageClient:
    def __init__(self, http: client.ServiceClient) -> None:
        self._http = http

    # --- data sets ---------------------------------------------------------------------------------------------

    async def create_dataset(
        self,
        data: client.Body,
        *,
        media_type: str,
        name: str,
        target: str | None = None,
        source: str | None = None,
        description: str = "",
        if_taken: names.IfTaken = "refuse",
        run: Held | None = None,
    ) -> datasets.Dataset:
        """Store one Arrow stream, or several one after another, or a Parquet file, as a new version of `name`.

        With `run`, it is that run's result and its owner's: a second one is not made, the first is answered. Raises
        `RemoteProblem` 409 (`lease-lost`) when the run is no longer the caller's.
        """
        query = {
            "name": name,
            "target": target,
            "source": source,
            "description": description,
            "if_taken": if_taken,
        }
        answer = await self._http.raw(
            "POST",
            "/datasets",
            query={**query, "run_id": run.run_id if run else None},
            data=data,
            headers={"Content-Type": media_type, **({LEASE_HEADER: run.token} if run else {})},
            timeout_seconds=0,
        )
        return datasets.Dataset.model_validate_json(answer)

    async def upload_dataset(
        self,
        data: client.Body,
        *,
        media_type: str,
        name: str | None,
        description: str = "",
        if_taken: names.IfTaken = "refuse",
    ) -> datasets.Dataset:
        """Store a CSV text, or a form with one as its `file` (whose name will do where `name` is None)."""
        answer = await self._http.raw(
            "POST",
            "/upload/dataset",
            query={"name": name, "description": description, "if_taken": if_taken},
            data=data,
            headers={"Content-Type": media_type},
            timeout_seconds=0,
        )
        return datasets.Dataset.model_validate_json(answer)

    async def dataset(self, dataset_id: int) -> datasets.Dataset:
        return datasets.Dataset.model_validate(
            await self._http.json("GET", f"/datasets/{dataset_id}")
        )

    async def list_datasets(self, **query: Any) -> pages.Page[datasets.Dataset]:
        found = await self._http.json("GET", "/datasets", query=query)
        return pages.Page[datasets.Dataset].model_validate(found)

    async def delete_dataset(self, dataset_id: int) -> None:
        await self._http.raw("DELETE", f"/datasets/{dataset_id}")

    async def profile(self, dataset_id: int) -> datasets.Profile:
        return datasets.Profile.model_validate(
            await self._http.json("GET", f"/datasets/{dataset_id}/profile")
        )

    @contextlib.asynccontextmanager
    async def download_dataset(
        self, dataset_id: int, *, file_format: str = "parquet"
    ) -> AsyncIterator[AsyncIterator[bytes]]:
        path = f"/datasets/{dataset_id}/download"
        async with self._http.stream(
            "GET", path, query={"format": file_format}, timeout_seconds=0
        ) as response:
            yield self._http.chunks(response)

    # --- files -------------------------------------------------------------------------------------------------

    async def create_file(self, data: client.Body, *, name: str, media_type: str) -> files.File:
        answer = await self._http.raw(
            "POST",
            "/files",
            query={"name": name},
            data=data,
            headers={"Content-Type": media_type},
            timeout_seconds=0,
        )
        return files.File.model_validate_json(answer)

    # --- images ------------------------------------------------------------------------------------------------

    async def create_image(self, content: bytes) -> images.Image:
        """A PNG or JPEG file. What the person has already is answered. Raises `RemoteProblem` for what is neither."""
        headers = {"Content-Type": "application/octet-stream"}
        answer = await self._http.raw("POST", "/images", data=content, headers=headers)
        return images.Image.model_validate_json(answer)

    async def image(self, image_id: str) -> images.Image:
        return images.Image.model_validate(await self._http.json("GET", f"/images/{image_id}"))

    async def list_images(self, **query: Any) -> pages.Page[images.Image]:
        return pages.Page[images.Image].model_validate(
            await self._http.json("GET", "/images", query=query)
        )

    async def download_image(self, image_id: str) -> bytes:
        return await self._http.raw("GET", f"/images/{image_id}/content")

    async def delete_image(self, image_id: str, *, unlink: bool = False) -> None:
        """Raises `RemoteProblem` 409 (`image-in-history`) while predictions show it, unless it is to be unlinked."""
        query = {"unlink": unlink}
        await self._http.raw("DELETE", f"/images/{image_id}", query=query)

    # --- models ------------------------------------------------------------------------------------------------

    async def register_model(
        self, model: models.ModelCreate, *, lease: str | None = None
    ) -> models.ModelDetail:
        """A model with a `run_id` needs the run's `lease`: a second one is not made, the first is answered.

        Raises `RemoteProblem` 409 (`lease-lost`) when the run is no longer the caller's.
        """
        answer = await self._http.raw(
            "POST",
            "/models",
            data=model.model_dump_json().encode(),
            headers={
                "Content-Type": "application/json",
                **({LEASE_HEADER: lease} if lease else {}),
            },
        )
        return models.ModelDetail.model_validate_json(answer)

    async def model(self, model_id: int) -> models.ModelDetail:
        return models.ModelDetail.model_validate(
            await self._http.json("GET", f"/models/{model_id}")
        )

    async def resolve_model(self, name: str, reference: str | None = None) -> models.ModelDetail:
        """The version that `reference` (an alias, or a version) means; without one `production`, or the newest."""
        query = {"name": name, "reference": reference}
        return models.ModelDetail.model_validate(
            await self._http.json("GET", "/models/resolve", query=query)
        )

    async def list_models(self, **query: Any) -> pages.Page[models.Model]:
        return pages.Page[models.Model].model_validate(
            await self._http.json("GET", "/models", query=query)
        )

    async def download_model(self, model_id: int) -> bytes:
        """The bundle."""
        return await self._http.raw("GET", f"/models/{model_id}/download", timeout_seconds=0)

    @contextlib.asynccontextmanager
    async def stream_model(self, model_id: int) -> AsyncIterator[AsyncIterator[bytes]]:
        """The bundle in pieces."""
        path = f"/models/{model_id}/download"
        async with self._http.stream("GET", path, timeout_seconds=0) as response:
            yield self._http.chunks(response)

    # --- aliases -----------------------------------------------------------------------------------------------

    async def list_aliases(self, **query: Any) -> pages.Page[aliases.Alias]:
        return pages.Page[aliases.Alias].model_validate(
            await self._http.json("GET", "/aliases", query=query)
        )

    async def alias(self, model: str, alias: str) -> aliases.Alias:
        return aliases.Alias.model_validate(await self._http.json("GET", _alias(model, alias)))

    async def move_alias(self, model: str, alias: str, move: aliases.AliasMove) -> aliases.Alias:
        found = await self._http.json(
            "PUT", _alias(model, alias), body=move.model_dump(mode="json")
        )
        return aliases.Alias.model_validate(found)

    async def delete_alias(self, model: str, alias: str) -> None:
        await self._http.raw("DELETE", _alias(model, alias))

    async def alias_history(
        self, model: str, alias: str, **query: Any
    ) -> pages.Page[aliases.AliasChange]:
        """The newest move first."""
        found = await self._http.json("GET", f"{_alias(model, alias)}/history", query=query)
        return pages.Page[aliases.AliasChange].model_validate(found)

    async def roll_back_alias(self, model: str, alias: str) -> aliases.Alias:
        """Back to where it pointed before its last move; once more goes further back."""
        return aliases.Alias.model_validate(
            await self._http.json("POST", f"{_alias(model, alias)}/rollback")
        )

    # --- predictions -------------------------------------------------------------------------------------------

    async def add_predictions(self, document: bytes) -> predictions.Accepted:
        """`document` is a `PredictionBatch` as JSON. What is already known is passed over, so it may be repeated."""
        answer = await self._http.raw(
            "POST", "/predictions", data=document, headers={"Content-Type": "application/json"}
        )
        return predictions.Accepted.model_validate_json(answer)

    async def prediction(self, prediction_id: str) -> predictions.Prediction:
        return predictions.Prediction.model_validate(
            await self._http.json("GET", f"/predictions/{_quoted(prediction_id)}")
        )

    async def list_predictions(self, **query: Any) -> predictions.PredictionPage:
        """The newest first; `before=page.next` asks for the next page. Moments are given in ISO 8601."""
        return predictions.PredictionPage.model_validate(
            await self._http.json("GET", "/predictions", query=query)
        )

    # --- runs --------------------------------------------------------------------------------------------------

    async def create_run(self, run: runs.RunCreate) -> runs.Run:
        return runs.Run.model_validate(
            await self._http.json("POST", "/runs", body=run.model_dump(mode="json"))
        )

    async def run(self, run_id: int) -> runs.Run:
        return runs.Run.model_validate(await self._http.json("GET", f"/runs/{run_id}"))

    async def run_of(self, reference: str | None) -> runs.Run | None:
        """The run that the person has created with this reference; None: none, or no reference."""
        if reference is None:
            return None
        owner = context.current().person.name
        found = await self.list_runs(reference=reference, owner=owner, limit=1)
        return await self.run(found.items[0].id) if found.items else None

    async def list_runs(self, **query: Any) -> pages.Page[runs.Run]:
        return pages.Page[runs.Run].model_validate(
            await self._http.json("GET", "/runs", query=query)
        )

    async def claim_run(self, request: runs.ClaimRequest) -> runs.Claim | None:
        """The oldest queued run of these kinds, or None when there was none for `wait_seconds`."""
        found = await self._http.json(
            "POST",
            "/runs/claim",
            body=request.model_dump(mode="json"),
            timeout_seconds=request.wait_seconds + 15,
        )
        return None if found is None else runs.Claim.model_validate(found)

    async def heartbeat(self, run_id: int, request: runs.HeartbeatRequest) -> runs.Heartbeat:
        """Raises `RemoteProblem` 409 (`lease-lost`) when the run is no longer this worker's."""
        found = await self._http.json(
            "POST", f"/runs/{run_id}/heartbeat", body=request.model_dump(mode="json")
        )
        return runs.Heartbeat.model_validate(found)

    async def append_events(
        self,
        run_id: int,
        token: str,
        events: Sequence[runs.EventData],
        *,
        first: int | None = None,
    ) -> None:
        """With `first` (the caller's own number of the first of them, from 1 since the claim) it may be repeated."""
        request = runs.EventsRequest(token=token, events=list(events), first=first)
        await self._http.json(
            "POST", f"/runs/{run_id}/events", body=request.model_dump(mode="json")
        )

    async def events(
        self, run_id: int, *, after: int = 0, wait_seconds: float = 0.0
    ) -> runs.EventList:
        """Events with a sequence number above `after`; waits for the first as long as `wait_seconds` (≤ 30)."""
        found = await self._http.json(
            "GET",
            f"/runs/{run_id}/events",
            query={"after": after, "wait_seconds": wait_seconds},
            timeout_seconds=wait_seconds + 15,
        )
        return runs.EventList.model_validate(found)

    async def put_checkpoint(self, run_id: int, token: str, content: bytes) -> None:
        """What another worker can go on from, in the place of the one before; gone when the run ends.

        Raises `RemoteProblem` 409 (`lease-lost`) when the run is no longer this worker's.
        """
        await self._http.raw(
            "PUT",
            f"/runs/{run_id}/checkpoint",
            data=content,
            headers={"Content-Type": "application/octet-stream", LEASE_HEADER: token},
            timeout_seconds=0,
        )

    async def checkpoint(self, run_id: int, token: str) -> bytes | None:
        """What was kept of the run, by whichever worker; None: nothing. Raises as `put_checkpoint` does."""
        path = f"/runs/{run_id}/checkpoint"
        headers = {LEASE_HEADER: token}
        return await self._http.raw("GET", path, headers=headers, timeout_seconds=0) or None

    async def complete_run(self, run_id: int, completion: runs.Completion) -> runs.Run:
        return await self._end(run_id, "complete", completion)

    async def fail_run(self, run_id: int, failure: runs.Failure) -> runs.Run:
        return await self._end(run_id, "fail", failure)

    async def release_run(self, run_id: int, release: runs.Release) -> runs.Run:
        return await self._end(run_id, "release", release)

    async def acknowledge_cancel(self, run_id: int, lease: runs.Lease) -> runs.Run:
        """The worker has stopped a run whose cancellation was asked for."""
        return await self._end(run_id, "cancelled", lease)

    async def cancel_run(self, run_id: int) -> runs.Run:
        """Ask for an end: a queued run is cancelled at once, a running one when its worker hears of it."""
        return runs.Run.model_validate(await self._http.json("POST", f"/runs/{run_id}/cancel"))

    async def _end(self, run_id: int, verb: str, body: runs.Lease) -> runs.Run:
        found = await self._http.json(
            "POST", f"/runs/{run_id}/{verb}", body=body.model_dump(mode="json")
        )
        return runs.Run.model_validate(found)

    # --- anything ----------------------------------------------------------------------------------------------

    def passing(
        self, method: str, path: str
    ) -> contextlib.AbstractAsyncContextManager[aiohttp.ClientResponse]:
        """A call whose answer is handed on as it comes."""
        return self._http.stream(method, path, timeout_seconds=0)


def _alias(model: str, alias: str) -> str:
    return f"/aliases/{_quoted(model)}/{_quoted(alias)}"


def _quoted(part: str) -> str:
    """A part of a path, whatever is in it."""
    return urllib.parse.quote(part, safe="")
