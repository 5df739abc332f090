"""An answer handed on as it comes."""

from __future__ import annotations

import contextlib
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping

from starlette import requests, responses, types

from kolba.kit import errors
from kolba.kit.http import client
from kolba.web_master.gateway import errors as gateway_errors
from kolba.web_master.gateway import headers

_ASKED_AGAIN_SECONDS = 20.0


class Relay(responses.StreamingResponse):
    """Streams another service's answer. However it ends, also when the person leaves, the call behind it is closed."""

    def __init__(
        self,
        call: contextlib.AsyncExitStack,
        content: AsyncIterator[bytes],
        *,
        status: int,
        passed_on: Mapping[str, str],
    ) -> None:
        super().__init__(content, status_code=status, headers=dict(passed_on))
        self._call = call

    async def __call__(self, scope: types.Scope, receive: types.Receive, send: types.Send) -> None:
        async with self._call:
            await super().__call__(scope, receive, send)


class Upload:
    """A request's body on its way to a service.

    A failure of the person's connection breaks off the call it feeds, whose client can only say that the call broke;
    `failure` keeps the cause.
    """

    def __init__(self, request: requests.Request) -> None:
        self._request = request
        self.failure: Exception | None = None

    async def __aiter__(self) -> AsyncIterator[bytes]:
        try:
            async for chunk in self._request.stream():
                if chunk:
                    yield chunk
        except requests.ClientDisconnect as error:
            self.failure = gateway_errors.CallerLeft()
            raise self.failure from error
        except Exception as error:
            self.failure = error
            raise


async def relay(
    request: requests.Request, service: client.ServiceClient, path: str, *, with_body: bool
) -> Relay:
    """Hand `request` on to `path` of `service`, with its query, its body and the headers that may pass.

    Raises `RemoteProblem` with the service's own refusal, or `ServiceUnavailable`.
    """
    upload = Upload(request) if with_body else None
    query = request.url.query
    call = contextlib.AsyncExitStack()
    try:
        answer = await call.enter_async_context(
            service.stream(
                request.method,
                f"{path}?{query}" if query else path,
                data=upload,
                headers=headers.inward(request.headers, with_body=with_body),
                timeout_seconds=0,
            )
        )
    except errors.KolbaError:
        if upload is not None and upload.failure is not None:
            raise upload.failure from None
        raise
    return Relay(
        call,
        service.chunks(answer),
        status=answer.status,
        passed_on=headers.outward(answer.headers),
    )


async def events(
    content: AsyncIterator[bytes],
    is_still_welcome: Callable[[], Awaitable[bool]],
    *,
    asked_again_seconds: float = _ASKED_AGAIN_SECONDS,
) -> AsyncIterator[bytes]:
    """A stream of events that ends where the service behind it does, so that a browser asks again and goes on.

    It also ends where its reader is no longer welcome: signed out, disabled, a token expired. That is asked before an
    event is passed on, when it was not for a while.
    """
    asked_at = time.monotonic()
    with contextlib.suppress(errors.ServiceUnavailable):
        async for chunk in content:
            if time.monotonic() - asked_at >= asked_again_seconds:
                if not await is_still_welcome():
                    return
                asked_at = time.monotonic()
            yield chunk
