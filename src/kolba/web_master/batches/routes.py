"""`POST /batch-predictions`: JSON that names a data set, or the rows themselves."""

from __future__ import annotations

from typing import Annotated, Any, TypeVar, cast

import fastapi
import orjson
import pydantic
from fastapi import exceptions

from kolba.contracts import batch_predictions, names, runs, storage_client
from kolba.kit import errors as kit_errors
from kolba.kit.http import bodies
from kolba.kit.http import requirements as kit_requirements
from kolba.web_master.access import requirements
from kolba.web_master.batches import service
from kolba.web_master.gateway import relay
from kolba.web_master.scenarios import catalogue

_MOST_JSON_BYTES = 65_536
_FILE: dict[str, Any] = {"schema": {"type": "string", "format": "binary"}}
_FORM: dict[str, Any] = {
    "type": "object",
    "required": ["file"],
    "properties": {"file": {"type": "string", "format": "binary"}},
}
_BODY = {
    "requestBody": {
        "required": True,
        "content": {
            "application/json": {
                "schema": batch_predictions.BatchPredictionRequest.model_json_schema()
            },
            "text/csv": _FILE,
            storage_client.PARQUET: _FILE,
            "multipart/form-data": {"schema": _FORM},
        },
    }
}
_Options = TypeVar("_Options", bound=batch_predictions.BatchPredictionOptions)
_Text = Annotated[str | None, fastapi.Query(max_length=256)]
_Name = Annotated[names.Name | None, fastapi.Query()]


def router(*, max_upload_bytes: int) -> fastapi.APIRouter:
    """A file may be as large as `max_upload_bytes`; it is never held."""
    routes = bodies.router(tags=["predictions"])
    routes.add_api_route(
        "/batch-predictions",
        start_batch,
        methods=["POST"],
        status_code=202,
        openapi_extra=_BODY,
        max_body_size=max_upload_bytes,
        dependencies=[kit_requirements.needs(requirements.scenario(catalogue.BATCH))],
    )
    return routes


async def start_batch(
    request: fastapi.Request,
    response: fastapi.Response,
    *,
    model: _Text = None,
    reference: _Text = None,
    name: _Name = None,
    dataset: _Name = None,
    on_unknown: batch_predictions.OnUnknown = "fail",
) -> runs.Run:
    """Answer every row of a data set, or of a CSV or Parquet file in the body; the answers become a new data set.

    With a file the query says what JSON says otherwise, and `dataset` what the rows themselves are called.
    """
    batches = cast(service.BatchPredictions, request.state.batches)
    content_type = request.headers.get("content-type", "application/json")
    if content_type.partition(";")[0].strip().lower() == "application/json":
        run = await batches.start(await _asked(request))
    else:
        asked = {"model": model, "reference": reference, "name": name, "on_unknown": on_unknown}
        given = {key: value for key, value in asked.items() if value is not None}
        options = _checked(batch_predictions.BatchPredictionOptions, given)
        run = await _with_file(batches, options, request, content_type, dataset)
    response.headers["Location"] = f"/runs/{run.id}"
    return run


async def _with_file(
    batches: service.BatchPredictions,
    options: batch_predictions.BatchPredictionOptions,
    request: fastapi.Request,
    content_type: str,
    name: str | None,
) -> runs.Run:
    body = relay.Upload(request)
    upload = service.Upload(chunks=body, content_type=content_type, name=name)
    try:
        return await batches.start_with(options, upload)
    except kit_errors.KolbaError:
        if body.failure is not None:
            raise body.failure from None
        raise


async def _asked(request: fastapi.Request) -> batch_predictions.BatchPredictionRequest:
    content = bytearray()
    async for chunk in request.stream():
        content += chunk
        if len(content) > _MOST_JSON_BYTES:
            raise kit_errors.BodyTooLarge
    try:
        document = orjson.loads(content)
    except orjson.JSONDecodeError as error:
        raise kit_errors.MalformedBody(reason=str(error)) from None
    return _checked(batch_predictions.BatchPredictionRequest, document)


def _checked(kind: type[_Options], document: Any) -> _Options:
    """Raises `RequestValidationError`, which the framework's handler reports like any other."""
    try:
        return kind.model_validate(document)
    except pydantic.ValidationError as error:
        raise exceptions.RequestValidationError(error.errors()) from None
