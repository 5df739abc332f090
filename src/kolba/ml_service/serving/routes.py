"""Serving over HTTP: the plain questions. Other protocols stand beside this."""

from __future__ import annotations

from typing import Annotated, Any

import fastapi

from kolba.contracts import models, pages, training
from kolba.kit.http import bodies
from kolba.ml_service import dependencies

router = bodies.router(tags=["models"])


@router.post("/infer")
async def infer(
    request: training.InferRequest, serving: dependencies.Serving
) -> training.InferResponse:
    """Answer rows (CSV text, one object or a list of objects) with a trained model."""
    answer = await serving.predict(request.model_id, request.data)
    return training.InferResponse(
        model_id=answer.served.model_id,
        model=answer.served.name,
        version=answer.served.version,
        predictions=[
            training.InferredRow(label=one.label, probabilities=one.probabilities)
            for one in answer.predictions
        ],
    )


@router.get("/models")
async def list_models(
    request: fastapi.Request,
    catalog: dependencies.Catalog,
    limit: Annotated[pages.Limit, fastapi.Query()] = 50,
    offset: Annotated[pages.Offset, fastapi.Query()] = 0,
    sort: str = "-created_at",
) -> pages.Page[models.Model]:
    """The trained models, newest first; filters are passed on to storage."""
    query: dict[str, Any] = {**request.query_params, "limit": limit, "offset": offset, "sort": sort}
    return await catalog.list_models(**query)


@router.get("/models/{model_id}")
async def show_model(model_id: int, catalog: dependencies.Catalog) -> models.ModelDetail:
    """One model with its signature and its summary: figures, report, importance, versions, hashes."""
    return await catalog.model(model_id)
