"""The rules of preprocess: how an image is decoded, how its tensor reaches the model. Transport-free to callers."""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING, Literal

import orjson

from kolba.kit import bounded, context
from kolba.kit.http import balancing, lean
from kolba.pipeline import deadlines, exchange, timing, wire
from kolba.pipeline.preprocess import loader

if TYPE_CHECKING:  # loaded with the first image
    from kolba.pipeline.preprocess import steps

_PNG = b"\x89PNG\r\n\x1a\n"
_SMALL_BYTES = 16_384
_SMALL_SIDE = 128
_SERVICE = "preprocess"
_PATH = "/predict"
_SHAPE = "28,28"


class Preprocess:
    """Decodes images and asks the model."""

    def __init__(
        self,
        model: balancing.Balanced,
        shared: exchange.Exchange,
        *,
        transport: Literal["http", "volume"],
        large_at_once: int,
        max_waiting: int,
    ) -> None:
        self._model = model
        self._exchange = shared
        self._transport = transport
        self._aside = bounded.Executor("images", threads=large_at_once, max_waiting=max_waiting)
        self._is_loaded = False

    def close(self) -> None:
        self._aside.close()

    async def prepare(self) -> None:
        """Load the libraries, aside."""
        await asyncio.to_thread(loader.load)
        self._is_loaded = True

    @property
    def is_loaded(self) -> bool:
        return self._is_loaded

    async def picture(
        self, content: bytes, deadline: deadlines.Deadline, spent: timing.Timing
    ) -> steps.Picture:
        """The digit in an image file.

        Raises what `steps.Steps.picture` does, `kit.errors.TooBusy`, and `balancing.DeadlinePassed`: an image whose
        turn has not come by then is not decoded.
        """
        started = time.perf_counter()
        if not self._is_loaded:
            await self.prepare()
        try:
            if _is_small(content):
                return loader.load().picture(content)
            async with asyncio.timeout(deadline.left(_SERVICE)):
                return await self._aside.run(loader.load().picture, content)
        except TimeoutError:
            raise balancing.DeadlinePassed(service=_SERVICE) from None
        finally:
            spent.part("decode", time.perf_counter() - started)

    async def ask(
        self, picture: steps.Picture, deadline: deadlines.Deadline, spent: timing.Timing
    ) -> lean.Answer:
        """The model's answer. Raises what `balancing.Balanced.post` and `exchange.Exchange.left` do."""
        if self._transport == "http":
            content = loader.load().to_bytes(picture)
            headers = {"Content-Type": wire.BINARY, wire.SHAPE_HEADER: _SHAPE}
            return await self._post(content, headers, deadline, spent)
        started = time.perf_counter()
        content = loader.load().to_npy(picture)
        with self._exchange.left(context.current().request_id, content) as name:
            spent.part("volume-write", time.perf_counter() - started)
            headers = {"Content-Type": wire.JSON}
            return await self._post(orjson.dumps({"path": name}), headers, deadline, spent)

    async def _post(
        self,
        content: bytes,
        headers: dict[str, str],
        deadline: deadlines.Deadline,
        spent: timing.Timing,
    ) -> lean.Answer:
        headers[wire.DEADLINE_HEADER] = deadline.header()
        started = time.perf_counter()
        answer = await self._model.post(_PATH, content, headers, seconds=deadline.left("model"))
        said = answer.headers.get("server-timing", "")
        spent.passed_on("model", time.perf_counter() - started, said)
        return answer


def _is_small(content: bytes) -> bool:
    """Whether decoding takes less time than handing it to a thread and back: only a PNG says so without being read."""
    return (
        len(content) <= _SMALL_BYTES
        and content.startswith(_PNG)
        and int.from_bytes(content[16:20]) <= _SMALL_SIDE
        and int.from_bytes(content[20:24]) <= _SMALL_SIDE
    ) or not _may_be_large(content)


def _may_be_large(content: bytes) -> bool:
    """Whether it may be an image at all: what is none is refused at a glance."""
    return content.startswith((_PNG, b"\xff\xd8\xff"))
