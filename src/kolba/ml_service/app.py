"""The ML service's application."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator, Mapping
from typing import Any

import fastapi

from kolba.contracts import storage_client
from kolba.kit.http import app as http_app
from kolba.kit.http import client
from kolba.ml_service import settings
from kolba.ml_service.families import registry
from kolba.ml_service.families import routes as family_routes
from kolba.ml_service.runs import routes as run_routes
from kolba.ml_service.runs import service as run_service
from kolba.ml_service.serving import direct
from kolba.ml_service.serving import routes as serving_routes
from kolba.ml_service.serving import service as serving_service
from kolba.ml_service.training import job


def create_app(config: settings.MlServiceSettings) -> fastapi.FastAPI:
    """The application by its settings; nothing is opened before it starts."""
    http = client.ServiceClient("storage", config.storage_url)

    @contextlib.asynccontextmanager
    async def lifespan(_: fastapi.FastAPI) -> AsyncIterator[Mapping[str, Any]]:
        families = registry.Registry.installed()
        async with http:
            storage = storage_client.StorageClient(http)
            yield {
                "settings": config,
                "families": families,
                "storage": storage,
                "runs": run_service.TrainingRuns(
                    storage, families, _rules(config.training), config.training.target_names
                ),
                "serving": serving_service.Serving(storage, **config.serving.model_dump()),
            }

    async def check_storage() -> str:
        await http.json("GET", "/health", timeout_seconds=2.0)
        return "ok"

    return http_app.create(
        config,
        title="Kolba ML service",
        routers=[family_routes.router, run_routes.router, serving_routes.router],
        lifespan=lifespan,
        find_direct=direct.find,
        checks={"storage": check_storage},
    )


def _rules(training: settings.TrainingSettings) -> job.Rules:
    return job.Rules(
        max_categories=training.max_categories,
        max_classes=training.max_classes,
        codings=tuple(tuple(words) for words in training.codings.values()),
        importance_repeats=training.importance_repeats,
        importance_rows=training.importance_rows,
    )
