"""`GET /info`, `GET /batch`, `POST /reset`."""

from __future__ import annotations

from typing import Annotated

import fastapi

from kolba.collector.batches import errors, service
from kolba.contracts import collector_client, sources
from kolba.kit.http import bodies

router = bodies.router(tags=["batches"])
JSON = "application/json"
_ANYTHING = ("*/*", "application/*", JSON)

SourceName = Annotated[str | None, fastapi.Query(description="Without it, the default source.")]
Size = Annotated[int | None, fastapi.Query(description="How many rows at most.")]
Offset = Annotated[
    int | None, fastapi.Query(description="From which row; without it, the next part.")
]
Sha256 = Annotated[
    str | None,
    fastapi.Query(
        pattern="^[0-9a-f]{64}$",
        description="A part of just this data, as `/info` tells it, also when the source has changed since.",
    ),
]


@router.get("/info")
async def show_info(request: fastapi.Request, source: SourceName = None) -> sources.SourceInfo:
    """What is known of a source's data. It is fetched when it is not here yet."""
    batches: service.Batches = request.state.batches
    return await batches.info(source)


@router.get(
    "/batch",
    response_class=fastapi.Response,
    responses={
        200: {
            "model": sources.Batch,
            "content": {collector_client.ARROW: {"schema": {"type": "string", "format": "binary"}}},
        }
    },
)
async def read_batch(
    request: fastapi.Request,
    source: SourceName = None,
    size: Size = None,
    offset: Offset = None,
    sha256: Sha256 = None,
) -> fastapi.Response:
    """A part of a source. Without `offset` the next one, and the cursor moves on; past the end, an empty one."""
    batches: service.Batches = request.state.batches
    as_arrow = wants_arrow(request.headers.get("accept", ""))
    wanted = service.Wanted(
        source=source, size=size, offset=offset, sha256=sha256, as_arrow=as_arrow
    )
    part = await batches.part(wanted)
    headers = {
        "Vary": "Accept",
        "Cache-Control": "no-store",
        "X-Kolba-Offset": str(part.offset),
        "X-Kolba-Next-Offset": str(part.next_offset),
        "X-Kolba-Total": str(part.total),
        "X-Kolba-Done": str(part.done).lower(),
    }
    media_type = collector_client.ARROW if as_arrow else JSON
    return fastapi.Response(part.body, media_type=media_type, headers=headers)


@router.post("/reset")
async def reset_cursor(request: fastapi.Request, source: SourceName = None) -> sources.Reset:
    """Begin again: the next part without an offset is the first."""
    batches: service.Batches = request.state.batches
    return await batches.reset(source)


def wants_arrow(accept: str) -> bool:
    """Whether an `Accept` header asks for Arrow; the first that we speak counts. Raises `NotAcceptable`."""
    if not accept.strip():
        return False
    for part in accept.split(","):
        media_type, _, parameters = part.strip().lower().partition(";")
        if parameters.replace(" ", "") in ("q=0", "q=0.0"):
            continue
        if media_type.strip() == collector_client.ARROW:
            return True
        if media_type.strip() in _ANYTHING:
            return False
    raise errors.NotAcceptable
