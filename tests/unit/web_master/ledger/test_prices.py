"""Prices: at hand without asking, and never older than a second."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator
from typing import Any

import pytest

from kolba.web_master.ledger.prices import repository, service


class Watch:
    """A clock that stands still until told."""

    seconds = 0.0

    def now(self) -> float:
        return self.seconds


@pytest.fixture
def watch() -> Watch:
    return Watch()


@pytest.fixture
async def prices(ledger: Any, watch: Watch) -> AsyncIterator[service.Prices]:
    kept = repository.PriceRepository(ledger.database)
    made = service.Prices(kept, fresh_seconds=1.0, time_of_day=ledger.time, now=watch.now)
    yield made
    await made.close()


@pytest.fixture
def elsewhere(ledger: Any) -> service.Prices:
    """Another web master's."""
    return service.Prices(repository.PriceRepository(ledger.database), time_of_day=ledger.time)


async def test_what_has_no_price_is_free(prices: service.Prices) -> None:
    assert await prices.of_model("titanic") == 0
    assert await prices.of_training() == 0
    assert await prices.of_batch("titanic", 10**6) == 0
    assert not await prices.has_any()


async def test_a_price_counts_at_once_where_it_is_set(prices: service.Prices) -> None:
    assert await prices.of_model("titanic") == 0
    await prices.set("model", "titanic", 5, by="admin")
    assert await prices.of_model("titanic") == 5
    assert prices.peek("titanic") == 5
    await prices.set("run", "predict-batch", 7, by="admin")
    assert await prices.of_batch("titanic", 1001) == 1001 * 5 + 2 * 7
    assert await prices.has_any()
    assert await prices.remove("model", "titanic")
    assert not await prices.remove("model", "titanic")
    assert await prices.of_model("titanic") == 0


async def test_a_price_set_elsewhere_counts_after_a_second(
    prices: service.Prices, elsewhere: service.Prices, watch: Watch
) -> None:
    assert prices.peek("titanic") is None  # nothing has been looked up yet
    assert await prices.of_model("titanic") == 0
    await elsewhere.set("model", "titanic", 5, by="admin")
    watch.seconds = 0.4
    assert prices.peek("titanic") == 0
    watch.seconds = 1.1
    assert prices.peek("titanic") is None
    assert await prices.of_model("titanic") == 5


async def test_it_looks_anew_aside_before_what_it_knows_is_old(
    prices: service.Prices, elsewhere: service.Prices, watch: Watch
) -> None:
    await prices.of_model("titanic")
    await elsewhere.set("model", "titanic", 5, by="admin")
    watch.seconds = 0.6
    assert prices.peek("titanic") == 0  # answered at once, and a look begins
    await prices.close()
    assert prices.peek("titanic") == 5


async def test_who_asks_together_shares_one_look(ledger: Any) -> None:
    looks: list[int] = []

    class Counting(repository.PriceRepository):
        def all(self) -> list[repository.Price]:
            looks.append(1)
            return super().all()

    prices = service.Prices(Counting(ledger.database))
    await asyncio.gather(*(prices.of_model("titanic") for _ in range(50)))
    assert len(looks) == 1


async def test_what_was_read_while_a_price_was_set_is_not_believed(ledger: Any) -> None:
    begun, may_go_on = threading.Event(), threading.Event()

    class Slow(repository.PriceRepository):
        def all(self) -> list[repository.Price]:
            found = super().all()
            if not begun.is_set():
                begun.set()
                may_go_on.wait(60)
            return found

    prices = service.Prices(Slow(ledger.database))
    early = asyncio.create_task(prices.of_model("titanic"))
    await asyncio.to_thread(begun.wait, 60)
    await prices.set("model", "titanic", 5, by="admin")
    may_go_on.set()
    assert await early == 5
    assert await prices.of_model("titanic") == 5
