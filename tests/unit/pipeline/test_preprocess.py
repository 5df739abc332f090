"""Large images are decoded aside, so many and no more, and for nobody who has gone."""

from __future__ import annotations

import asyncio
import contextlib
import threading
import time
from collections.abc import Iterator
from typing import Any, cast

import numpy as np
import pytest

from kolba.inference import images
from kolba.kit import errors
from kolba.kit.http import balancing
from kolba.kit.testing import pictures
from kolba.pipeline import deadlines, timing
from kolba.pipeline.preprocess import loader, service, steps

LARGE = pictures.jpeg()
SMALL = images.to_png(np.pad(np.full((20, 4), 255, np.uint8), 12))


class Decoder:
    """Decodes once it is let."""

    def __init__(self) -> None:
        self.may_go_on = threading.Event()
        self.begun = threading.Semaphore(0)
        self.count = 0

    def __call__(self, content: bytes) -> steps.Picture:
        self.count += 1
        self.begun.release()
        self.may_go_on.wait(60)
        return np.zeros(784, np.float32)


@pytest.fixture
def decoder(monkeypatch: pytest.MonkeyPatch) -> Decoder:
    made = Decoder()
    loader.load()  # which decodes a first one
    monkeypatch.setattr(steps.Steps, "picture", staticmethod(made))
    return made


@pytest.fixture
def preprocess() -> Iterator[service.Preprocess]:
    nobody = cast(Any, None)
    made = service.Preprocess(nobody, nobody, transport="http", large_at_once=1, max_waiting=2)
    with contextlib.closing(made):
        yield made


def within(seconds: float) -> deadlines.Deadline:
    return deadlines.Deadline(time.monotonic() + seconds)


async def test_more_than_may_wait_are_refused(
    preprocess: service.Preprocess, decoder: Decoder
) -> None:
    await preprocess.prepare()
    asked = [
        asyncio.ensure_future(preprocess.picture(LARGE, within(60), timing.Timing()))
        for _ in range(2)
    ]
    await asyncio.to_thread(decoder.begun.acquire)
    with pytest.raises(errors.TooBusy):
        await preprocess.picture(LARGE, within(60), timing.Timing())
    decoder.may_go_on.set()
    await asyncio.gather(*asked)
    assert decoder.count == 2


async def test_an_image_whose_turn_comes_too_late_is_not_decoded(
    preprocess: service.Preprocess, decoder: Decoder
) -> None:
    await preprocess.prepare()
    first = asyncio.ensure_future(preprocess.picture(LARGE, within(60), timing.Timing()))
    await asyncio.to_thread(decoder.begun.acquire)
    spent = timing.Timing()
    with pytest.raises(balancing.DeadlinePassed) as late:
        await preprocess.picture(LARGE, within(0.05), spent)
    assert late.value.details["service"] == "preprocess"
    # It keeps its place in the queue until a thread has passed it over.
    with pytest.raises(errors.TooBusy):
        await preprocess.picture(LARGE, within(60), timing.Timing())
    decoder.may_go_on.set()
    await first
    await preprocess.picture(LARGE, within(60), timing.Timing())
    assert decoder.count == 2


async def test_small_ones_and_what_is_none_do_not_wait(preprocess: service.Preprocess) -> None:
    await preprocess.prepare()
    assert (await preprocess.picture(SMALL, within(60), timing.Timing())).shape == (784,)
    with pytest.raises(images.InvalidImage):
        await preprocess.picture(b"no picture", within(60), timing.Timing())
