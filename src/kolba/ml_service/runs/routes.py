"""Training runs over HTTP."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Annotated

import fastapi
import orjson
from starlette import responses

from kolba.contracts import runs, training
from kolba.kit.http import bodies
from kolba.ml_service import dependencies
from kolba.ml_service.runs import errors

router = bodies.router(tags=["training"])

_HEADERS = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}


@router.post("/train", status_code=202)
async def start_training(
    request: training.TrainRequest,
    training_runs: dependencies.Runs,
    serving: dependencies.Serving,
    response: fastapi.Response,
    reference: dependencies.Reference = None,
) -> runs.Run:
    """Put a training into the queue; follow it at `/progress/{run_id}`."""
    run = await training_runs.start(request, reference=reference)
    serving.prepare()
    response.headers["Location"] = f"/progress/{run.id}"
    return run


@router.get(
    "/progress/{run_id}",
    response_class=responses.StreamingResponse,
    responses={200: {"content": {"text/event-stream": {}}, "description": "Server-sent events."}},
)
async def follow_progress(
    run_id: int,
    training_runs: dependencies.Runs,
    settings: dependencies.Settings,
    last_event_id: Annotated[str | None, fastapi.Header()] = None,
) -> responses.Response:
    """The run's events as server-sent events, from the first or from after `Last-Event-ID`, until it has ended.

    Who comes back after the end with nothing left to read gets 204, which tells a browser to stop asking.
    """
    after = _event_id(last_event_id)
    first = await training_runs.first_events(run_id, after)
    if after and first.state.is_final and not first.items:
        return responses.Response(status_code=204)
    events = training_runs.follow(run_id, first, after, ping_seconds=settings.progress.ping_seconds)
    return responses.StreamingResponse(
        _lines(events), media_type="text/event-stream", headers=_HEADERS
    )


@router.post("/runs/{run_id}/cancel")
async def cancel(run_id: int, training_runs: dependencies.Runs) -> runs.Run:
    """Ask for the run's end: a queued one ends at once, a running one within a second."""
    return await training_runs.cancel(run_id)


def _event_id(given: str | None) -> int:
    if given is None or given == "":
        return 0
    if not (given.isascii() and given.isdigit()) or len(given) > 15:
        raise errors.InvalidEventId
    return int(given)


async def _lines(events: AsyncIterator[runs.Event | None]) -> AsyncIterator[bytes]:
    yield b"retry: 1000\n\n"
    async for event in events:
        if event is None:
            yield b": still here\n\n"
            continue
        data = orjson.dumps(event.model_dump(mode="json"))
        yield b"id: %d\nevent: %s\ndata: %s\n\n" % (event.sequence, event.type.encode(), data)
