"""The state of the whole system."""

from __future__ import annotations

from typing import Literal

import pydantic


class ServiceHealth(pydantic.BaseModel):
    """One service as the web master sees it."""

    status: Literal["ok", "degraded", "down"]
    latency_ms: float | None = None
    version: str | None = None
    detail: str = ""


class SystemHealth(pydantic.BaseModel):
    """`ok` when every service is."""

    status: Literal["ok", "degraded"]
    version: str
    services: dict[str, ServiceHealth]
