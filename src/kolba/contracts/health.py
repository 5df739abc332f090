"""How a service says that it is well."""

from __future__ import annotations

from typing import Literal

import pydantic


class Health(pydantic.BaseModel):
    """A service's own answer at `GET /health`."""

    service: str
    status: Literal["ok", "degraded"]
    version: str
    uptime_seconds: float
    checks: dict[str, str] = {}
    """What it looked at (`database`, `blobs` …): `ok` or what is wrong."""


class ServiceHealth(pydantic.BaseModel):
    """One service as the web master sees it."""

    status: Literal["ok", "degraded", "down"]
    latency_ms: float | None = None
    version: str | None = None
    detail: str = ""


class SystemHealth(pydantic.BaseModel):
    """The whole system: `ok` when every service is."""

    status: Literal["ok", "degraded"]
    version: str
    services: dict[str, ServiceHealth]
