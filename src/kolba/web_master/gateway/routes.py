"""One route for every passage of the table, and the stream of a run's progress."""

from __future__ import annotations

import contextlib
import functools
import inspect
import urllib.parse
from collections.abc import Awaitable, Callable, Mapping
from typing import Annotated, Any, cast

import fastapi
from starlette import responses

from kolba.contracts import aliases, predictions
from kolba.contracts import names as contract_names
from kolba.kit import context, errors, identity
from kolba.kit.http import bodies, client
from kolba.kit.http import requirements as kit_requirements
from kolba.web_master.access import requirements
from kolba.web_master.gateway import openapi, relay, table
from kolba.web_master.gateway import passage as passage_module
from kolba.web_master.idempotency import service as idempotency

Id = Annotated[int, fastapi.Path(ge=1, le=2**63 - 1)]
_PARTS: Mapping[str, Any] = {
    "model": Annotated[contract_names.Name, fastapi.Path()],
    "alias": Annotated[aliases.AliasName, fastapi.Path()],
    "image_id": Annotated[predictions.ImageId, fastapi.Path()],
    "prediction_id": Annotated[predictions.PredictionId, fastapi.Path()],
}
"""What the parts of a path are that are not ids."""
_EventId = Annotated[str | None, fastapi.Query(pattern=r"^[!-~]{1,64}$")]
_EVENT_STREAM = "text/event-stream"
_EVENT_HEADERS = {
    "Content-Type": f"{_EVENT_STREAM}; charset=utf-8",
    "Cache-Control": "no-store",
    "X-Accel-Buffering": "no",
}
_COME_BACK = b"retry: 1000\n\n"
"""To a browser that has already seen events: ask again in a second. An error would make it give up for good."""
_TAGS = {"storage": "data, models and runs", "ml_service": "training", "collector": "collecting"}


def router(*, max_upload_bytes: int) -> fastapi.APIRouter:
    """The routes of all passages. An upload may be as large as `max_upload_bytes`; it is never held."""
    routes = bodies.router()
    for passage in table.PASSAGES:
        routes.add_api_route(
            passage.path,
            _endpoint(passage),
            methods=[passage.method],
            status_code=passage.status,
            response_class=responses.Response,
            responses=openapi.responses(passage),
            openapi_extra=openapi.unread_parts(passage),
            summary=passage.summary,
            tags=[_TAGS[passage.service]],
            operation_id=_operation(passage),
            max_body_size=max_upload_bytes if passage.body == "upload" else None,
            dependencies=[kit_requirements.needs(requirements.right(passage.right))],
        )
    routes.add_api_route(
        "/progress/{run_id}",
        follow_progress,
        methods=["GET"],
        response_class=responses.Response,
        responses={200: {"content": {_EVENT_STREAM: {"schema": {"type": "string"}}}}},
        tags=[_TAGS["ml_service"]],
        dependencies=[kit_requirements.needs(requirements.right("read"))],
    )
    return routes


async def follow_progress(
    request: fastapi.Request, run_id: Id, last_event_id: _EventId = None
) -> responses.Response:
    """A run's progress as server-sent events, going on after `Last-Event-ID` (or `last_event_id`)."""
    given = request.headers.get("last-event-id") or last_event_id
    asked = {"Accept": _EVENT_STREAM, **({"Last-Event-ID": given} if given else {})}
    service = _services(request)["ml_service"]
    call = contextlib.AsyncExitStack()
    try:
        answer = await call.enter_async_context(
            service.stream("GET", f"/progress/{run_id}", headers=asked, timeout_seconds=0)
        )
    except errors.ServiceUnavailable:
        if given and _EVENT_STREAM in request.headers.get("accept", ""):
            return responses.Response(_COME_BACK, headers=_EVENT_HEADERS)
        raise
    return relay.Relay(
        call,
        relay.events(service.chunks(answer), functools.partial(_is_still_welcome, request)),
        status=answer.status,
        passed_on=_EVENT_HEADERS,
    )


async def _is_still_welcome(request: fastapi.Request) -> bool:
    """Whether whoever opened a stream is still who they were."""
    authenticator = cast(identity.Authenticator, request.state.authenticator)
    person = await authenticator.authenticate("GET", request.headers)
    return person.is_known and person.name == context.current().person.name


def _endpoint(passage: passage_module.Passage) -> Callable[..., Awaitable[responses.Response]]:
    async def hand_on(request: fastapi.Request, **parts: int | str) -> responses.Response:
        service = _services(request)[passage.service]
        quoted = {name: urllib.parse.quote(str(one), safe="") for name, one in parts.items()}
        path = passage.path.format(**quoted)
        if passage.before is not None:
            await passage.before(request, parts)
        with _once(passage):
            answer = await relay.relay(request, service, path, with_body=passage.body != "none")
        if passage.changes_answers:
            name = parts.get("model")
            await request.state.predictions.changed(name if isinstance(name, str) else None)
        return answer

    hand_on.__signature__ = _signature(passage)  # type: ignore[attr-defined]
    return hand_on


def _once(passage: passage_module.Passage) -> contextlib.AbstractContextManager[None]:
    if passage.is_repeatable:
        return contextlib.nullcontext()
    return idempotency.unrepeatable(passage.service)


def _signature(passage: passage_module.Passage) -> inspect.Signature:
    """What the framework is to check and document: the request, and the parts of the path."""
    kind = inspect.Parameter.KEYWORD_ONLY
    names: dict[str, Any] = {"request": fastapi.Request}
    names |= {name: _PARTS.get(name, Id) for name in openapi.path_parameters(passage)}
    return inspect.Signature(
        [inspect.Parameter(name, kind, annotation=one) for name, one in names.items()]
    )


def _operation(passage: passage_module.Passage) -> str:
    words = passage.path.replace("{", "").replace("}", "").strip("/").replace("/", "_")
    return f"{passage.method.lower()}_{words}"


def _services(request: fastapi.Request) -> Mapping[str, client.ServiceClient]:
    return cast(Mapping[str, client.ServiceClient], request.state.services)
