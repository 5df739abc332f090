"""A storage that breaks off, is away, or fails without end."""

from __future__ import annotations

import asyncio
import contextlib
import datetime as dt
import hashlib
import pathlib
from collections.abc import AsyncIterator, Iterator

import pytest
from starlette import applications, requests, responses, routing

from kolba.contracts import datasets, storage_client
from kolba.kit import errors as kit_errors
from kolba.kit import settings as kit_settings
from kolba.kit.http import client
from kolba.kit.testing import servers
from kolba.ml_service.worker import delivery, errors, fetching, settings

CONTENT = b"x" * 3000


class Storage:
    """Answers a download: breaks off in the middle `breaks` times, then sends it whole."""

    def __init__(self, breaks: int) -> None:
        self.breaks = breaks
        self.asked = 0

    async def download(self, _: requests.Request) -> responses.Response:
        self.asked += 1
        headers = {"Content-Length": str(len(CONTENT))}
        if self.asked > self.breaks:
            return responses.Response(CONTENT)
        return responses.StreamingResponse(_half(), headers=headers)


async def _half() -> AsyncIterator[bytes]:
    yield CONTENT[:1000]
    await asyncio.sleep(0.05)
    raise ConnectionResetError


@contextlib.contextmanager
def _serving(storage: Storage) -> Iterator[str]:
    route = routing.Route("/datasets/1/download", storage.download)
    with servers.running(applications.Starlette(routes=[route])) as server:
        yield server.url


def _dataset() -> datasets.Dataset:
    return datasets.Dataset.model_construct(
        id=1,
        name="d",
        version=2,
        sha256=hashlib.sha256(CONTENT).hexdigest(),
        created_at=dt.datetime.now(dt.UTC),
    )


def _settings(**changes: object) -> settings.WorkerSettings:
    return kit_settings.load(settings.WorkerSettings, **changes)


async def _fetch(url: str, path: pathlib.Path, config: settings.WorkerSettings) -> None:
    async with client.ServiceClient("storage", url) as http, asyncio.timeout(10):
        await fetching.dataset(storage_client.StorageClient(http), _dataset(), path, config)


async def test_a_fetch_that_breaks_off_is_tried_again(tmp_path: pathlib.Path) -> None:
    storage = Storage(breaks=2)
    with _serving(storage) as url:
        await _fetch(url, tmp_path / "data", _settings(max_fetch_retries=2))
    assert (tmp_path / "data").read_bytes() == CONTENT
    assert storage.asked == 3


async def test_a_fetch_that_always_breaks_off_ends_with_the_reason(tmp_path: pathlib.Path) -> None:
    storage = Storage(breaks=99)
    with _serving(storage) as url, pytest.raises(errors.FetchBrokeOff) as caught:
        await _fetch(url, tmp_path / "data", _settings(max_fetch_retries=2))
    assert storage.asked == 3
    assert "d, v2" in caught.value.problem("en")["detail"]


async def test_a_storage_that_is_away_is_waited_for(tmp_path: pathlib.Path) -> None:
    port = servers.free_port()
    url = f"http://127.0.0.1:{port}"
    waiting = asyncio.create_task(_fetch(url, tmp_path / "data", _settings(max_fetch_retries=0)))
    await asyncio.sleep(1.0)
    assert not waiting.done()
    waiting.cancel()
    await asyncio.gather(waiting, return_exceptions=True)


async def test_a_failure_that_always_repeats_is_borne_for_a_while() -> None:
    calls = 0

    async def call() -> None:
        nonlocal calls
        calls += 1
        raise kit_errors.RemoteProblem(service="storage", status=500, document={})

    async with asyncio.timeout(30):
        with pytest.raises(kit_errors.RemoteProblem):
            await delivery.persist(call, patience_seconds=0.25)
    assert calls > 1
