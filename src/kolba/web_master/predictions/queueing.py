"""Requests that are answered later (RFC 7240, `Prefer: respond-async`): checked now, put into the queue as runs."""

from __future__ import annotations

from collections.abc import Mapping

import orjson

from kolba.contracts import batch_predictions, runs, storage_client
from kolba.kit import context
from kolba.web_master.ledger.holds import service as holds_service
from kolba.web_master.ledger.prices import service as prices_service
from kolba.web_master.predictions import errors, recording

PREFERENCE = "respond-async"
_READ_HEADERS = ("inference-header-content-length",)
"""Beside the content type, what the protocols look at."""


def is_wished(prefer: str | None) -> bool:
    """Whether a `Prefer` header asks for an answer later."""
    if prefer is None:
        return False
    wishes = (part.partition(";")[0].strip().lower() for part in prefer.split(","))
    return PREFERENCE in wishes


def check_size(body: bytes) -> None:
    """Raises `errors.TooLargeForLater`."""
    limit = batch_predictions.MAX_REQUEST_BYTES
    if len(body) > limit:
        raise errors.TooLargeForLater(size_bytes=len(body), limit_bytes=limit)


class Queue:
    def __init__(
        self,
        storage: storage_client.StorageClient,
        *,
        holds: holds_service.Holds,
        prices: prices_service.Prices,
        max_rows: int,
    ) -> None:
        self._storage = storage
        self._holds = holds
        self._prices = prices
        self._max_rows = max_rows

    async def put(
        self, entry: recording.Entry, body: bytes, headers: Mapping[str, str], *, rows: int
    ) -> runs.Run:
        """The run that will answer a sound request of `rows` rows. Its `parameters` are left out of what is returned.

        Its price is held until it has ended. Raises `NotEnoughCredits`.
        """
        content, encoding = batch_predictions.written(body)
        price = rows * await self._prices.of_model(entry.model)
        parameters = batch_predictions.RequestParameters(
            prediction=_queued(entry, price),
            body=content,
            encoding=encoding,
            content_type=headers.get("content-type"),
            headers={name: headers[name] for name in _READ_HEADERS if name in headers},
            max_rows=self._max_rows,
            language=context.current().language,
        )
        memo = f"{entry.model} {entry.version}"
        async with self._holds.holding("predict", price, memo=memo) as held:
            run = await self._storage.create_run(
                runs.RunCreate(
                    kind="predict",
                    owner=entry.person,
                    model_id=entry.model_id,
                    reference=held.reference,
                    parameters=parameters.model_dump(mode="json"),
                )
            )
            held.run_id = run.id
        return run.model_copy(update={"parameters": {"mode": parameters.mode}})


def _queued(entry: recording.Entry, price: int) -> batch_predictions.QueuedPrediction:
    is_json = isinstance(entry.input, orjson.Fragment)
    return batch_predictions.QueuedPrediction.model_validate(
        {
            "id": entry.id,
            "at": entry.at,
            "person": entry.person,
            "model_id": entry.model_id,
            "model": entry.model,
            "version": entry.version,
            "protocol": entry.protocol,
            "price": price,
            "request_id": entry.request_id,
            "input": orjson.dumps(entry.input).decode() if is_json else entry.input,
            "input_is_json": is_json,
            "input_truncated": entry.input_truncated,
        }
    )
