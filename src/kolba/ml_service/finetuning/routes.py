"""Fine-tuning over HTTP."""

from __future__ import annotations

from typing import cast

import fastapi

from kolba.contracts import runs, training
from kolba.kit.http import bodies
from kolba.ml_service import dependencies
from kolba.ml_service.finetuning import service

router = bodies.router(tags=["training"])


@router.post("/fine-tune", status_code=202)
async def start_fine_tuning(
    http: fastapi.Request,
    request: training.FineTuneRequest,
    response: fastapi.Response,
    reference: dependencies.Reference = None,
) -> runs.Run:
    """Put a fine-tuning into the queue; follow it at `/progress/{run_id}`.

    The run's result says whether `production` was moved, and why: `promoted`, `reason`, `gate`.
    """
    fine_tuning = cast(service.FineTuning, http.state.fine_tuning)
    run = await fine_tuning.start(request, reference=reference)
    response.headers["Location"] = f"/progress/{run.id}"
    return run
