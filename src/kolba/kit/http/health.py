"""How a service says that it is well."""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable, Mapping
from typing import Literal

import pydantic

import kolba

Check = Callable[[], Awaitable[str]]
"""Looks at one thing the service stands on; answers `ok` or what is wrong. May raise."""


class Health(pydantic.BaseModel):
    """A service's own answer at `GET /health`."""

    service: str
    status: Literal["ok", "degraded"]
    version: str
    uptime_seconds: float
    checks: dict[str, str] = {}
    """What it looked at (`database`, `blobs` …): `ok` or what is wrong."""


class Doctor:
    """Runs a service's checks."""

    def __init__(self, service: str, checks: Mapping[str, Check]) -> None:
        self._service = service
        self._checks = checks
        self._started = time.monotonic()

    async def examine(self) -> Health:
        found = {name: await _run(check) for name, check in self._checks.items()}
        return Health(
            service=self._service,
            status="ok" if all(outcome == "ok" for outcome in found.values()) else "degraded",
            version=kolba.__version__,
            uptime_seconds=round(time.monotonic() - self._started, 3),
            checks=found,
        )


async def _run(check: Check) -> str:
    try:
        return await check()
    except Exception as error:  # whatever is wrong with a dependency is the check's finding
        return f"{type(error).__name__}: {error}"[:300]
