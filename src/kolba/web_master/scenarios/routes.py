"""The scenarios over HTTP."""

from __future__ import annotations

from typing import cast

import fastapi

from kolba.contracts import scenarios, training
from kolba.kit.http import bodies
from kolba.kit.http import requirements as kit_requirements
from kolba.web_master.access import requirements
from kolba.web_master.scenarios import catalogue, service

router = bodies.router(tags=["scenarios"])


def _service(request: fastapi.Request) -> service.Scenarios:
    return cast(service.Scenarios, request.state.scenarios)


@router.get("/scenarios", dependencies=[kit_requirements.needs(kit_requirements.SIGNED_IN)])
async def list_scenarios(request: fastapi.Request) -> scenarios.ScenarioList:
    """What there is to do, who may do it, and the JSON Schema of what each asks for."""
    return _service(request).describe()


@router.post(
    "/scenarios/collect-and-store",
    status_code=201,
    dependencies=[kit_requirements.needs(requirements.scenario(catalogue.COLLECT))],
)
async def collect_and_store(
    request: fastapi.Request,
    response: fastapi.Response,
    body: scenarios.CollectAndStore | None = None,
) -> scenarios.Collected:
    """Collect a whole source in parts of `batch_size` rows and store it as one new version of a data set."""
    collected = await _service(request).collect_and_store(body or scenarios.CollectAndStore())
    response.headers["Location"] = f"/datasets/{collected.dataset_id}"
    return collected


@router.post(
    "/scenarios/train-model",
    status_code=202,
    dependencies=[kit_requirements.needs(requirements.scenario(catalogue.TRAIN))],
)
async def train_model(
    request: fastapi.Request, response: fastapi.Response, body: training.TrainRequest
) -> scenarios.TrainingStarted:
    """Start training a model; `progress` is where to follow it."""
    started = await _service(request).train_model(body)
    response.headers["Location"] = started.run
    return started


@router.post(
    "/scenarios/infer-model",
    dependencies=[kit_requirements.needs(requirements.scenario(catalogue.INFER))],
)
async def infer_model(
    request: fastapi.Request, body: training.InferRequest
) -> training.InferResponse:
    """Answer rows of data, given as CSV text or as JSON, with a trained model."""
    return await _service(request).infer_model(body)
