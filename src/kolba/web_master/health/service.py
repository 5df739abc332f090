"""Asks every service how it is, all at once."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Literal

import pydantic

import kolba
from kolba.contracts import health
from kolba.kit import errors
from kolba.kit.http import client
from kolba.kit.http import health as kit_health

Own = Callable[[], Awaitable[str]]


class _Answer(pydantic.BaseModel):
    """What of a service's own answer is read."""

    status: Literal["ok", "degraded"]
    version: str | None = None
    checks: dict[str, str] = {}


class SystemDoctor:
    """`services` by name, and the web master itself by its own check."""

    def __init__(
        self,
        services: Mapping[str, client.ServiceClient],
        *,
        own: Own,
        timeout_seconds: float,
    ) -> None:
        self._services = services
        self._own = kit_health.Doctor("web_master", {"database": own})
        self._timeout = timeout_seconds

    async def examine(self) -> health.SystemHealth:
        """Takes no longer than the timeout, whatever is down."""
        asked = await asyncio.gather(*map(self._ask, self._services.values()), self._ask_self())
        found = dict(zip((*self._services, "web_master"), asked, strict=True))
        is_well = all(one.status == "ok" for one in found.values())
        return health.SystemHealth(
            status="ok" if is_well else "degraded", version=kolba.__version__, services=found
        )

    async def live(self) -> kit_health.Health:
        """Of the web master alone."""
        return await self._own.examine()

    async def _ask(self, service: client.ServiceClient) -> health.ServiceHealth:
        started = time.perf_counter()
        try:
            async with asyncio.timeout(self._timeout):
                answer = await service.json("GET", "/health")
        except TimeoutError:
            detail = f"no answer within {self._timeout:g} s"
            return health.ServiceHealth(status="down", detail=detail)
        except errors.KolbaError as error:
            return health.ServiceHealth(status="down", detail=str(error))
        return _read(answer, (time.perf_counter() - started) * 1000)

    async def _ask_self(self) -> health.ServiceHealth:
        started = time.perf_counter()
        own = await self._own.examine()
        return _read(own.model_dump(), (time.perf_counter() - started) * 1000)


def _read(answer: Any, latency_ms: float) -> health.ServiceHealth:
    try:
        own = _Answer.model_validate(answer)
    except pydantic.ValidationError:
        detail = "it answered something that is not a health report"
        return health.ServiceHealth(status="down", latency_ms=round(latency_ms, 3), detail=detail)
    return health.ServiceHealth(
        status=own.status,
        latency_ms=round(latency_ms, 3),
        version=own.version,
        detail="; ".join(f"{name}: {one}" for name, one in own.checks.items() if one != "ok"),
    )
