"""A slow model delays no other, and a quick one does not pay for it."""

from __future__ import annotations

import asyncio
import contextlib
import threading
from collections.abc import Callable, Iterator, Mapping
from typing import Any, cast

import numpy as np
import onnx
import pyarrow as pa
import pytest
from onnx import helper, numpy_helper

from kolba.contracts import ml_client, storage_client
from kolba.inference import bundles, decoding, signature
from kolba.inference.protocols import exchange
from kolba.inference.sessions import protocol
from kolba.kit.http import direct as direct_routes
from kolba.ml_service.serving import costs, direct, model, service
from kolba.ml_service.training import job

WIDTH = 512
LAYERS = 40
"""So many multiplications of 512 x 512: about a tenth of a second for 256 rows."""


def slow_bundle() -> bundles.Bundle:
    numbers = np.random.default_rng(1)
    first = numbers.normal(0, 1, (1, WIDTH)).astype(np.float32)
    middle = (numbers.normal(0, 1, (WIDTH, WIDTH)) / WIDTH**0.5).astype(np.float32)
    last = numbers.normal(0, 0.1, (WIDTH, 2)).astype(np.float32)
    nodes = [helper.make_node("MatMul", ["X", "first"], ["h0"])]
    nodes += [helper.make_node("MatMul", [f"h{n}", "middle"], [f"h{n + 1}"]) for n in range(LAYERS)]
    nodes += [
        helper.make_node("MatMul", [f"h{LAYERS}", "last"], ["scores"]),
        helper.make_node("Softmax", ["scores"], ["probabilities"], axis=1),
        helper.make_node("ArgMax", ["scores"], ["label"], axis=1, keepdims=0),
    ]
    graph = helper.make_graph(
        nodes,
        "slow",
        [helper.make_tensor_value_info("X", onnx.TensorProto.FLOAT, [None, 1])],
        [
            helper.make_tensor_value_info("label", onnx.TensorProto.INT64, [None]),
            helper.make_tensor_value_info("probabilities", onnx.TensorProto.FLOAT, [None, 2]),
        ],
        [
            numpy_helper.from_array(weights, name)
            for name, weights in (("first", first), ("middle", middle), ("last", last))
        ],
    )
    made = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=9)
    return bundles.Bundle(
        graph=made.SerializeToString(),
        signature=signature.Signature(
            columns=(signature.Column(name="age", kind="numeric", example=3.0),),
            target="y",
            classes=(0, 1),
        ),
        metrics={},
        reference={},
    )


def opened(bundle: bundles.Bundle) -> model.LoadedModel:
    content = bundles.write(bundle)
    digest = bundles.digest(content)
    return model.LoadedModel.open(content, digest, name="m", version="v1", max_rows=10_000)


class Watched:
    """A session that tells in which threads it ran."""

    def __init__(self, session: protocol.Session) -> None:
        self._session = session
        self.threads: set[str] = set()

    def run(self, features: decoding.Features) -> protocol.Answer:
        self.threads.add(threading.current_thread().name)
        return self._session.run(features)


class Storage:
    """What it keeps is found by its number's name."""

    async def resolve_model(self, name: str, _: str | None) -> Any:
        return _Found(int(name))

    async def model(self, model_id: int) -> Any:
        return _Found(model_id)


class _Found:
    def __init__(self, number: int) -> None:
        self.id = number


