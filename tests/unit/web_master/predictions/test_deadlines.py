"""An answer takes as long as it may and no longer, whatever it waits for."""

from __future__ import annotations

import asyncio
import contextlib
import dataclasses
import datetime as dt
import threading
from collections.abc import AsyncIterator, Iterator, Mapping
from typing import Any, cast

import numpy as np
import pytest

from kolba.contracts import default_model, ml_client, models, storage_client
from kolba.inference import signature
from kolba.inference.protocols import exchange, paths
from kolba.kit import errors as kit_errors
from kolba.kit.http import client
from kolba.web_master.ledger import charging
from kolba.web_master.predictions import (
    anteroom,
    coalescer,
    directory,
    errors,
    paying,
    pictures,
    queueing,
    service,
)

SECONDS = 0.2
PATIENCE_SECONDS = 30
"""Of a test: what would wait for ever is a failure, a slow machine is none."""
ROWS = b'{"rows":[{"age":3}]}'
LANE = coalescer.Limits(max_batch_rows=8, max_waiting=4, max_waiting_rows=50, max_in_flight=1)
MODEL = models.ModelDetail(
    id=1,
    name="titanic",
    version="v1",
    family="KNN",
    dataset_id=1,
    dataset_name="titanic",
    dataset_version=1,
    run_id=None,
    hyperparameters={},
    metrics={},
    bundle_sha256="0" * 64,
    bundle_size_bytes=1,
    owner="local",
    created_at=dt.datetime(2026, 11, 20, tzinfo=dt.UTC),
    signature=signature.Signature(
        columns=(signature.Column(name="age", kind="numeric"),), target="y", classes=(0, 1)
    ).to_json(),
    summary={},
)


async def never() -> None:
    await asyncio.Event().wait()


async def at_once() -> None:
    pass


class Storage:
    """Knows one model; may keep it to itself."""

    def __init__(self) -> None:
        self.is_silent = False

    async def resolve_model(self, _: str, __: str | None) -> models.ModelDetail:
        if self.is_silent:
            await never()
        return MODEL


class Prices:
    """Everything is free; may not say so."""

    def __init__(self) -> None:
        self.is_silent = False

    def peek(self, _: str, **__: Any) -> charging.Charge | None:
        if self.is_silent:
            raise LookupError
        return None

    async def charge(self, _: str, **__: Any) -> charging.Charge | None:
        await never()
        return None


class Codec:
    """Decodes once it is let."""

    def __init__(self) -> None:
        self.may_go_on = threading.Event()

    def decode(
        self,
        body: bytes,
        content_type: str | None = None,
        headers: Mapping[str, str] = exchange.NOTHING,
    ) -> exchange.Query:
        self.may_go_on.wait(PATIENCE_SECONDS)
        return exchange.Query(features=np.zeros((1, 1), np.float32))


@dataclasses.dataclass(kw_only=True)
class Door:
    storage: Storage
    prices: Prices
    models: directory.Directory
    predictions: service.Predictions

    async def ask(self, body: bytes = ROWS, *, path: str = "/predict/titanic") -> service.Answered:
        target = paths.target_of(path)
        assert target is not None
        return await self.predictions.answer(target, body, {}, never)


