"""Requests about pictures are decoded in threads of their own.

A drawing takes milliseconds, a large photograph a fifth of a second, and which it is shows only on the way. However
many come, the event loop goes on and other work finds a thread.
"""

from __future__ import annotations

import asyncio
import concurrent.futures
from collections.abc import Mapping

from kolba.inference.protocols import exchange
from kolba.web_master.predictions import errors, recording


class Decoding:
    def __init__(self, *, threads: int, max_waiting: int) -> None:
        self._threads = concurrent.futures.ThreadPoolExecutor(threads, "pictures")
        self._max_waiting = max_waiting
        self._waiting = 0

    async def decode(
        self, codec: exchange.Codec, body: bytes, headers: Mapping[str, str], *, model: str
    ) -> tuple[exchange.Query, recording.Pictures]:
        """The request to `model`, and what its history will keep. Raises `Overloaded` and what the codec raises."""
        if self._waiting >= self._max_waiting:
            raise errors.Overloaded(model=model, waiting=self._waiting)
        self._waiting += 1
        try:
            loop = asyncio.get_running_loop()
            return await loop.run_in_executor(self._threads, _decoded, codec, body, headers)
        finally:
            self._waiting -= 1

    def close(self) -> None:
        self._threads.shutdown(cancel_futures=True)


def _decoded(
    codec: exchange.Codec, body: bytes, headers: Mapping[str, str]
) -> tuple[exchange.Query, recording.Pictures]:
    query = codec.decode(body, headers.get("content-type"), headers)
    return query, recording.Pictures.of(query.pictures, rows=len(query.features))
