"""Opens the prediction path and, at the end, lets what is under way arrive."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Iterator

from kolba.contracts import default_model, ml_client, storage_client
from kolba.kit.db import engine
from kolba.web_master import settings
from kolba.web_master.predictions import (
    coalescer,
    directory,
    queueing,
    recording,
    repository,
    service,
    shipping,
)


@contextlib.asynccontextmanager
async def open_path(
    config: settings.PredictionSettings,
    *,
    database: engine.Database,
    storage: storage_client.StorageClient,
    ml: ml_client.MlClient,
) -> AsyncIterator[service.Predictions]:
    """The prediction path, shipping included, as long as the block lasts."""
    outbox = repository.Outbox(database)
    with _commits(database, outbox) as commits:
        models = directory.Directory(storage, ml, recording.Journal(commits), _limits(config))
        async with _shipping(config, outbox, commits, storage):
            yield service.Predictions(
                models,
                default_model.DefaultModel(
                    storage, config.default_model, fresh_seconds=config.fresh_seconds
                ),
                service.Limits(
                    timeout_seconds=config.timeout_seconds,
                    max_recorded_bytes=config.max_recorded_bytes,
                ),
                queueing.Queue(storage, max_rows=config.max_rows),
            )
            await models.drain()


@contextlib.contextmanager
def _commits(database: engine.Database, outbox: repository.Outbox) -> Iterator[recording.Commits]:
    """The quickest way to commit to this database."""
    if database.is_sqlite:
        with contextlib.closing(repository.InPlace(database)) as in_place:
            yield recording.CommitInPlace(in_place)
    else:
        with contextlib.closing(recording.GroupCommit(outbox)) as grouped:
            yield grouped


@contextlib.asynccontextmanager
async def _shipping(
    config: settings.PredictionSettings,
    outbox: repository.Outbox,
    commits: recording.Commits,
    storage: storage_client.StorageClient,
) -> AsyncIterator[None]:
    task = asyncio.create_task(_shipper(config, outbox, commits, storage).run())
    try:
        yield
    finally:
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task


def _limits(config: settings.PredictionSettings) -> directory.Limits:
    return directory.Limits(
        max_rows=config.max_rows,
        max_models=config.max_models,
        fresh_seconds=config.fresh_seconds,
        lane=coalescer.Limits(
            max_batch_rows=config.max_batch_rows,
            max_waiting=config.max_waiting,
            max_waiting_rows=config.max_waiting_rows,
            max_in_flight=config.max_in_flight,
        ),
    )


def _shipper(
    config: settings.PredictionSettings,
    outbox: repository.Outbox,
    commits: recording.Commits,
    storage: storage_client.StorageClient,
) -> shipping.Shipper:
    async def deliver(document: bytes) -> None:
        await storage.add_predictions(document)

    pace = shipping.Pace(
        interval_seconds=config.shipping_interval_seconds,
        max_predictions=config.shipping_max_predictions,
        max_backoff_seconds=config.shipping_max_backoff_seconds,
    )
    return shipping.Shipper(outbox, commits, deliver, pace)
