"""`/runs`."""

from __future__ import annotations

from typing import Annotated

import fastapi
from starlette import responses

from kolba.contracts import pages
from kolba.contracts import runs as contracts
from kolba.kit.http import bodies, requirements
from kolba.storage.catalog import downloads
from kolba.storage.runs import repository, service, waiting

router = bodies.router(tags=["runs"])
Text = Annotated[str | None, fastapi.Query(max_length=255)]
_WORKERS = [requirements.needs(requirements.SERVICE)]
# A number of 18 digits fits the tables' integers.
Ids = Annotated[str | None, fastapi.Query(pattern=r"^[0-9]{1,18}(,[0-9]{1,18}){0,199}$")]
OtherId = Annotated[int | None, fastapi.Query(ge=1, lt=2**63)]


def _runs(request: fastapi.Request) -> service.Runs:
    found: service.Runs = request.state.runs
    return found


@router.post("/runs", status_code=201)
def create_run(request: fastapi.Request, run: contracts.RunCreate) -> contracts.Run:
    """Put work into the queue; with a `reference` that was given before, the run that has it."""
    return _runs(request).create(run)


@router.get("/runs")
def list_runs(
    request: fastapi.Request,
    *,
    limit: pages.Limit = 50,
    offset: pages.Offset = 0,
    sort: str = "-created_at",
    kind: contracts.Kind | None = None,
    state: contracts.State | None = None,
    owner: Text = None,
    reference: Text = None,
    dataset_id: OtherId = None,
    model_id: OtherId = None,
    ids: Ids = None,
) -> pages.Page[contracts.Run]:
    """`ids`: at most 200 numbers with commas between them."""
    wanted = repository.Filter(
        id=None if ids is None else tuple(map(int, ids.split(","))),
        kind=kind,
        state=state.value if state else None,
        owner=owner,
        reference=reference,
        dataset_id=dataset_id,
        model_id=model_id,
    )
    items, total = _runs(request).page(wanted, sort=sort, limit=limit, offset=offset)
    return pages.Page(items=items, total=total)


@router.post(
    "/runs/claim",
    dependencies=_WORKERS,
    response_model=contracts.Claim,
    responses={204: {"description": "Nothing was queued for `wait_seconds`."}},
)
async def claim_run(
    request: fastapi.Request, wanted: contracts.ClaimRequest
) -> contracts.Claim | responses.Response:
    """Give the oldest queued run to a worker."""
    claim = await waiting.until(
        lambda: _runs(request).claim(wanted),
        lambda found: found is not None,
        ringing=request.state.bell,
        topic=service.QUEUE,
        seconds=wanted.wait_seconds,
        poll_seconds=request.state.run_settings.poll_seconds,
        is_gone=request.is_disconnected,
    )
    return claim if claim is not None else responses.Response(status_code=204)


@router.get("/runs/{run_id}")
def get_run(request: fastapi.Request, run_id: downloads.Id) -> contracts.Run:
    return _runs(request).get(run_id)


@router.patch("/runs/{run_id}")
def change_run(
    request: fastapi.Request, run_id: downloads.Id, change: contracts.RunChange
) -> contracts.Run:
    return _runs(request).change(run_id, change)


@router.delete("/runs/{run_id}", status_code=204)
def delete_run(request: fastapi.Request, run_id: downloads.Id) -> None:
    """With its events; only when it is finished."""
    _runs(request).delete(run_id)


@router.post("/runs/{run_id}/cancel")
def cancel_run(request: fastapi.Request, run_id: downloads.Id) -> contracts.Run:
    """Ask for an end."""
    return _runs(request).cancel(run_id)


@router.get("/runs/{run_id}/events")
async def list_events(
    request: fastapi.Request,
    run_id: downloads.Id,
    after: Annotated[int, fastapi.Query(ge=0, lt=2**31)] = 0,
    wait_seconds: Annotated[float, fastapi.Query(ge=0, le=30)] = 0.0,
) -> contracts.EventList:
    """Events with a sequence number above `after`; waits for the first."""
    return await waiting.until(
        lambda: _runs(request).events(run_id, after=after),
        lambda found: bool(found.items) or found.state.is_final,
        ringing=request.state.bell,
        topic=run_id,
        seconds=wait_seconds,
        poll_seconds=request.state.run_settings.poll_seconds,
        is_gone=request.is_disconnected,
    )


@router.post("/runs/{run_id}/events", status_code=204, dependencies=_WORKERS)
def append_events(
    request: fastapi.Request, run_id: downloads.Id, events: contracts.EventsRequest
) -> None:
    _runs(request).append_events(run_id, events)


@router.post("/runs/{run_id}/heartbeat", dependencies=_WORKERS)
def renew_lease(
    request: fastapi.Request, run_id: downloads.Id, heartbeat: contracts.HeartbeatRequest
) -> contracts.Heartbeat:
    return _runs(request).heartbeat(run_id, heartbeat)


@router.post("/runs/{run_id}/complete", dependencies=_WORKERS)
def complete_run(
    request: fastapi.Request, run_id: downloads.Id, completion: contracts.Completion
) -> contracts.Run:
    return _runs(request).complete(run_id, completion)


@router.post("/runs/{run_id}/fail", dependencies=_WORKERS)
def fail_run(
    request: fastapi.Request, run_id: downloads.Id, failure: contracts.Failure
) -> contracts.Run:
    return _runs(request).fail(run_id, failure)


@router.post("/runs/{run_id}/release", dependencies=_WORKERS)
def release_run(
    request: fastapi.Request, run_id: downloads.Id, release: contracts.Release
) -> contracts.Run:
    return _runs(request).release(run_id, release)


@router.post("/runs/{run_id}/cancelled", dependencies=_WORKERS)
def acknowledge_cancel(
    request: fastapi.Request, run_id: downloads.Id, lease: contracts.Lease
) -> contracts.Run:
    return _runs(request).acknowledge_cancel(run_id, lease)
