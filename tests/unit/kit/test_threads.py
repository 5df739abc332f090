"""Work in a thread outlives nobody."""

from __future__ import annotations

import asyncio
import threading

import pytest

from kolba.kit import threads


async def test_it_answers_and_raises_as_the_function_does() -> None:
    assert await threads.run(int, "7") == 7
    with pytest.raises(ValueError, match="seven"):
        await threads.run(int, "seven")


async def test_who_is_cancelled_waits_for_the_thread() -> None:
    begun, may_end, done = threading.Event(), threading.Event(), threading.Event()

    def work() -> None:
        begun.set()
        may_end.wait(60)
        done.set()

    task = asyncio.create_task(threads.run(work))
    await asyncio.to_thread(begun.wait, 60)
    task.cancel()
    await asyncio.sleep(0)
    assert not task.done()
    may_end.set()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert done.is_set()
