"""One plain ASGI middleware for what every request needs: an id, a language, a person, a log line, a measurement.

It is one on purpose: each further layer costs every request, and the prediction path counts microseconds.
"""

from __future__ import annotations

import time
from typing import Any, Protocol

import structlog
from starlette import datastructures, requests, routing, types

from kolba.kit import context, errors, identity, metrics, text
from kolba.kit.http import guard, problems

_log = structlog.get_logger("kolba.http")
_UNLOGGED = frozenset(
    {
        "/health",
        "/health/live",
        "/ready",
        "/metrics",
        "/ping",
        "/v2/health/live",
        "/v2/health/ready",
    }
)


class Witness(Protocol):
    """Stands between the edge and the routes; direct routes pass by it."""

    async def attend(
        self, app: types.ASGIApp, scope: types.Scope, receive: types.Receive, send: types.Send
    ) -> None:
        """Let the request through to `app`. What this raises is answered as a problem."""
        ...

    async def refused(self, scope: types.Scope, error: errors.KolbaError) -> None:
        """The edge did not let a request through."""
        ...


class Edge:
    """Wraps a service's application."""

    def __init__(
        self,
        app: types.ASGIApp,
        *,
        guard: guard.Guard,
        authenticator: identity.Authenticator,
        measured: metrics.HttpMetrics,
        witness: Witness | None = None,
    ) -> None:
        self._app = app
        self._witness = witness
        self._guard = guard
        self._authenticator = authenticator
        self._metrics = measured

    async def __call__(self, scope: types.Scope, receive: types.Receive, send: types.Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        headers = datastructures.Headers(scope=scope)
        request = _context_of(headers)
        token = context.bind(request)
        watch = _Watch(send, request.request_id)
        started = time.perf_counter()
        try:
            await self._answer(scope, receive, watch, headers)
        finally:
            self._report(scope, watch.status, time.perf_counter() - started)
            context.unbind(token)

    async def _answer(
        self,
        scope: types.Scope,
        receive: types.Receive,
        watch: _Watch,
        headers: datastructures.Headers,
    ) -> None:
        try:
            await self._admit(scope, headers)
            if self._witness is None:
                await self._app(scope, receive, watch.send)
            else:
                await self._witness.attend(self._app, scope, receive, watch.send)
            if watch.too_large:
                raise errors.BodyTooLarge
        except requests.ClientDisconnect:
            # In the middle of what they sent: nobody is left to be answered, and nothing is wrong here.
            return
        except Exception as error:
            # All of it here: the framework's own handler stands outside, where the request id is not known any more.
            if watch.status:
                raise
            watch.too_large = False
            await problems.response(_expected(error), scope)(scope, receive, watch.send)

    async def _admit(self, scope: types.Scope, headers: datastructures.Headers) -> None:
        """Find out who asks. Raises what they are refused for."""
        try:
            self._guard.check(scope["method"], headers.get("host", ""), headers.get("origin"))
            context.identify(await self._authenticator.authenticate(scope["method"], headers))
        except errors.KolbaError as error:
            if self._witness is not None:
                await self._witness.refused(scope, error)
            raise

    def _report(self, scope: types.Scope, status: int, seconds: float) -> None:
        route = _route_of(scope)
        self._metrics.observe(method=scope["method"], route=route, status=status, seconds=seconds)
        if route in _UNLOGGED:
            return
        _log.info(
            "request",
            method=scope["method"],
            path=scope["path"],
            status=status or "disconnected",
            duration_ms=round(seconds * 1000, 2),
        )


class _Watch:
    """Sends on, adds the request id, and remembers the status.

    The framework's own bare 413 is held back, because it does not say what to do; `too_large` tells of it.
    """

    def __init__(self, send: types.Send, request_id: str) -> None:
        self._send = send
        self._request_id = request_id.encode()
        self.status = 0
        self.too_large = False

    async def send(self, message: types.Message) -> None:
        if self.too_large:
            return
        if message["type"] == "http.response.start":
            if _is_plain_refusal(message):
                self.too_large = True
                return
            self.status = message["status"]
            added: list[Any] = [
                *message.get("headers", ()),
                (context.REQUEST_ID_HEADER.encode(), self._request_id),
                (b"x-content-type-options", b"nosniff"),
            ]
            message = {**message, "headers": added}
        await self._send(message)


def _expected(error: Exception) -> errors.KolbaError:
    if isinstance(error, errors.KolbaError):
        return error
    _log.error("unexpected failure", exc_info=error)
    return errors.KolbaError()


def _is_plain_refusal(message: types.Message) -> bool:
    return (
        message["status"] == 413
        and (b"content-type", b"text/plain; charset=utf-8") in message["headers"]
    )


def _context_of(headers: datastructures.Headers) -> context.RequestContext:
    return context.RequestContext(
        request_id=context.accept_request_id(headers.get(context.REQUEST_ID_HEADER)),
        language=text.preferred_language(headers.get("accept-language")),
    )


def _route_of(scope: types.Scope) -> str:
    """The route's template (`/datasets/{dataset_id}`), so that the label's values stay few."""
    route = scope.get("route")
    if isinstance(route, routing.Route):
        return route.path
    return "unmatched"
