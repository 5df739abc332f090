"""Services that are really killed while predictions are asked for.

An answer that was given is in the history exactly once; an answer that was not given costs nothing; the rest goes on.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from kolba.kit.testing import processes


async def under_load(house: Any, fault: Callable[[], Awaitable[None]]) -> tuple[Any, list[str]]:
    """The load's memory and what the history gained, after `fault` happened in the load's midst."""
    before = set(await everything_shipped(house))
    load = house.load()
    calling = asyncio.create_task(load.run())
    await _more_answers(load, 50)
    await fault()
    await _more_answers(load, 50)
    load.stopping = True
    await calling
    return load, [one for one in await everything_shipped(house) if one not in before]


async def _more_answers(load: Any, count: int) -> None:
    wanted = len(load.answered) + count
    for _ in range(3000):
        if len(load.answered) >= wanted:
            return
        await asyncio.sleep(0.02)
    raise AssertionError(f"no answers came any more: {load}")


async def everything_shipped(house: Any) -> list[str]:
    await asyncio.to_thread(processes.until, lambda: house.outbox() == 0, "the outbox to empty")
    found: list[str] = await house.history()
    return found


async def test_the_ml_service_dies_and_comes_back(house: Any) -> None:
    async def fault() -> None:
        await asyncio.to_thread(house.ml_service.kill)
        await asyncio.sleep(0.3)
        await asyncio.to_thread(house.ml_service.start)

    load, history = await under_load(house, fault)
    assert load.broken == 0
    assert set(load.refused) <= {503}
    assert sorted(history) == sorted(load.answered)


async def test_the_web_master_dies_and_nothing_that_was_answered_is_missing(house: Any) -> None:
    async def fault() -> None:
        await asyncio.to_thread(house.web_master.kill)
        await asyncio.to_thread(house.web_master.start)

    load, history = await under_load(house, fault)
    assert load.broken > 0
    assert len(history) == len(set(history))
    assert set(load.answered) <= set(history)
    # Recorded but not given: only what was on its way at the moment of death, at most one for each caller.
    assert len(set(history) - set(load.answered)) <= 16


async def test_storage_is_away_for_a_while_and_the_history_catches_up(house: Any) -> None:
    async def fault() -> None:
        await asyncio.to_thread(house.storage.kill)
        await asyncio.sleep(2)
        await asyncio.to_thread(house.storage.start)

    load, history = await under_load(house, fault)
    assert load.broken == 0
    assert load.refused == {}
    assert sorted(history) == sorted(load.answered)


@pytest.mark.parametrize("order", ["storage first", "web master first"])
async def test_everything_dies_at_once(house: Any, order: str) -> None:
    async def fault() -> None:
        for program in house.programs:
            await asyncio.to_thread(program.kill)
        starting = house.programs if order == "storage first" else list(reversed(house.programs))
        for program in starting:
            await asyncio.to_thread(program.start)

    load, history = await under_load(house, fault)
    assert len(history) == len(set(history))
    assert set(load.answered) <= set(history)
