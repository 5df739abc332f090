"""The ML service's application."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator, Mapping
from typing import Any

import fastapi

from kolba.contracts import default_model, storage_client
from kolba.inference.protocols import paths
from kolba.kit.http import app as http_app
from kolba.kit.http import client
from kolba.kit.tokens import opening
from kolba.ml_service import settings
from kolba.ml_service.families import registry
from kolba.ml_service.families import routes as family_routes
from kolba.ml_service.finetuning import routes as fine_tuning_routes
from kolba.ml_service.finetuning import service as fine_tuning_service
from kolba.ml_service.predicting import routes as predicting_routes
from kolba.ml_service.predicting import service as predicting_service
from kolba.ml_service.protocols import routes as protocol_routes
from kolba.ml_service.protocols import service as protocol_service
from kolba.ml_service.runs import routes as run_routes
from kolba.ml_service.runs import service as run_service
from kolba.ml_service.serving import direct
from kolba.ml_service.serving import routes as serving_routes
from kolba.ml_service.serving import service as serving_service
from kolba.ml_service.training import job
from kolba.ml_service.training.finetuning import job as tuning


def create_app(config: settings.MlServiceSettings) -> fastapi.FastAPI:
    """The application by its settings; nothing is opened before it starts."""
    tokens = opening.open_tokens(config)
    http = client.ServiceClient("storage", config.storage_url, shown=tokens.passed_on())

    @contextlib.asynccontextmanager
    async def lifespan(_: fastapi.FastAPI) -> AsyncIterator[Mapping[str, Any]]:
        tokens.prepare()
        families = registry.Registry.installed()
        async with http:
            storage = storage_client.StorageClient(http)
            with contextlib.closing(_serving(config.serving, storage)) as serving:
                yield {
                    "settings": config,
                    "families": families,
                    "storage": storage,
                    "runs": run_service.TrainingRuns(
                        storage, families, _rules(config.training), config.training.target_names
                    ),
                    "fine_tuning": fine_tuning_service.FineTuning(
                        storage, families, _rules(config.training), _gate(config.training)
                    ),
                    "serving": serving,
                    "batches": predicting_service.BatchPredictions(storage),
                    "repository": protocol_service.Repository(storage, serving),
                    "default_model": default_model.DefaultModel(
                        storage,
                        config.serving.default_model,
                        fresh_seconds=config.serving.revalidate_seconds,
                    ),
                }

    async def check_storage() -> str:
        await http.json("GET", "/health", timeout_seconds=2.0)
        return "ok"

    return http_app.create(
        config,
        title="Kolba ML service",
        routers=[
            family_routes.router,
            run_routes.router,
            fine_tuning_routes.router,
            serving_routes.router,
            predicting_routes.router,
            protocol_routes.router,
        ],
        lifespan=lifespan,
        find_direct=direct.find,
        explain=paths.explain,
        checks={"storage": check_storage},
    )


def _serving(
    config: settings.ServingSettings, storage: storage_client.StorageClient
) -> serving_service.Serving:
    return serving_service.Serving(
        storage,
        max_models=config.max_models,
        max_bytes=config.max_bytes,
        max_rows=config.max_rows,
        revalidate_seconds=config.revalidate_seconds,
    )


def _rules(training: settings.TrainingSettings) -> job.Rules:
    return job.Rules(
        max_categories=training.max_categories,
        max_classes=training.max_classes,
        codings=tuple(tuple(words) for words in training.codings.values()),
        importance_repeats=training.importance_repeats,
        importance_rows=training.importance_rows,
    )


def _gate(training: settings.TrainingSettings) -> tuning.GateRules:
    return tuning.GateRules(
        significance=training.gate_significance, least_images=training.gate_least_images
    )
