"""`/api/…`."""

import typing

import fastapi
from starlette import requests, responses

from kolba.kit.http import bodies, requirements
from kolba.visualization.door import relay

_METHODS: typing.Final = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"]


def router(*, max_upload_bytes: int) -> fastapi.APIRouter:
    """One route for everything; who may do what is the web master's to say."""
    routes = bodies.router()
    routes.add_api_route(
        relay.PREFIX + "/{path:path}",
        hand_on,
        methods=_METHODS,
        response_class=responses.Response,
        include_in_schema=False,
        dependencies=[requirements.needs(requirements.OPEN)],
        max_body_size=max_upload_bytes,
    )
    return routes


async def hand_on(request: requests.Request) -> responses.Response:
    door: relay.Door = request.state.door
    # The path as it was sent: a name in it may hold an escaped slash.
    raw: bytes = request.scope.get("raw_path") or request.scope["path"].encode()
    path = raw.decode("latin-1").partition("?")[0].removeprefix(relay.PREFIX)
    return await door.hand_on(request, path)
