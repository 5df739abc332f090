"""What routes are given: the parts that the lifespan opened."""

from __future__ import annotations

from typing import Annotated, cast

import fastapi

from kolba.contracts import ml_client, storage_client
from kolba.contracts import runs as contracts
from kolba.ml_service import settings as ml_settings
from kolba.ml_service.families import registry
from kolba.ml_service.runs import service as runs
from kolba.ml_service.serving import service as serving


def _runs(request: fastapi.Request) -> runs.TrainingRuns:
    return cast(runs.TrainingRuns, request.state.runs)


def _serving(request: fastapi.Request) -> serving.Serving:
    return cast(serving.Serving, request.state.serving)


def _families(request: fastapi.Request) -> registry.Registry:
    return cast(registry.Registry, request.state.families)


def _settings(request: fastapi.Request) -> ml_settings.MlServiceSettings:
    return cast(ml_settings.MlServiceSettings, request.state.settings)


def _catalog(request: fastapi.Request) -> storage_client.StorageClient:
    return cast(storage_client.StorageClient, request.state.storage)


Reference = Annotated[
    contracts.Reference | None,
    fastapi.Header(alias=ml_client.REFERENCE_HEADER, description="Makes it safe to ask again."),
]
"""Of a run that is to be created."""
Runs = Annotated[runs.TrainingRuns, fastapi.Depends(_runs)]
Serving = Annotated[serving.Serving, fastapi.Depends(_serving)]
Families = Annotated[registry.Registry, fastapi.Depends(_families)]
Settings = Annotated[ml_settings.MlServiceSettings, fastapi.Depends(_settings)]
Catalog = Annotated[storage_client.StorageClient, fastapi.Depends(_catalog)]
