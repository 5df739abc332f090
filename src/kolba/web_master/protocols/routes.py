"""The same paths as the ML service's, so that a client of these protocols works unchanged at the door."""

from __future__ import annotations

import dataclasses
import inspect
import urllib.parse
from collections.abc import Awaitable, Callable, Mapping
from typing import Annotated, Any, cast

import fastapi
from starlette import responses

import kolba
from kolba.contracts import open_inference
from kolba.inference.protocols import openapi, v2_metadata
from kolba.kit import context, identity
from kolba.kit.http import bodies, client, described
from kolba.kit.http import requirements as kit_requirements
from kolba.web_master.access import requirements
from kolba.web_master.access import service as access
from kolba.web_master.gateway import relay
from kolba.web_master.predictions import service as predictions

_OPEN = "open inference protocol"
_MLFLOW = "mlflow"
_READY_SECONDS = 2.0
_ANYBODY = [kit_requirements.needs(kit_requirements.OPEN)]
"""What balancers and clients ask before anybody signs in."""
_Name = Annotated[str, fastapi.Path(description="A name, or `name@alias` or `name@version`.")]
_Version = Annotated[str, fastapi.Path(description="A version's name, or an alias.")]

router = bodies.router()


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """What is handed on to the ML service, path and body as they came."""

    method: str
    path: str
    right: access.Right
    summary: str
    tag: str
    answer: Any
    """The model of the answer; None: plain text."""
    body: Mapping[str, Any] | None = None
    """For the documentation."""
    changes: bool = False
    """Whether another version may answer afterwards."""


QUESTIONS = (
    Question(
        method="GET",
        path="/v2/models/{model}",
        right="read",
        summary="A model's inputs and outputs, and its versions",
        tag=_OPEN,
        answer=open_inference.ModelMetadata,
    ),
    Question(
        method="GET",
        path="/v2/models/{model}/versions/{version}",
        right="read",
        summary="A version's inputs and outputs",
        tag=_OPEN,
        answer=open_inference.ModelMetadata,
    ),
    Question(
        method="GET",
        path="/v2/models/{model}/ready",
        right="read",
        summary="Whether the model answers; it is loaded for that, unless it was unloaded by hand (then 400)",
        tag=_OPEN,
        answer=open_inference.ModelReady,
    ),
    Question(
        method="GET",
        path="/v2/models/{model}/versions/{version}/ready",
        right="read",
        summary="Whether the version answers; it is loaded for that, unless it was unloaded by hand (then 400)",
        tag=_OPEN,
        answer=open_inference.ModelReady,
    ),
    Question(
        method="POST",
        path="/v2/repository/index",
        right="read",
        summary='Every version of every model, and whether it is in memory; with {"ready": true} only what is',
        tag=_OPEN,
        answer=list[open_inference.IndexEntry],
        body=openapi.INDEX_BODY,
    ),
    Question(
        method="POST",
        path="/v2/repository/models/{model}/load",
        right="change",
        summary="Load the version meant now: verified by its hash, and warm when this answers",
        tag=_OPEN,
        answer=open_inference.Loaded,
        body=openapi.REPOSITORY_BODY,
        changes=True,
    ),
    Question(
        method="POST",
        path="/v2/repository/models/{model}/unload",
        right="change",
        summary="Drop a model from memory; the next prediction loads it again",
        tag=_OPEN,
        answer=open_inference.Unloaded,
        body=openapi.REPOSITORY_BODY,
    ),
    Question(
        method="GET",
        path="/models/{model}/ping",
        right="read",
        summary="Whether the model answers; it is loaded for that, unless it was unloaded by hand (then 400)",
        tag=_MLFLOW,
        answer=None,
    ),
)


@router.get("/v2", tags=[_OPEN], dependencies=_ANYBODY)
async def describe_server() -> open_inference.ServerMetadata:
    """The server's name, version and extensions."""
    return open_inference.ServerMetadata(**v2_metadata.server(kolba.__version__))


@router.get("/v2/health/live", tags=[_OPEN], dependencies=_ANYBODY)
async def check_live() -> open_inference.Live:
    """Whether the server runs."""
    return open_inference.Live(live=True)


@router.get("/v2/health/ready", tags=[_OPEN], dependencies=_ANYBODY)
async def check_ready(request: fastapi.Request) -> open_inference.Ready:
    """Whether predictions can be had; 503 where not."""
    with context.acting_as(identity.SYSTEM):  # whoever asks: a balancer does not sign in
        await _ml(request).json("GET", "/v2/health/ready", timeout_seconds=_READY_SECONDS)
    return open_inference.Ready(ready=True)


@router.get(
    "/ping",
    tags=[_MLFLOW],
    response_class=responses.PlainTextResponse,
    dependencies=_ANYBODY,
)
async def ping(request: fastapi.Request) -> str:
    """Whether predictions can be had; 503 where not."""
    await check_ready(request)
    return "\n"


@router.get(
    "/version",
    tags=[_MLFLOW],
    response_class=responses.PlainTextResponse,
    dependencies=_ANYBODY,
)
async def show_version() -> str:
    """Kolba's version."""
    return kolba.__version__


def _endpoint(question: Question) -> Callable[..., Awaitable[responses.Response]]:
    async def hand_on(request: fastapi.Request, **names: str) -> responses.Response:
        quoted = {name: urllib.parse.quote(value, safe="@") for name, value in names.items()}
        answer = await relay.relay(
            request,
            _ml(request),
            question.path.format(**quoted),
            with_body=question.method == "POST",
        )
        if question.changes:
            await cast(predictions.Predictions, request.state.predictions).changed()
        return answer

    hand_on.__signature__ = _signature(question)  # type: ignore[attr-defined]
    return hand_on


def _signature(question: Question) -> inspect.Signature:
    kinds: dict[str, Any] = {"request": fastapi.Request}
    kinds |= {
        name: kind
        for name, kind in (("model", _Name), ("version", _Version))
        if f"{{{name}}}" in question.path
    }
    keyword = inspect.Parameter.KEYWORD_ONLY
    return inspect.Signature(
        [inspect.Parameter(name, keyword, annotation=kind) for name, kind in kinds.items()]
    )


def _ml(request: fastapi.Request) -> client.ServiceClient:
    services = cast(Mapping[str, client.ServiceClient], request.state.services)
    return services["ml_service"]


def _handed_on() -> fastapi.APIRouter:
    made = bodies.router()
    for one in QUESTIONS:
        words = one.path.strip("/").replace("{", "").replace("}", "").replace("/", "_")
        made.add_api_route(
            one.path,
            _endpoint(one),
            methods=[one.method],
            summary=one.summary,
            tags=[one.tag],
            response_class=responses.PlainTextResponse
            if one.answer is None
            else responses.Response,
            responses={} if one.answer is None else {200: {"model": one.answer}},
            openapi_extra={} if one.body is None else {"requestBody": dict(one.body)},
            operation_id=f"{one.method.lower()}_{words}",
            dependencies=[kit_requirements.needs(requirements.right(one.right))],
        )
    return made


router.include_router(_handed_on())
router.include_router(described.router(openapi.PREDICTIONS, requirements.right("predict")))
