"""Whether a replica is to be sent requests: `GET /ready`, for balancers. `/health` says whether it is well."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable

import fastapi
import orjson
from starlette import responses

from kolba.kit.http import bodies, requirements


@dataclasses.dataclass(slots=True, kw_only=True)
class Readiness:
    """One for each application that has a `/ready`, as its `state.readiness`."""

    is_draining: bool = False
    """It was told to stop, and goes on a little while."""
    why_not: Callable[[], str | None] = lambda: None
    """What it still waits for; None: it is ready."""

    @property
    def trouble(self) -> str | None:
        return "draining" if self.is_draining else self.why_not()


def router(ready: Readiness) -> fastapi.APIRouter:
    """`GET /ready`: 200, or 503 with what is in the way."""
    made = bodies.router(tags=["system"])

    @made.get("/ready", dependencies=[requirements.needs(requirements.OPEN)])
    async def check_ready() -> responses.Response:
        """Whether requests are to be sent here: 200, or 503 with the reason."""
        trouble = ready.trouble
        return responses.Response(
            orjson.dumps({"ready": trouble is None, "reason": trouble}),
            status_code=200 if trouble is None else 503,
            media_type="application/json",
        )

    return made
