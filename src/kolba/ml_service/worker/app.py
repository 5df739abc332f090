"""The worker's application: health and metrics outside, the work in its lifespan."""

from __future__ import annotations

import contextlib
import time
from collections.abc import AsyncIterator, Mapping
from typing import Any

import fastapi

from kolba.contracts import storage_client
from kolba.kit.http import app as http_app
from kolba.kit.http import client
from kolba.kit.tokens import opening
from kolba.ml_service.worker import children, metrics, service, settings

_PATIENCE_SECONDS = 60.0
"""Loading the libraries takes a few seconds; only a nursery that is not there after this is a fault."""


def create_app(config: settings.WorkerSettings) -> fastapi.FastAPI:
    """The application by its settings; nothing is opened before it starts."""
    tokens = opening.open_tokens(config)
    http = client.ServiceClient("storage", config.storage_url, shown=tokens.own())
    nursery = children.Nursery(
        nice=config.nice, threads=config.threads, blocked_modules=config.blocked_modules
    )
    created = time.monotonic()

    @contextlib.asynccontextmanager
    async def lifespan(app: fastapi.FastAPI) -> AsyncIterator[Mapping[str, Any]]:
        tokens.prepare()
        measured = metrics.WorkerMetrics(app.state.metrics.registry)
        worker = service.Worker(storage_client.StorageClient(http), nursery, config, measured)
        async with http, worker.working():
            yield {}

    async def check_nursery() -> str:
        if nursery.is_ready or time.monotonic() - created < _PATIENCE_SECONDS:
            return "ok"
        return "the libraries are not loaded; the log says why"

    async def check_storage() -> str:
        await http.json("GET", "/health", timeout_seconds=2.0)
        return "ok"

    return http_app.create(
        config,
        title="Kolba worker",
        routers=[],
        lifespan=lifespan,
        checks={"nursery": check_nursery, "storage": check_storage},
    )
