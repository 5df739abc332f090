"""The digits' scenarios over HTTP."""

from __future__ import annotations

from typing import cast

import fastapi

from kolba.contracts import scenarios
from kolba.kit.http import bodies
from kolba.kit.http import requirements as kit_requirements
from kolba.web_master.access import requirements
from kolba.web_master.digits import service
from kolba.web_master.scenarios import catalogue

router = bodies.router(tags=["scenarios"])


def _service(request: fastapi.Request) -> service.Digits:
    return cast(service.Digits, request.state.digits)


@router.post(
    "/train",
    status_code=202,
    dependencies=[kit_requirements.needs(requirements.scenario(catalogue.TRAIN_DIGITS))],
)
async def train_digits(
    request: fastapi.Request,
    response: fastapi.Response,
    body: scenarios.TrainDigits | None = None,
) -> scenarios.TrainingStarted:
    """Start training the model that reads handwritten digits; the digits are collected where they are not yet."""
    started = await _service(request).train(body or scenarios.TrainDigits())
    response.headers["Location"] = started.run
    return started


@router.post(
    "/fine-tune",
    status_code=202,
    dependencies=[kit_requirements.needs(requirements.scenario(catalogue.FINE_TUNE))],
)
async def fine_tune(
    request: fastapi.Request,
    response: fastapi.Response,
    body: scenarios.FineTune | None = None,
) -> scenarios.TrainingStarted:
    """Start training the digits' model on with what people contributed; `production` moves if it became no worse."""
    started = await _service(request).fine_tune(body or scenarios.FineTune())
    response.headers["Location"] = started.run
    return started
