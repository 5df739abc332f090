"""The application of postprocess."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator, Mapping
from typing import Any

import fastapi

from kolba.kit.http import app as http_app
from kolba.kit.http import balancing, described, readiness
from kolba.kit.tokens import opening
from kolba.pipeline import journal
from kolba.pipeline.postprocess import routes, settings


def create_app(config: settings.PostprocessSettings) -> fastapi.FastAPI:
    """The application by its settings; nothing is opened before it starts."""
    tokens = opening.open_tokens(config)
    preprocess = balancing.Balanced(
        "preprocess",
        config.preprocess.urls,
        shown=tokens.own(),
        resolve_seconds=config.preprocess.resolve_seconds,
        attempt_seconds=config.preprocess.attempt_seconds,
    )
    ready = readiness.Readiness()

    @contextlib.asynccontextmanager
    async def lifespan(app: fastapi.FastAPI) -> AsyncIterator[Mapping[str, Any]]:
        tokens.prepare()
        async with preprocess:
            yield {
                "settings": config,
                "preprocess": preprocess,
                "readiness": ready,
                "journal": journal.Journal(config.service, config.replica, app.state.metrics),
            }

    app = http_app.create(
        config,
        title="Kolba pipeline: postprocess",
        routers=[
            readiness.router(ready),
            described.router([routes.DESCRIBED], requires=routes.REQUIREMENT),
        ],
        requires=None,
        lifespan=lifespan,
        find_direct=routes.find,
    )
    app.state.readiness = ready
    return app