@pytest.fixture
async def silent_ml() -> AsyncIterator[ml_client.MlClient]:
    """It takes what it is asked, and says nothing."""
    writers: list[asyncio.StreamWriter] = []
    server = await asyncio.start_server(lambda _, writer: writers.append(writer), "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    async with client.ServiceClient("ml_service", f"http://127.0.0.1:{port}") as http:
        yield ml_client.MlClient(http)
    server.close()
    for writer in writers:
        writer.close()


@pytest.fixture
def decoding() -> Iterator[pictures.Decoding]:
    with contextlib.closing(pictures.Decoding(threads=1, max_waiting=100)) as made:
        yield made


@pytest.fixture
async def door(silent_ml: ml_client.MlClient, decoding: pictures.Decoding) -> Door:
    storage, prices = Storage(), Prices()
    known = cast(storage_client.StorageClient, storage)
    found = directory.Directory(
        known,
        silent_ml,
        cast(coalescer.Journal, None),
        directory.Limits(
            max_rows=10, max_models=10, fresh_seconds=60, warm_up_seconds=2 * SECONDS, lane=LANE
        ),
    )
    predictions = service.Predictions(
        found,
        default_model.DefaultModel(known, None, fresh_seconds=60),
        service.Limits(
            timeout_seconds=SECONDS, max_waiting=4, max_recorded_bytes=100, digits_model="digits"
        ),
        cast(queueing.Queue, None),
        cast(paying.Paying, prices),
        decoding=decoding,
    )
    return Door(storage=storage, prices=prices, models=found, predictions=predictions)


def known(door: Door, *, reads_pictures: bool, codec: Codec) -> None:
    """From now on the model is known, and what is sent to it is decoded by `codec`."""
    made = door.models._make(MODEL)
    served = dataclasses.replace(
        made,
        codecs=dataclasses.replace(made.codecs, plain=cast(exchange.Codec, codec)),
        reads_pictures=reads_pictures,
    )
    door.models.peek = lambda *_: served  # type: ignore[method-assign]


async def test_a_model_that_never_becomes_known_is_a_504(door: Door) -> None:
    asked = [asyncio.create_task(door.ask()) for _ in range(6)]
    async with asyncio.timeout(PATIENCE_SECONDS):
        outcomes = await asyncio.gather(*asked, return_exceptions=True)
    assert [type(one) for one in outcomes[:4]] == [errors.DeadlineExceeded] * 4
    assert [type(one) for one in outcomes[4:]] == [errors.Overloaded] * 2, "too many would wait"


async def test_a_storage_that_says_nothing_is_a_504(door: Door) -> None:
    door.storage.is_silent = True
    async with asyncio.timeout(PATIENCE_SECONDS):
        with pytest.raises(errors.DeadlineExceeded):
            await door.ask()


async def test_loading_a_model_ends_though_nobody_waits(door: Door) -> None:
    async with asyncio.timeout(PATIENCE_SECONDS):
        with pytest.raises(errors.DeadlineExceeded):
            await door.ask()
        # Those who come later share the load that is under way: it has to end, so that another is begun.
        with pytest.raises(kit_errors.ServiceUnavailable):
            await door.models.find("titanic", None)


@pytest.mark.parametrize("reads_pictures", [True, False])
async def test_a_body_that_is_not_decoded_in_time_is_a_504(
    door: Door, reads_pictures: bool
) -> None:
    codec = Codec()
    known(door, reads_pictures=reads_pictures, codec=codec)
    body = b"file" if reads_pictures else b" " * 100_000
    asked = [asyncio.create_task(door.ask(body)) for _ in range(3)]
    try:
        async with asyncio.timeout(PATIENCE_SECONDS):
            outcomes = await asyncio.gather(*asked, return_exceptions=True)
    finally:
        codec.may_go_on.set()
    assert [type(one) for one in outcomes] == [errors.DeadlineExceeded] * 3


async def test_a_price_that_is_not_found_in_time_is_a_504(door: Door) -> None:
    codec = Codec()
    codec.may_go_on.set()
    known(door, reads_pictures=False, codec=codec)
    door.prices.is_silent = True
    async with asyncio.timeout(PATIENCE_SECONDS):
        with pytest.raises(errors.DeadlineExceeded):
            await door.ask()


async def test_whoever_leaves_is_not_waited_for() -> None:
    room = anteroom.Anteroom(timeout_seconds=60, max_waiting=1)
    caller = anteroom.Caller(asyncio.get_running_loop().time() + 60, at_once)
    cancelled = asyncio.Event()

    async def work() -> None:
        try:
            await never()
        finally:
            cancelled.set()

    for _ in range(2):  # the place is free again
        with pytest.raises(asyncio.CancelledError):
            await room.wait(work(), model="titanic", caller=caller)
        await asyncio.wait_for(cancelled.wait(), PATIENCE_SECONDS)
        cancelled.clear()


async def test_one_model_takes_no_place_of_another() -> None:
    room = anteroom.Anteroom(timeout_seconds=60, max_waiting=1)
    caller = anteroom.Caller(asyncio.get_running_loop().time() + 60, never)
    slow = asyncio.create_task(room.wait(never(), model="slow", caller=caller))
    await asyncio.sleep(0)
    with pytest.raises(errors.Overloaded):
        await room.wait(never(), model="slow", caller=caller)
    await room.wait(at_once(), model="quick", caller=caller)
    slow.cancel()
