"""The rules of prices: what has none is free; a change counts within a second, without anybody asking a database."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Mapping

from kolba.kit import clock, threads
from kolba.web_master.ledger.prices import repository

_ROWS_OF_A_UNIT = 1000


class Prices:
    """Every price, in memory. For the event loop's thread only."""

    def __init__(
        self,
        prices: repository.PriceRepository,
        *,
        fresh_seconds: float = 1.0,
        time_of_day: clock.Clock | None = None,
        now: Callable[[], float] = time.monotonic,
    ) -> None:
        self._prices = prices
        self._fresh_seconds = fresh_seconds
        self._clock = time_of_day or clock.SystemClock()
        self._now = now
        self._models: Mapping[str, int] = {}
        self._runs: Mapping[str, int] = {}
        self._read_at: float | None = None
        self._reading: asyncio.Task[None] | None = None
        self._changes = 0
        """How many were made here."""

    async def close(self) -> None:
        """Wait for what is being read aside."""
        if self._reading is not None:
            await asyncio.wait([self._reading])

    def peek(self, model: str) -> int | None:
        """What a row costs that this model answers; None where that must be looked up (`of_model`). Never waits.

        Begins to look anew, aside, before what is known grows too old to be answered.
        """
        if self._read_at is None:
            return None
        age = self._now() - self._read_at
        if age > self._fresh_seconds:
            return None
        if age > self._fresh_seconds / 2:
            self._begin_reading()
        return self._models.get(model, 0)

    async def of_model(self, model: str) -> int:
        """Credits for each row that this model answers; 0: free."""
        price = self.peek(model)
        if price is None:
            await self._read()
            price = self._models.get(model, 0)
        return price

    async def of_run(self, kind: str) -> int:
        """Credits for each run of this kind (of `predict-batch`: for every 1,000 rows begun); 0: free."""
        if self.peek("") is None:
            await self._read()
        return self._runs.get(kind, 0)

    async def of_training(self) -> int:
        return await self.of_run("train")

    async def of_fine_tuning(self) -> int:
        return await self.of_run("fine-tune")

    async def of_batch(self, model: str, rows: int) -> int:
        """A whole data set: its rows as elsewhere, and what the run itself costs."""
        units = -(-rows // _ROWS_OF_A_UNIT)
        return rows * await self.of_model(model) + units * await self.of_run("predict-batch")

    async def has_any(self) -> bool:
        """Whether anything costs something."""
        if self.peek("") is None:
            await self._read()
        return bool(self._models or self._runs)

    async def all(self) -> list[repository.Price]:
        """As they stand now."""
        return await threads.run(self._prices.all)

    async def set(
        self, subject: repository.Subject, name: str, price: int, *, by: str
    ) -> repository.Price:
        """Enter a price, 1 … `amounts.MAX_AMOUNT`, in place of the former."""
        entered = repository.Price(
            subject=subject, name=name, price=price, set_at=self._clock.now(), set_by=by
        )
        await threads.run(self._prices.set, entered)
        self._look_anew()
        return entered

    async def remove(self, subject: repository.Subject, name: str) -> bool:
        """Make it free; whether it had a price."""
        had_one = await threads.run(self._prices.remove, subject, name)
        self._look_anew()
        return had_one

    def _look_anew(self) -> None:
        self._changes += 1
        self._read_at = None

    async def _read(self) -> None:
        """Whoever needs it meanwhile shares the one look."""
        await asyncio.shield(self._begin_reading())

    def _begin_reading(self) -> asyncio.Task[None]:
        if self._reading is None:
            self._reading = asyncio.get_running_loop().create_task(self._read_all())
        return self._reading

    async def _read_all(self) -> None:
        try:
            changes = None
            while (
                changes != self._changes
            ):  # what was read while somebody set a price may be without it
                changes, begun = self._changes, self._now()
                found = await threads.run(self._prices.all)
            self._models = {one.name: one.price for one in found if one.subject == "model"}
            self._runs = {one.name: one.price for one in found if one.subject == "run"}
            self._read_at = begun
        finally:
            self._reading = None
