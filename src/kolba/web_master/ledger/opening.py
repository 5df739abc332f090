"""Opens the ledger, and follows the runs that credits are held for."""

from __future__ import annotations

import asyncio
import contextlib
import dataclasses
from collections.abc import AsyncIterator, Mapping
from typing import Any

from kolba.contracts import storage_client
from kolba.kit import clock
from kolba.kit.db import engine
from kolba.web_master.ledger import settings
from kolba.web_master.ledger.accounts import repository as accounts_repository
from kolba.web_master.ledger.accounts import service as accounts_service
from kolba.web_master.ledger.holds import following
from kolba.web_master.ledger.holds import repository as holds_repository
from kolba.web_master.ledger.holds import service as holds_service
from kolba.web_master.ledger.prices import quoting
from kolba.web_master.ledger.prices import repository as prices_repository
from kolba.web_master.ledger.prices import service as prices_service


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Ledger:
    accounts: accounts_service.Accounts
    balances: accounts_service.Balances
    holds: holds_service.Holds
    follower: following.Follower
    prices: prices_service.Prices
    price_list: quoting.PriceList
    is_person: accounts_service.IsPerson

    def state(self) -> Mapping[str, Any]:
        """What routes find in `request.state`."""
        return {
            "balances": self.balances,
            "price_list": self.price_list,
            "is_person": self.is_person,
            "hold_follower": self.follower,
        }


@contextlib.asynccontextmanager
async def open_ledger(
    config: settings.LedgerSettings,
    *,
    database: engine.Database,
    storage: storage_client.StorageClient,
    time: clock.Clock,
    is_person: accounts_service.IsPerson,
) -> AsyncIterator[Ledger]:
    """The ledger; holds are followed as long as the block lasts. `is_person` tells who there is."""
    open_holds = holds_repository.HoldRepository(database)
    kept = accounts_repository.AccountRepository(database)
    numbers = accounts_service.Accounts(kept)
    balances = accounts_service.Balances(
        kept, numbers, time=time, provider=config.top_up_provider, cap=config.top_up_cap
    )
    prices = prices_service.Prices(
        prices_repository.PriceRepository(database),
        fresh_seconds=config.prices_fresh_seconds,
        time_of_day=time,
    )
    pace = following.Pace(
        interval_seconds=config.follow_interval_seconds,
        lost_after_seconds=config.lost_after_seconds,
    )
    follower = following.Follower(open_holds, storage, pace, time=time)
    async with contextlib.AsyncExitStack() as open_things:
        open_things.push_async_callback(prices.close)
        await open_things.enter_async_context(_following(follower))
        yield Ledger(
            accounts=numbers,
            balances=balances,
            holds=holds_service.Holds(open_holds, kept, numbers, time=time),
            follower=follower,
            prices=prices,
            price_list=quoting.PriceList(prices, balances, storage),
            is_person=is_person,
        )


@contextlib.asynccontextmanager
async def _following(follower: following.Follower) -> AsyncIterator[None]:
    task = asyncio.create_task(follower.run())
    try:
        yield
    finally:
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task
