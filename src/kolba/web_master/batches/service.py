"""The rules of batch predictions at the door: recorded in the history, and nothing left of what is refused."""

from __future__ import annotations

import dataclasses
from collections.abc import AsyncIterable
from typing import Any

import structlog

from kolba.contracts import batch_predictions, datasets, ml_client, names, runs, storage_client
from kolba.kit import errors as kit_errors
from kolba.web_master.batches import errors
from kolba.web_master.history import service as history_service
from kolba.web_master.ledger.holds import service as holds_service
from kolba.web_master.ledger.prices import service as prices_service
from kolba.web_master.scenarios import catalogue

_log = structlog.get_logger("kolba.batches")
_CSV = frozenset({"text/csv", "application/csv", "multipart/form-data", "application/octet-stream"})
_PARQUET = frozenset({storage_client.PARQUET, "application/x-parquet", "application/parquet"})


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Upload:
    """Rows that come with the question."""

    chunks: AsyncIterable[bytes]
    content_type: str
    name: str | None
    """What the rows are to be called as a data set; None: as their file is, or after the model."""


class BatchPredictions:
    def __init__(
        self,
        *,
        history: history_service.History,
        storage: storage_client.StorageClient,
        ml: ml_client.MlClient,
        holds: holds_service.Holds,
        prices: prices_service.Prices,
    ) -> None:
        self._history = history
        self._storage = storage
        self._ml = ml
        self._holds = holds
        self._prices = prices

    async def start(self, asked: batch_predictions.BatchPredictionRequest) -> runs.Run:
        """Put the prediction into the queue; the history's entry ends when the run does.

        Its price is held until then. Raises `NotEnoughCredits`, and `RemoteProblem` for what the ML service refuses.
        """
        async with self._history.recording(catalogue.BATCH, _inputs(asked)) as entry:
            return await self._queue(asked, entry, await self._price(asked))

    async def start_with(
        self, asked: batch_predictions.BatchPredictionOptions, upload: Upload
    ) -> runs.Run:
        """Keep the rows as a data set, and go on as `start`. What cannot be answered is not kept either.

        Raises what `start` does, `errors.UnknownFileKind`, and `RemoteProblem` for what storage refuses.
        """
        kind = upload.content_type.partition(";")[0].strip().lower()
        if kind not in _CSV | _PARQUET:
            raise errors.UnknownFileKind(given=kind[:100], parquet=storage_client.PARQUET)
        async with self._history.recording(catalogue.BATCH, _inputs(asked)) as entry:
            model = await self._storage.resolve_model(*asked.meant())
            stored = await self._store(asked, upload, is_parquet=kind in _PARQUET)
            request = batch_predictions.BatchPredictionRequest(
                **asked.model_dump(), dataset_id=stored.id
            )
            try:
                price = await self._prices.of_batch(model.name, stored.rows)
                return await self._queue(request, entry, price)
            except kit_errors.KolbaError:
                await self._forget(stored)
                raise

    async def _price(self, asked: batch_predictions.BatchPredictionRequest) -> int:
        if not await self._prices.has_any():
            return 0
        model = await self._storage.resolve_model(*asked.meant())
        dataset = await self._storage.dataset(asked.dataset_id)
        return await self._prices.of_batch(model.name, dataset.rows)

    async def _queue(
        self,
        asked: batch_predictions.BatchPredictionRequest,
        entry: history_service.Entry,
        price: int,
    ) -> runs.Run:
        model, reference = asked.meant()
        memo = f"{model}@{reference}" if reference else model
        async with self._holds.holding("predict-batch", price, memo=memo) as held:
            run = await self._ml.start_batch(asked, reference=held.reference)
            held.run_id = run.id
        entry.run_id = run.id
        entry.goes_on = True
        entry.result = {"run_id": run.id, "model_id": run.model_id, "dataset_id": run.dataset_id}
        return run

    async def _store(
        self, asked: batch_predictions.BatchPredictionOptions, upload: Upload, *, is_parquet: bool
    ) -> datasets.Dataset:
        name = upload.name
        if_taken: names.IfTaken = "refuse" if name else "rename"
        if name is None and "multipart" not in upload.content_type.lower():
            name = f"{asked.meant()[0]}-input"
        if is_parquet:
            return await self._storage.create_dataset(
                upload.chunks, media_type=storage_client.PARQUET, name=name or "", if_taken=if_taken
            )
        return await self._storage.upload_dataset(
            upload.chunks, media_type=upload.content_type, name=name, if_taken=if_taken
        )

    async def _forget(self, stored: datasets.Dataset) -> None:
        """Take back a data set that nothing will answer. Where a run reads it after all, storage keeps it."""
        try:
            await self._storage.delete_dataset(stored.id)
        except kit_errors.KolbaError as error:
            _log.warning("uploaded rows stay", dataset_id=stored.id, reason=str(error))


def _inputs(asked: batch_predictions.BatchPredictionOptions) -> dict[str, Any]:
    return asked.model_dump(mode="json", exclude_none=True)
