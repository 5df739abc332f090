"""Many images share one run; a lone one waits for nobody; what nobody waits for any more is not computed."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from typing import cast

import numpy as np
import numpy.typing as npt
import pytest

from kolba.kit import errors as kit_errors
from kolba.kit.http import balancing
from kolba.pipeline import deadlines, errors
from kolba.pipeline.model import batching, following, network


class Memory:
    """Answers each picture with its first number, and remembers how many shared a run."""

    def __init__(self) -> None:
        self.runs: list[int] = []
        self.is_broken = False

    def run_all(self, parts: list[npt.NDArray[np.float32]]) -> npt.NDArray[np.float32]:
        if self.is_broken:
            raise RuntimeError("the runtime fell over")
        whole = np.concatenate(parts)
        self.runs.append(len(whole))
        return whole[:, :1]


@pytest.fixture
def memory() -> Memory:
    return Memory()


@pytest.fixture
def build(memory: Memory) -> Callable[..., batching.Batcher]:
    served = following.Served(
        name="digits",
        version="1",
        model_id=1,
        sha256="",
        network=cast(network.Network, memory),
        since=0.0,
    )

    def make(*, max_batch: int = 8, max_waiting: int = 100) -> batching.Batcher:
        return batching.Batcher(lambda: served, max_batch=max_batch, max_waiting=max_waiting)

    return make


def pictures(*firsts: float) -> npt.NDArray[np.float32]:
    made = np.zeros((len(firsts), 784), np.float32)
    made[:, 0] = firsts
    return made


def soon(seconds: float = 60.0) -> deadlines.Deadline:
    return deadlines.Deadline(time.monotonic() + seconds)


Build = Callable[..., batching.Batcher]


async def test_a_lone_image_is_a_run_of_its_own(build: Build, memory: Memory) -> None:
    batcher = build()
    for value in (0.25, 0.5):
        answer = await batcher.ask(pictures(value), soon())
        assert answer.probabilities.tolist() == [[value]]
        assert answer.served.version == "1"
    assert memory.runs == [1, 1]


async def test_those_that_come_together_share_runs_and_get_each_their_own(
    build: Build, memory: Memory
) -> None:
    batcher = build()
    asked = [batcher.ask(pictures(number / 100), soon()) for number in range(20)]
    answers = await asyncio.gather(*asked)
    found = [float(answer.probabilities[0, 0]) for answer in answers]
    np.testing.assert_allclose(found, np.arange(20) / 100, atol=1e-6)
    assert memory.runs == [8, 8, 4]


async def test_a_request_of_many_stays_whole(build: Build, memory: Memory) -> None:
    batcher = build()
    first = batcher.ask(pictures(*[0.5] * 6), soon())
    second = batcher.ask(pictures(*[0.25] * 12), soon())
    answers = await asyncio.gather(first, second)
    assert [len(answer.probabilities) for answer in answers] == [6, 12]
    assert memory.runs == [6, 12]


async def test_what_is_too_late_or_given_up_is_not_computed(build: Build, memory: Memory) -> None:
    batcher = build()
    late = asyncio.ensure_future(batcher.ask(pictures(0.1), soon(-1)))
    gone = asyncio.ensure_future(batcher.ask(pictures(0.2), soon()))
    there = asyncio.ensure_future(batcher.ask(pictures(0.3), soon()))
    asyncio.get_running_loop().call_soon(gone.cancel)
    await asyncio.wait([late, gone, there])
    assert isinstance(late.exception(), balancing.DeadlinePassed)
    assert gone.cancelled()
    assert there.result().probabilities[0, 0] == np.float32(0.3)
    assert memory.runs in ([1], [2])
    assert batcher.waiting == 0


async def test_more_than_may_wait_are_refused(build: Build) -> None:
    batcher = build(max_waiting=2)
    asked = [asyncio.ensure_future(batcher.ask(pictures(0.1), soon())) for _ in range(4)]
    await asyncio.wait(asked)
    refused = [one.exception() for one in asked if one.exception()]
    assert [type(one) for one in refused] == [kit_errors.TooBusy] * 2
    assert (await batcher.ask(pictures(0.1), soon())).probabilities.shape == (1, 1)


async def test_a_runtime_that_fails_is_told_to_all_and_does_not_stop_the_next(
    build: Build, memory: Memory
) -> None:
    batcher = build()
    memory.is_broken = True
    asked = [asyncio.ensure_future(batcher.ask(pictures(0.1), soon())) for _ in range(2)]
    await asyncio.wait(asked)
    assert all(isinstance(one.exception(), errors.ModelFailed) for one in asked)
    memory.is_broken = False
    assert (await batcher.ask(pictures(0.1), soon())).probabilities.shape == (1, 1)
