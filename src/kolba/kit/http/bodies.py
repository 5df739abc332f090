"""Request bodies are read by a strict JSON reader: no NaN, no Infinity, no bottomless nesting."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from typing import Any

import fastapi
import orjson
from fastapi import routing
from starlette import requests, responses

from kolba.kit.http import requirements


class StrictRequest(requests.Request):
    async def json(self) -> Any:
        """The body as JSON. Raises `json.JSONDecodeError`, which the framework knows how to report."""
        if not hasattr(self, "_json"):
            self._json = orjson.loads(await self.body())
        return self._json


class StrictRoute(routing.APIRoute):
    """The route class of every Kolba router. Whoever may not use it is told so before their body is read."""

    def get_route_handler(
        self,
    ) -> Callable[[requests.Request], Coroutine[Any, Any, responses.Response]]:
        handler = super().get_route_handler()

        async def strict(request: requests.Request) -> responses.Response:
            requirements.check_early(request, self)
            return await handler(StrictRequest(request.scope, request.receive))

        return strict


def router(**options: Any) -> fastapi.APIRouter:
    """A router whose routes read their bodies strictly."""
    return fastapi.APIRouter(route_class=StrictRoute, **options)
