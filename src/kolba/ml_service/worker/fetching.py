"""What a run reads, brought into its directory."""

from __future__ import annotations

import asyncio
import hashlib
import pathlib

from kolba.contracts import datasets, models, storage_client
from kolba.kit import errors as kit_errors
from kolba.ml_service.worker import delivery


async def dataset(
    storage: storage_client.StorageClient, wanted: datasets.Dataset, path: pathlib.Path
) -> None:
    """The data set as Parquet at `path`. Raises `LeaseLost`, `RemoteProblem`."""
    await delivery.persist(lambda: _download(storage, wanted, path))


async def bundle(
    storage: storage_client.StorageClient, wanted: models.Model, path: pathlib.Path
) -> None:
    """The model's bundle at `path`; the child checks its hash. Raises `LeaseLost`, `RemoteProblem`."""
    content = await delivery.persist(lambda: storage.download_model(wanted.id))
    await asyncio.to_thread(path.write_bytes, content)


async def _download(
    storage: storage_client.StorageClient, wanted: datasets.Dataset, path: pathlib.Path
) -> None:
    digest = hashlib.sha256()
    async with storage.download_dataset(wanted.id) as chunks:
        with path.open("wb") as file:
            async for chunk in chunks:
                digest.update(chunk)
                file.write(chunk)
    if digest.hexdigest() != wanted.sha256:
        # Cut short on the way, or damaged at rest; both read as storage failing, and are tried again.
        raise kit_errors.ServiceUnavailable(service="storage")
