"""Bodies of any size: taken off the network into a spool, never into memory."""

from __future__ import annotations

import asyncio
import concurrent.futures
import contextlib
import pathlib
import time
from collections.abc import AsyncIterator, Callable
from typing import TypeVar

from kolba.storage import settings
from kolba.storage.catalog import errors
from kolba.storage.datasets.ingest import errors as ingest_errors
from kolba.storage.datasets.ingest import spool

_PIECE_BYTES = 1 << 20
Result = TypeVar("Result")


class Intake:
    """Where uploads arrive. Open it for as long as the service lives."""

    def __init__(self, folder: pathlib.Path, options: settings.UploadSettings) -> None:
        self.folder = folder
        self._options = options
        self._along = concurrent.futures.ThreadPoolExecutor(
            options.concurrent, thread_name_prefix="intake-along"
        )
        self._whole = concurrent.futures.ThreadPoolExecutor(
            options.concurrent_whole, thread_name_prefix="intake-whole"
        )

    def prepare(self) -> int:
        """Make the folder and sweep what a killed process left in it. Returns how many leftovers there were."""
        self.folder.mkdir(parents=True, exist_ok=True)
        return spool.sweep(self.folder)

    def close(self) -> None:
        for workers in (self._along, self._whole):
            workers.shutdown(wait=False, cancel_futures=True)

    async def take(
        self,
        chunks: AsyncIterator[bytes],
        read: Callable[[spool.Spool], Result],
        *,
        announced_bytes: int | None,
        reads_along: bool = False,
        may_be_slow: bool = False,
    ) -> Result:
        """What `read` makes of the body, in a thread: once the body is there, or while it arrives (`reads_along`).

        Threads of the two kinds are apart, and a body that is not read along has none while it arrives: a slow sender
        holds up those of its own kind at most. Where `read` fails along the way, no more of the body is taken.
        Raises `UploadTooLarge`, `StorageFull`, `UploadStalled`, `UploadTooSlow` (unless it `may_be_slow`), and what
        `read` and `chunks` raise.
        """
        limit = self._options.max_bytes
        if announced_bytes is not None and announced_bytes > limit:
            raise ingest_errors.UploadTooLarge(limit=limit)
        arriving = spool.Spool(self.folder, limit_bytes=limit)
        reading: asyncio.Future[Result] | None = None
        loop = asyncio.get_running_loop()
        paced = self._without_stalls(
            chunks, least_rate=0 if may_be_slow else self._options.min_bytes_per_second
        )
        try:
            if reads_along:
                reading = loop.run_in_executor(self._along, read, arriving)
            await self._fill(arriving, paced, reading)
            if reading is None:
                reading = loop.run_in_executor(self._whole, read, arriving)
            return await reading
        finally:
            arriving.abort()
            await _settled(reading)
            arriving.close()

    async def _fill(
        self,
        arriving: spool.Spool,
        chunks: AsyncIterator[bytes],
        reading: asyncio.Future[Result] | None,
    ) -> None:
        gathered = bytearray()
        async for chunk in chunks:
            gathered += chunk
            if len(gathered) >= _PIECE_BYTES:
                await asyncio.to_thread(arriving.write, gathered)
                gathered = bytearray()
            if reading is not None and reading.done():
                return
        await asyncio.to_thread(arriving.write, gathered)
        arriving.finish()

    async def _without_stalls(
        self, chunks: AsyncIterator[bytes], *, least_rate: float
    ) -> AsyncIterator[bytes]:
        seconds = self._options.idle_seconds
        iterator = aiter(chunks)
        received, waited = 0, 0.0
        while True:
            began = time.monotonic()
            try:
                async with asyncio.timeout(seconds):
                    chunk = await anext(iterator)
            except StopAsyncIteration:
                return
            except TimeoutError:
                raise errors.UploadStalled(seconds=seconds) from None
            received += len(chunk)
            # Only waiting for the sender counts: while the disk is slow, it is not the sender who is.
            waited += time.monotonic() - began
            if waited > self._options.grace_seconds and received < least_rate * waited:
                raise errors.UploadTooSlow(
                    received=received, seconds=round(waited, 1), limit=least_rate
                )
            yield chunk


async def _settled(reading: asyncio.Future[Result] | None) -> None:
    """Wait for the reader to let go of the spool, also while this task is being cancelled."""
    while reading is not None and not reading.done():
        with contextlib.suppress(asyncio.CancelledError):
            await asyncio.wait([reading])
    if reading is not None and not reading.cancelled():
        reading.exception()
