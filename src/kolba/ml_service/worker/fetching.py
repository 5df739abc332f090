"""What a run reads, brought into its directory."""

from __future__ import annotations

import contextlib
import hashlib
import pathlib
from collections.abc import AsyncIterator, Callable

import structlog

from kolba.contracts import datasets, models, storage_client
from kolba.kit import errors as kit_errors
from kolba.ml_service.worker import delivery, errors, settings

_log = structlog.get_logger("kolba.worker")
_Open = Callable[[], contextlib.AbstractAsyncContextManager[AsyncIterator[bytes]]]


class _BrokenOff(Exception):
    """Bytes came, but not the right ones, or not all."""


async def dataset(
    storage: storage_client.StorageClient,
    wanted: datasets.Dataset,
    path: pathlib.Path,
    config: settings.WorkerSettings,
) -> None:
    """The data set as Parquet at `path`. Raises `LeaseLost`, `RemoteProblem`, `FetchBrokeOff`."""
    what = f"{wanted.name}, v{wanted.version}"
    await _fetch(lambda: storage.download_dataset(wanted.id), what, wanted.sha256, path, config)


async def bundle(
    storage: storage_client.StorageClient,
    wanted: models.Model,
    path: pathlib.Path,
    config: settings.WorkerSettings,
) -> None:
    """The model's bundle at `path`. Raises `LeaseLost`, `RemoteProblem`, `FetchBrokeOff`."""
    what = f"{wanted.name}, {wanted.version}"
    await _fetch(lambda: storage.stream_model(wanted.id), what, wanted.bundle_sha256, path, config)


async def _fetch(
    open_body: _Open, what: str, sha256: str, path: pathlib.Path, config: settings.WorkerSettings
) -> None:
    """Patient while storage is away; bytes that keep breaking off are damaged at rest, and end it."""
    broken = 0

    async def attempt() -> None:
        nonlocal broken
        try:
            await _download(open_body, sha256, path)
        except _BrokenOff as error:
            broken += 1
            _log.warning("a fetch broke off", what=what, times=broken)
            if broken > config.max_fetch_retries:
                raise errors.FetchBrokeOff(what=what, times=broken) from error
            raise kit_errors.ServiceUnavailable(service="storage") from error

    await delivery.persist(attempt, patience_seconds=config.patience_seconds)


async def _download(open_body: _Open, sha256: str, path: pathlib.Path) -> None:
    """Raises `_BrokenOff` once the answer has begun; what came before that is as `open_body` raises it."""
    digest = hashlib.sha256()
    async with open_body() as chunks:
        try:
            with path.open("wb") as file:
                async for chunk in chunks:
                    digest.update(chunk)
                    file.write(chunk)
        except kit_errors.ServiceUnavailable as error:
            raise _BrokenOff from error
    if digest.hexdigest() != sha256:
        raise _BrokenOff
