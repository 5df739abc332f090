"""`GET /health` of the whole system, `GET /health/live` of the web master alone, and `/`."""

from __future__ import annotations

from typing import Any, cast

import fastapi
import pydantic
from starlette import responses

import kolba
from kolba.contracts import health
from kolba.kit.http import bodies, requirements
from kolba.kit.http import health as kit_health
from kolba.web_master.health import service

router = bodies.router(tags=["system"], dependencies=[requirements.needs(requirements.OPEN)])

_STRICT: dict[int | str, dict[str, Any]] = {503: {"model": health.SystemHealth}}


class Index(pydantic.BaseModel):
    """Where things are."""

    service: str = "web_master"
    version: str = kolba.__version__
    ui: str | None = None
    docs: str = "/docs"
    scenarios: str = "/scenarios"
    history: str = "/history"
    health: str = "/health"


def _doctor(request: fastapi.Request) -> service.SystemDoctor:
    return cast(service.SystemDoctor, request.state.doctor)


@router.get("/health", responses=_STRICT)
async def check_system(
    request: fastapi.Request, response: fastapi.Response, strict: bool = False
) -> health.SystemHealth:
    """Every service: its state, latency and version. With `strict` the status is 503 unless all is well."""
    found = await _doctor(request).examine()
    if strict and found.status != "ok":
        response.status_code = 503
    return found


@router.get("/health/live")
async def check_liveness(request: fastapi.Request) -> kit_health.Health:
    """Whether the web master itself is well, whatever the others are."""
    return await _doctor(request).live()


@router.get("/", response_model=Index)
async def show_index(request: fastapi.Request) -> responses.Response | Index:
    """To the web UI for a browser, where there is one; otherwise an index."""
    ui = cast(str | None, request.state.ui_url)
    if ui is not None and "text/html" in request.headers.get("accept", ""):
        return responses.RedirectResponse(ui, status_code=307)
    return Index(ui=ui)
