"""The Open Inference Protocol and MLflow over HTTP, but for predictions, which are direct routes."""

from __future__ import annotations

from typing import Annotated, Any, cast

import fastapi
from starlette import responses

import kolba
from kolba.contracts import open_inference
from kolba.inference.protocols import openapi, paths, repository, v2_metadata
from kolba.kit.http import bodies, described
from kolba.ml_service.protocols import service

router = bodies.router()
_OPEN = "open inference protocol"
_MLFLOW = "mlflow"
_Model = Annotated[str, fastapi.Path(description="A name, or `name@alias` or `name@version`.")]
_Version = Annotated[str, fastapi.Path(description="A version's name, or an alias.")]
_OptionalBody: dict[str, Any] = {"requestBody": openapi.REPOSITORY_BODY}


def _repository(request: fastapi.Request) -> service.Repository:
    return cast(service.Repository, request.state.repository)


@router.get("/v2", tags=[_OPEN])
async def describe_server() -> open_inference.ServerMetadata:
    """The server's name, version and extensions."""
    return open_inference.ServerMetadata(**v2_metadata.server(kolba.__version__))


@router.get("/v2/health/live", tags=[_OPEN])
async def check_live() -> open_inference.Live:
    """Whether the server runs."""
    return open_inference.Live(live=True)


@router.get("/v2/health/ready", tags=[_OPEN])
async def check_ready(request: fastapi.Request) -> open_inference.Ready:
    """Whether predictions can be had; 503 where not."""
    await _repository(request).check_ready()
    return open_inference.Ready(ready=True)


@router.get("/v2/models/{model}", tags=[_OPEN], response_model_exclude_none=True)
async def describe_model(request: fastapi.Request, model: _Model) -> open_inference.ModelMetadata:
    """A model's inputs and outputs, and its versions."""
    return await _metadata(request, *paths.meant(model))


@router.get("/v2/models/{model}/versions/{version}", tags=[_OPEN], response_model_exclude_none=True)
async def describe_version(
    request: fastapi.Request, model: _Model, version: _Version
) -> open_inference.ModelMetadata:
    """A version's inputs and outputs."""
    return await _metadata(request, paths.meant(model)[0], version)


@router.get("/v2/models/{model}/ready", tags=[_OPEN])
async def check_model(request: fastapi.Request, model: _Model) -> open_inference.ModelReady:
    """Whether the model answers; it is loaded for that, unless it was unloaded by hand (then 400)."""
    await _repository(request).check_model(*paths.meant(model))
    return open_inference.ModelReady(name=model, ready=True)


@router.get("/v2/models/{model}/versions/{version}/ready", tags=[_OPEN])
async def check_version(
    request: fastapi.Request, model: _Model, version: _Version
) -> open_inference.ModelReady:
    """Whether the version answers; it is loaded for that, unless it was unloaded by hand (then 400)."""
    await _repository(request).check_model(paths.meant(model)[0], version)
    return open_inference.ModelReady(name=model, ready=True)


@router.post(
    "/v2/repository/index", tags=[_OPEN], openapi_extra={"requestBody": openapi.INDEX_BODY}
)
async def list_repository(request: fastapi.Request) -> list[open_inference.IndexEntry]:
    """Every version of every model, and whether it is in memory; with `{"ready": true}` only what is."""
    ready = repository.wants_ready(await request.body())
    return await _repository(request).index(ready=ready)


@router.post("/v2/repository/models/{model}/load", tags=[_OPEN], openapi_extra=_OptionalBody)
async def load_model(request: fastapi.Request, model: _Model) -> open_inference.Loaded:
    """Load the version meant now: its bundle is verified by its hash, and warm when this answers."""
    parameters = repository.parameters(await request.body())
    await _repository(request).load(*paths.meant(model), parameters)
    return open_inference.Loaded(name=model)


@router.post("/v2/repository/models/{model}/unload", tags=[_OPEN], openapi_extra=_OptionalBody)
async def unload_model(request: fastapi.Request, model: _Model) -> open_inference.Unloaded:
    """Drop a model from memory, all its versions unless one is named; the next prediction loads it again."""
    repository.parameters(await request.body())
    await _repository(request).unload(*paths.meant(model))
    return open_inference.Unloaded(name=model)


@router.get("/ping", tags=[_MLFLOW], response_class=responses.PlainTextResponse)
async def ping(request: fastapi.Request) -> str:
    """Whether predictions can be had; 503 where not."""
    await _repository(request).check_ready()
    return "\n"


@router.get("/version", tags=[_MLFLOW], response_class=responses.PlainTextResponse)
async def show_version() -> str:
    """Kolba's version."""
    return kolba.__version__


@router.get("/models/{model}/ping", tags=[_MLFLOW], response_class=responses.PlainTextResponse)
async def ping_model(request: fastapi.Request, model: _Model) -> str:
    """Whether the model answers; it is loaded for that, unless it was unloaded by hand (then 400)."""
    await _repository(request).check_model(*paths.meant(model))
    return "\n"


router.include_router(described.router(openapi.PREDICTIONS))


async def _metadata(
    request: fastapi.Request, name: str, reference: str | None
) -> open_inference.ModelMetadata:
    found = await _repository(request).metadata(name, reference)
    return open_inference.ModelMetadata.model_validate(found)