class Answering:
    """The service's end of predictions, with models that are loaded."""

    def __init__(self) -> None:
        self.serving = service.Serving(
            cast(storage_client.StorageClient, Storage()),
            max_models=9,
            max_bytes=10**9,
            max_rows=10_000,
            revalidate_seconds=3600,
        )

    async def keep(self, number: int, loaded: model.LoadedModel) -> None:
        async def load() -> tuple[service.Served, int]:
            return service.Served(
                model_id=number,
                name=str(number),
                version="v1",
                owner="local",
                shared_with=None,
                loaded=loaded,
            ), 10

        await self.serving._cache.load(number, load)

    async def batch(self, number: int, rows: int) -> direct_routes.Reply:
        kept = self.serving._cache.find(number)
        assert kept is not None
        loaded = kept.value.loaded
        features = np.ones((rows, loaded.signature.width), loaded.signature.number_type)
        headers = {
            ml_client.WIDTH_HEADER.lower(): str(features.shape[1]),
            ml_client.NUMBER_TYPE_HEADER.lower(): features.dtype.name,
        }
        return await self._post(f"/models/{number}/batch", features.tobytes(), headers)

    async def ask(self, number: int, body: bytes) -> direct_routes.Reply:
        return await self._post(f"/predict/{number}", body, {"content-type": "application/json"})

    async def _post(
        self, path: str, body: bytes, headers: Mapping[str, str]
    ) -> direct_routes.Reply:
        route = direct.find(path)
        assert route is not None
        call = direct_routes.Call(
            path=path,
            query=b"",
            headers=headers,
            body=body,
            state={"serving": self.serving},
            disconnected=asyncio.Event().wait,  # type: ignore[arg-type]
        )
        return await route.handler(call)


@pytest.fixture
def answering() -> Iterator[Answering]:
    made = Answering()
    with contextlib.closing(made.serving):
        yield made


@pytest.fixture
def forest(
    titanic_like: pa.Table,
    make_job: Callable[..., job.Job],
    train: Callable[..., bundles.Bundle],
) -> model.LoadedModel:
    return opened(train(titanic_like, make_job("RandomForest")))


async def test_a_quick_model_answers_while_a_slow_one_computes(
    answering: Answering, forest: model.LoadedModel
) -> None:
    await answering.keep(0, opened(slow_bundle()))
    await answering.keep(1, forest)
    slow = asyncio.create_task(answering.batch(0, 256))
    await asyncio.sleep(0)
    for _ in range(10):
        await answering.batch(1, 1)
    assert not slow.done()
    assert (await slow).status == 200


async def test_a_quick_model_stays_in_the_event_loop(
    answering: Answering, forest: model.LoadedModel
) -> None:
    watched = forest._session = Watched(forest._session)
    await answering.keep(0, forest)
    for rows in (1, 4, 16, 64, 256):
        await answering.batch(0, rows)  # what was never measured may go aside
    watched.threads.clear()
    for rows in (1, 7, 256, 33, 2):
        await answering.batch(0, rows)
    assert watched.threads == {threading.current_thread().name}


@pytest.mark.parametrize(("spaces", "is_aside"), [(0, False), (100_000, True)])
async def test_a_large_body_is_decoded_aside(
    answering: Answering, forest: model.LoadedModel, spaces: int, is_aside: bool
) -> None:
    threads: list[str] = []
    decode = forest.codecs.plain.decode

    def watched(*given: Any) -> exchange.Query:
        threads.append(threading.current_thread().name)
        return decode(*given)

    forest.codecs.plain.decode = watched  # type: ignore[method-assign]
    await answering.keep(0, forest)
    reply = await answering.ask(0, b'{"rows":[{"Sex":"male"}]}' + b" " * spaces)
    assert reply.status == 200
    assert (threads != [threading.current_thread().name]) == is_aside


def test_what_was_never_measured_is_not_quick() -> None:
    assert not costs.Costs().is_quick(1)


def test_many_rows_are_judged_by_few_until_they_are_measured() -> None:
    found = costs.Costs()
    found.measured(1, costs.QUICK_SECONDS / 100)
    assert found.is_quick(1)
    assert found.is_quick(32)
    assert not found.is_quick(256)
    found.measured(200, costs.QUICK_SECONDS / 2)  # most of one row's was its overhead
    assert found.is_quick(255)


def test_a_model_is_slow_only_as_long_as_it_is() -> None:
    found = costs.Costs()
    found.measured(1, costs.QUICK_SECONDS * 2)  # a first run makes room for itself
    assert not found.is_quick(1)
    found.measured(1, 0.0)
    assert found.is_quick(1)
