import asyncio

import pytest

from kolba.ml_service.serving import cache


class Loader:
    def __init__(self, size: int = 1) -> None:
        self.calls = 0
        self.size = size

    async def __call__(self) -> tuple[str, int]:
        self.calls += 1
        await asyncio.sleep(0)
        return "value", self.size


async def test_many_who_wait_cause_one_load() -> None:
    kept: cache.Cache[str] = cache.Cache(max_entries=2, max_size=10)
    loader = Loader()
    entries = await asyncio.gather(*(kept.load(1, loader) for _ in range(20)))
    assert loader.calls == 1
    assert all(entry is entries[0] for entry in entries)


async def test_one_who_goes_away_does_not_stop_the_others() -> None:
    kept: cache.Cache[str] = cache.Cache(max_entries=2, max_size=10)
    first, second = (asyncio.create_task(kept.load(1, Loader())) for _ in range(2))
    await asyncio.sleep(0)
    first.cancel()
    assert (await second).value == "value"


async def test_the_least_recently_used_goes_first() -> None:
    kept: cache.Cache[str] = cache.Cache(max_entries=2, max_size=10)
    for key in (1, 2):
        await kept.load(key, Loader())
    kept.find(1)
    await kept.load(3, Loader())
    assert kept.find(2) is None
    assert kept.find(1) is not None
    assert len(kept) == 2


async def test_the_size_is_bounded() -> None:
    kept: cache.Cache[str] = cache.Cache(max_entries=100, max_size=10)
    for key in range(20):
        await kept.load(key, Loader(4))
    assert kept.size <= 10
    assert len(kept) == 2


async def test_a_failed_load_is_tried_again() -> None:
    kept: cache.Cache[str] = cache.Cache(max_entries=2, max_size=10)

    async def fail() -> tuple[str, int]:
        raise ConnectionError

    with pytest.raises(ConnectionError):
        await kept.load(1, fail)
    assert (await kept.load(1, Loader())).value == "value"
