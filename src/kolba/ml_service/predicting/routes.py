"""Batch predictions over HTTP."""

from __future__ import annotations

from typing import cast

import fastapi

from kolba.contracts import batch_predictions, runs
from kolba.kit.http import bodies
from kolba.ml_service import dependencies
from kolba.ml_service.predicting import service

router = bodies.router(tags=["predictions"])


@router.post("/batch-predictions", status_code=202)
async def start_batch(
    request: fastapi.Request,
    asked: batch_predictions.BatchPredictionRequest,
    response: fastapi.Response,
    reference: dependencies.Reference = None,
) -> runs.Run:
    """Put the prediction of a whole data set into the queue; follow it at `/progress/{run_id}`."""
    batches = cast(service.BatchPredictions, request.state.batches)
    run = await batches.start(asked, reference=reference)
    response.headers["Location"] = f"/progress/{run.id}"
    return run
