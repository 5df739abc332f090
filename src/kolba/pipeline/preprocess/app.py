"""The application of preprocess."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Mapping
from typing import Any

import fastapi

from kolba.kit.http import app as http_app
from kolba.kit.http import balancing, described, readiness
from kolba.kit.tokens import opening
from kolba.pipeline import exchange, journal
from kolba.pipeline.preprocess import routes, service, settings


def create_app(config: settings.PreprocessSettings) -> fastapi.FastAPI:
    """The application by its settings; nothing is opened before it starts."""
    tokens = opening.open_tokens(config)
    shared = exchange.Exchange(config.exchange_dir)
    model = balancing.Balanced(
        "model",
        config.model.urls,
        shown=tokens.own(),
        resolve_seconds=config.model.resolve_seconds,
        attempt_seconds=config.model.attempt_seconds,
    )
    ready = readiness.Readiness()

    @contextlib.asynccontextmanager
    async def lifespan(app: fastapi.FastAPI) -> AsyncIterator[Mapping[str, Any]]:
        tokens.prepare()
        preprocess = service.Preprocess(
            model,
            shared,
            transport=config.transport,
            large_at_once=config.large_images_at_once,
            max_waiting=config.max_waiting,
        )
        ready.why_not = lambda: "loading" if config.preload and not preprocess.is_loaded else None
        async with model, _in_background(_background(config, preprocess, shared)):
            yield {
                "settings": config,
                "preprocess": preprocess,
                "readiness": ready,
                "journal": journal.Journal(config.service, config.replica, app.state.metrics),
            }
        preprocess.close()

    async def check_exchange() -> str:
        return shared.trouble() or "ok"

    app = http_app.create(
        config,
        title="Kolba pipeline: preprocess",
        routers=[
            readiness.router(ready),
            described.router([routes.DESCRIBED], requires=routes.REQUIREMENT),
        ],
        requires=None,
        lifespan=lifespan,
        find_direct=routes.find,
        checks={"exchange": check_exchange} if config.transport == "volume" else {},
    )
    app.state.readiness = ready
    return app


async def _background(
    config: settings.PreprocessSettings, preprocess: service.Preprocess, shared: exchange.Exchange
) -> None:
    if config.preload:
        await preprocess.prepare()
    if config.transport == "volume":
        shared.prepare()
        while True:
            await asyncio.to_thread(shared.sweep, config.orphan_seconds)
            await asyncio.sleep(config.orphan_seconds / 4)


@contextlib.asynccontextmanager
async def _in_background(work: Any) -> AsyncIterator[None]:
    task = asyncio.create_task(work)
    try:
        yield
    finally:
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task
