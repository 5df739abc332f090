"""`/predictions`."""

from __future__ import annotations

import dataclasses
from typing import Annotated

import fastapi
import orjson
import pydantic
from starlette import concurrency, responses

from kolba.contracts import pages
from kolba.contracts import predictions as contracts
from kolba.kit.http import bodies, requirements
from kolba.storage.predictions import documents, repository, service

_JSON = "application/json"
_Cursor = Annotated[contracts.PredictionId | None, fastapi.Query()]
_Moment = Annotated[pydantic.AwareDatetime | None, fastapi.Query()]
_PICTURES = {
    "type": "array",
    "maxItems": contracts.MAX_PICTURES,
    "items": {"type": "string", "contentEncoding": "base64"},
    "description": "The files of `images`, in their order.",
}
_BATCH = {
    "type": "object",
    "required": ["predictions"],
    "properties": {
        "predictions": {
            "type": "array",
            "maxItems": contracts.MAX_BATCH,
            "items": {
                "allOf": [
                    {"$ref": "#/components/schemas/Prediction"},
                    {"type": "object", "properties": {"pictures": _PICTURES}},
                ]
            },
        }
    },
}
_BODY = {"requestBody": {"required": True, "content": {_JSON: {"schema": _BATCH}}}}


def _predictions(request: fastapi.Request) -> service.Predictions:
    found: service.Predictions = request.state.predictions
    return found


def router(*, max_body_bytes: int) -> fastapi.APIRouter:
    """The routes; a batch may be as large as `max_body_bytes`."""
    routes = bodies.router(tags=["predictions"])
    routes.add_api_route(
        "/predictions",
        add_predictions,
        methods=["POST"],
        dependencies=[requirements.needs(requirements.SERVICE)],
        max_body_size=max_body_bytes,
        openapi_extra=_BODY,
    )
    routes.add_api_route(
        "/predictions",
        list_predictions,
        methods=["GET"],
        response_model=contracts.PredictionPage,
    )
    routes.add_api_route(
        "/predictions/{prediction_id}",
        get_prediction,
        methods=["GET"],
        response_model=contracts.Prediction,
    )
    return routes


async def add_predictions(request: fastapi.Request) -> contracts.Accepted:
    """Keep answered predictions, all or none; those already known are passed over."""
    document = await request.body()
    return await concurrency.run_in_threadpool(_add, _predictions(request), document)


def list_predictions(
    request: fastapi.Request,
    *,
    limit: pages.Limit = 50,
    person: contracts.Person | None = None,
    model: contracts.ModelName | None = None,
    model_id: contracts.Number | None = None,
    version: contracts.Version | None = None,
    protocol: contracts.Protocol | None = None,
    has_images: bool | None = None,
    since: _Moment = None,
    until: _Moment = None,
    before: _Cursor = None,
    after: _Cursor = None,
    count: bool = False,
) -> responses.Response:
    """The newest first; `before` and `after` are ids of predictions, `next` is the `before` of the next page."""
    wanted = repository.Filter(
        person=person,
        model=model,
        model_id=model_id,
        version=version,
        protocol=protocol,
        has_images=has_images,
        since=since,
        until=until,
        before=bytes.fromhex(before) if before else None,
        after=bytes.fromhex(after) if after else None,
    )
    known = _predictions(request)
    found = known.page(wanted, limit=limit)
    total = known.count(dataclasses.replace(wanted, before=None, after=None)) if count else None
    return _json(
        documents.page(found.predictions, found.images, following=found.following, total=total)
    )


def get_prediction(
    request: fastapi.Request, prediction_id: contracts.PredictionId
) -> responses.Response:
    found = _predictions(request).get(prediction_id)
    [(series, entry)] = found.predictions
    return _json(orjson.dumps(documents.render(series, entry, found.images.get(entry.id, ()))))


def _add(known: service.Predictions, document: bytes) -> contracts.Accepted:
    return known.add(documents.read(document))


def _json(content: bytes) -> responses.Response:
    """Written by hand: the input and the output of a prediction are JSON already."""
    return responses.Response(content, media_type=_JSON)
