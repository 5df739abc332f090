"""`/runs/{id}/checkpoint`, for workers."""

from __future__ import annotations

from typing import Annotated

import fastapi
from starlette import responses

from kolba.contracts import storage_client
from kolba.kit.http import bodies, requirements
from kolba.storage.catalog import downloads
from kolba.storage.runs import checkpoints

_OCTETS = "application/octet-stream"
_BYTES = {"schema": {"type": "string", "format": "binary"}}
_BODY = {"requestBody": {"required": True, "content": {_OCTETS: _BYTES}}}
Lease = Annotated[str, fastapi.Header(alias=storage_client.LEASE_HEADER, max_length=200)]


def router(*, max_body_bytes: int) -> fastapi.APIRouter:
    """The routes; a checkpoint may be as large as `max_body_bytes`."""
    routes = bodies.router(tags=["runs"], dependencies=[requirements.needs(requirements.SERVICE)])
    path = "/runs/{run_id}/checkpoint"
    routes.add_api_route(
        path,
        put_checkpoint,
        methods=["PUT"],
        status_code=204,
        max_body_size=max_body_bytes,
        openapi_extra=_BODY,
    )
    routes.add_api_route(
        path,
        get_checkpoint,
        methods=["GET"],
        response_class=responses.StreamingResponse,
        responses={
            200: {"content": {_OCTETS: _BYTES}},
            204: {"description": "Nothing was kept."},
        },
    )
    return routes


async def put_checkpoint(request: fastapi.Request, run_id: downloads.Id, lease: Lease = "") -> None:
    """Keep what another worker can go on from, in the place of the one before; gone when the run ends."""
    await _checkpoints(request).put(run_id, lease, request.stream())


def get_checkpoint(
    request: fastapi.Request, run_id: downloads.Id, lease: Lease = ""
) -> responses.Response:
    """What was kept of the run, by whichever worker."""
    found = _checkpoints(request).get(run_id, lease)
    if found is None:
        return responses.Response(status_code=204)
    pieces, size_bytes = found
    return downloads.stream(
        pieces, media_type=_OCTETS, filename=f"run-{run_id}.checkpoint", size_bytes=size_bytes
    )


def _checkpoints(request: fastapi.Request) -> checkpoints.Checkpoints:
    found: checkpoints.Checkpoints = request.state.checkpoints
    return found
