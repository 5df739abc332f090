"""Idempotency keys, opened with the application."""

from __future__ import annotations

import asyncio
import contextlib
import uuid
from collections.abc import AsyncIterator

from kolba.kit import clock
from kolba.kit.db import engine
from kolba.web_master.idempotency import repository, service, settings


@contextlib.asynccontextmanager
async def open_keys(
    config: settings.IdempotencySettings, database: engine.Database, time: clock.Clock
) -> AsyncIterator[service.Keys]:
    """As long as this is open, what this process works on is known to be worked on."""
    entries = repository.ClaimRepository(database, owner=uuid.uuid4().hex)
    entries.give_up_others(now=time.now())
    keys = service.Keys(entries, config, time)
    keeper = asyncio.create_task(keys.keep())
    try:
        yield keys
    finally:
        keeper.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await keeper
