"""Requests about pictures are decoded in threads of their own.

A drawing takes milliseconds, a large photograph a fifth of a second, and which it is shows only on the way. However
many come, the event loop goes on and other work finds a thread.
"""

from __future__ import annotations

from collections.abc import Mapping

from kolba.inference.protocols import exchange
from kolba.kit import bounded
from kolba.kit import errors as kit_errors
from kolba.web_master.predictions import errors, recording


class Decoding:
    def __init__(self, *, threads: int, max_waiting: int) -> None:
        self._threads = bounded.Executor("pictures", threads=threads, max_waiting=max_waiting)

    async def decode(
        self, codec: exchange.Codec, body: bytes, headers: Mapping[str, str], *, model: str
    ) -> tuple[exchange.Query, recording.Pictures]:
        """The request to `model`, and what its history will keep. Raises `Overloaded` and what the codec raises."""
        try:
            return await self._threads.run(_decoded, codec, body, headers)
        except kit_errors.TooBusy as busy:
            raise errors.Overloaded(model=model, waiting=busy.details["waiting"]) from None

    def close(self) -> None:
        self._threads.close()


def _decoded(
    codec: exchange.Codec, body: bytes, headers: Mapping[str, str]
) -> tuple[exchange.Query, recording.Pictures]:
    query = codec.decode(body, headers.get("content-type"), headers)
    return query, recording.Pictures.of(query.pictures, rows=len(query.features))
