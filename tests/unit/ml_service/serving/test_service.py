"""A loaded model goes on answering, whatever becomes of storage."""

from __future__ import annotations

import asyncio
from typing import Any, cast

import pytest

from kolba.contracts import storage_client
from kolba.kit import errors
from kolba.ml_service.serving import service


class Storage:
    """Knows what a model is, says that it is gone, or says nothing at all."""

    def __init__(self) -> None:
        self.error: errors.KolbaError | None = None
        self.is_silent = False

    async def model(self, _: int) -> None:
        if self.is_silent:
            await asyncio.sleep(60)
        if self.error is not None:
            raise self.error


@pytest.fixture
def storage() -> Storage:
    return Storage()


@pytest.fixture
async def serving(storage: Storage) -> service.Serving:
    made = service.Serving(
        cast(storage_client.StorageClient, storage),
        max_models=2,
        max_bytes=1000,
        max_rows=10,
        revalidate_seconds=0,
    )

    async def load() -> tuple[service.Served, int]:
        loaded = cast(Any, None)
        return service.Served(
            model_id=1,
            name="titanic",
            version="v1",
            owner="local",
            shared_with=None,
            loaded=loaded,
        ), 10

    await made._cache.load(1, load)
    return made


async def test_a_storage_that_says_nothing_holds_nobody_up(
    serving: service.Serving, storage: Storage
) -> None:
    storage.is_silent = True
    async with asyncio.timeout(30):
        assert (await serving.load(1)).version == "v1"
    for check in serving._checks:
        check.cancel()


async def test_a_storage_that_is_away_is_no_reason_to_stop(
    serving: service.Serving, storage: Storage
) -> None:
    storage.error = errors.ServiceUnavailable(service="storage")
    assert (await serving.load(1)).version == "v1"


async def test_a_model_that_was_deleted_is_gone_at_once(
    serving: service.Serving, storage: Storage
) -> None:
    storage.error = errors.RemoteProblem(service="storage", status=404, document={})
    with pytest.raises(errors.RemoteProblem):
        await serving.load(1)
    assert not serving.is_loaded(1)
