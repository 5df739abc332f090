"""Pictures are decoded aside, a few at a time, and too many at once are refused."""

from __future__ import annotations

import asyncio
import contextlib
import threading
from collections.abc import Mapping

import numpy as np
import pytest

from kolba.inference.protocols import exchange
from kolba.web_master.predictions import errors, pictures


class Codec:
    """Decodes once it is let."""

    def __init__(self) -> None:
        self.may_go_on = threading.Event()
        self.at_once = 0
        self.most_at_once = 0
        self.threads: set[str] = set()
        self._lock = threading.Lock()

    def decode(
        self,
        body: bytes,
        content_type: str | None = None,
        headers: Mapping[str, str] = exchange.NOTHING,
    ) -> exchange.Query:
        with self._lock:
            self.at_once += 1
            self.most_at_once = max(self.most_at_once, self.at_once)
            self.threads.add(threading.current_thread().name)
        self.may_go_on.wait(10)
        with self._lock:
            self.at_once -= 1
        return exchange.Query(features=np.zeros((3, 784), np.float32), pictures=(body,))

    def encode(self, query: exchange.Query, answer: exchange.Answer) -> exchange.Encoded:
        raise NotImplementedError


async def test_a_few_at_a_time_and_too_many_are_refused() -> None:
    codec = Codec()
    decoding = pictures.Decoding(threads=2, max_waiting=5)
    with contextlib.closing(decoding):
        asked = [
            asyncio.create_task(decoding.decode(codec, b"file", {}, model="digits"))
            for _ in range(6)
        ]
        await asyncio.sleep(0.1)  # the loop goes on meanwhile
        with pytest.raises(errors.Overloaded):
            await asked[5]
        assert not any(one.done() for one in asked[:5])
        codec.may_go_on.set()
        for query, drawn in await asyncio.gather(*asked[:5]):
            assert query.pictures == (b"file",)
            assert (drawn.rows, len(drawn.files), len(drawn.names)) == (3, 1, 1)
        assert codec.most_at_once == 2
        assert all(name.startswith("pictures") for name in codec.threads)
        codec.may_go_on.set()
        await decoding.decode(codec, b"file", {}, model="digits")
