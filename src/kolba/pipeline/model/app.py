"""The application of model."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Mapping
from typing import Any

import fastapi

from kolba.contracts import storage_client
from kolba.kit.http import app as http_app
from kolba.kit.http import client, described, readiness
from kolba.kit.tokens import opening
from kolba.pipeline import exchange, journal
from kolba.pipeline.model import batching, following, loader, routes, settings


def create_app(config: settings.ModelSettings) -> fastapi.FastAPI:
    """The application by its settings; nothing is opened before it starts."""
    tokens = opening.open_tokens(config)
    http = client.ServiceClient("storage", config.storage_url, shown=tokens.own())
    ready = readiness.Readiness()
    trouble = _Trouble()

    @contextlib.asynccontextmanager
    async def lifespan(app: fastapi.FastAPI) -> AsyncIterator[Mapping[str, Any]]:
        tokens.prepare()
        kept = journal.Journal(config.service, config.replica, app.state.metrics)
        async with http, _following(config, storage_client.StorageClient(http), kept) as follower:
            ready.why_not = follower.why_not
            trouble.follower = follower
            yield {
                "settings": config,
                "follower": follower,
                "batcher": batching.Batcher(
                    follower.current,
                    max_batch=config.max_batch,
                    max_waiting=config.max_waiting,
                    noted=kept.batch,
                ),
                "exchange": exchange.Exchange(config.exchange_dir) if config.exchange_dir else None,
                "readiness": ready,
                "journal": kept,
            }

    async def check_storage() -> str:
        await http.json("GET", "/health", timeout_seconds=2.0)
        return "ok"

    app = http_app.create(
        config,
        title="Kolba pipeline: model",
        routers=[
            readiness.router(ready),
            routes.router,
            described.router([routes.DESCRIBED], requires=routes.REQUIREMENT),
        ],
        requires=None,
        lifespan=lifespan,
        find_direct=routes.find,
        checks={"storage": check_storage, "model": trouble.check},
    )
    app.state.readiness = ready
    return app


class _Trouble:
    """No model yet is a state like others, and nothing is wrong then; a version that is refused is another matter."""

    follower: following.Follower | None = None

    async def check(self) -> str:
        return (self.follower.trouble if self.follower else None) or "ok"


@contextlib.asynccontextmanager
async def _following(
    config: settings.ModelSettings, storage: storage_client.StorageClient, kept: journal.Journal
) -> AsyncIterator[following.Follower]:
    follower = following.Follower(
        storage,
        kept,
        name=config.model,
        alias=config.alias,
        fresh_seconds=config.fresh_seconds,
        idle_seconds=config.idle_seconds,
        max_bytes=config.max_bundle_bytes,
        batch=config.max_batch,
    )
    if config.preload:
        await asyncio.to_thread(loader.load)
    task = asyncio.create_task(follower.follow())
    try:
        yield follower
    finally:
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task
        await follower.close()
