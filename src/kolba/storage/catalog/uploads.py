"""Bodies of any size: taken off the network into a spool, never into memory."""

from __future__ import annotations

import asyncio
import concurrent.futures
import contextlib
import pathlib
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
        self._workers = concurrent.futures.ThreadPoolExecutor(
            options.concurrent, thread_name_prefix="intake"
        )

    def prepare(self) -> int:
        """Make the folder and sweep what a killed process left in it. Returns how many leftovers there were."""
        self.folder.mkdir(parents=True, exist_ok=True)
        return spool.sweep(self.folder)

    def close(self) -> None:
        self._workers.shutdown(wait=False, cancel_futures=True)

    async def take(
        self,
        chunks: AsyncIterator[bytes],
        read: Callable[[spool.Spool], Result],
        *,
        announced_bytes: int | None,
    ) -> Result:
        """What `read` makes of the body, working in a thread while the body arrives.

        Once `read` fails, no more of the body is taken. Raises `UploadTooLarge`, `StorageFull`, `UploadStalled`, and
        what `read` and `chunks` raise.
        """
        limit = self._options.max_bytes
        if announced_bytes is not None and announced_bytes > limit:
            raise ingest_errors.UploadTooLarge(limit=limit)
        arriving = spool.Spool(self.folder, limit_bytes=limit)
        reading: asyncio.Future[Result] | None = None
        try:
            loop = asyncio.get_running_loop()
            reading = loop.run_in_executor(self._workers, read, arriving)
            await self._fill(arriving, chunks, reading)
            return await reading
        finally:
            arriving.abort()
            await _settled(reading)
            arriving.close()

    async def _fill(
        self, arriving: spool.Spool, chunks: AsyncIterator[bytes], reading: asyncio.Future[Result]
    ) -> None:
        gathered = bytearray()
        async for chunk in self._without_stalls(chunks):
            gathered += chunk
            if len(gathered) >= _PIECE_BYTES:
                await asyncio.to_thread(arriving.write, gathered)
                gathered = bytearray()
            if reading.done():
                return
        await asyncio.to_thread(arriving.write, gathered)
        arriving.finish()

    async def _without_stalls(self, chunks: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
        seconds = self._options.idle_seconds
        iterator = aiter(chunks)
        while True:
            try:
                async with asyncio.timeout(seconds):
                    chunk = await anext(iterator)
            except StopAsyncIteration:
                return
            except TimeoutError:
                raise errors.UploadStalled(seconds=seconds) from None
            yield chunk


async def _settled(reading: asyncio.Future[Result] | None) -> None:
    """Wait for the reader to let go of the spool, also while this task is being cancelled."""
    while reading is not None and not reading.done():
        with contextlib.suppress(asyncio.CancelledError):
            await asyncio.wait([reading])
    if reading is not None and not reading.cancelled():
        reading.exception()
