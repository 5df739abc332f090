"""Direct routes: plain ASGI for the few paths that are called thousands of times a second.

They get what the edge gives everyone (host and origin checks, who asks, a request id, limits, problem documents, a
measurement), without the framework's routing, validation and per-request log line.
"""

from __future__ import annotations

import asyncio
import dataclasses
import functools
import time
from collections.abc import Awaitable, Callable, Mapping
from types import MappingProxyType
from typing import Any, NamedTuple, Protocol

import orjson
import structlog
from starlette import types

from kolba.kit import context, errors, identity, metrics, text
from kolba.kit.http import guard, inflating, problems, requirements

_log = structlog.get_logger("kolba.http")
_language = functools.lru_cache(maxsize=256)(text.preferred_language)
_REQUEST_ID = context.REQUEST_ID_HEADER.encode()
_NO_HEADERS: Mapping[str, str] = MappingProxyType({})
_READ_CHARACTERS = 256
"""Of an `Accept-Language`: what was read is remembered, and anybody may send any."""
_LONGEST_PATH = 2048
"""No direct route's path is longer. What looks for routes remembers paths, and anybody may send any."""


class Receipt(Protocol):
    """For an answer whose leaving counts. Exactly one of these is called in the end."""

    def leaving(self) -> None:
        """It is about to be written to the caller."""
        ...

    def lost(self) -> None:
        """The caller has gone."""
        ...


class Reply(NamedTuple):
    body: bytes
    content_type: str
    headers: Mapping[str, str] = _NO_HEADERS
    status: int = 200
    receipt: Receipt | None = None


class Call(NamedTuple):
    """A request to a direct route, read whole."""

    path: str
    """Decoded, as the framework would see it."""
    query: bytes
    headers: Mapping[str, str]
    """By lower-case name."""
    body: bytes
    """Inflated, where it came compressed."""
    state: Mapping[str, Any]
    """What the application's lifespan opened."""
    disconnected: Callable[[], Awaitable[None]]
    """Returns when the client has gone."""


Handler = Callable[[Call], Awaitable[Reply]]
Explain = Callable[[dict[str, Any]], dict[str, Any]]
"""Adds to a problem document what a protocol expects there."""


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Route:
    name: str
    """The template that metrics show."""
    handler: Handler
    requirement: requirements.Requirement
    explain: Explain | None = None


Find = Callable[[str], Route | None]
"""The direct route of a POST to this path, if it is one."""
Read = Callable[[], Awaitable[bytes | None]]
"""Reads a body; None when the client left meanwhile. Raises `errors.BodyTooLarge`."""


class Asked(NamedTuple):
    """A request to a direct route, whose body is yet to be read."""

    path: str
    query: bytes
    headers: Mapping[str, str]
    state: Mapping[str, Any]
    read: Read
    disconnected: Callable[[], Awaitable[None]]


class Answered(NamedTuple):
    reply: Reply
    request_id: str

    def head(self) -> list[tuple[bytes, bytes]]:
        """The answer's headers."""
        reply = self.reply
        headers = [
            (b"content-type", reply.content_type.encode("latin-1")),
            (b"content-length", b"%d" % len(reply.body)),
            (_REQUEST_ID, self.request_id.encode("latin-1")),
            (b"x-content-type-options", b"nosniff"),
        ]
        for name, value in reply.headers.items():
            headers.append((name.lower().encode("latin-1"), value.encode("latin-1")))
        return headers


class DirectRoutes:
    """Answers the direct routes of one application."""

    def __init__(
        self,
        *,
        find: Find,
        guard: guard.Guard,
        authenticator: identity.Authenticator,
        measured: metrics.HttpMetrics,
        max_body_bytes: int,
    ) -> None:
        self._find = find
        self._guard = guard
        self._authenticator = authenticator
        self._metrics = measured
        self._max_body_bytes = max_body_bytes

    def route_of(self, scope: types.Scope) -> Route | None:
        """The direct route this request is for, if it is for one."""
        if scope["type"] != "http" or scope["method"] != "POST":
            return None
        return self.find(scope["path"])

    def find(self, path: str) -> Route | None:
        """The direct route of a POST to `path`."""
        return self._find(path) if len(path) <= _LONGEST_PATH else None

    async def serve(
        self, route: Route, scope: types.Scope, receive: types.Receive, send: types.Send
    ) -> None:
        """Answer a request whose route was found."""
        headers = {
            name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]
        }
        asked = Asked(
            path=scope["path"],
            query=scope["query_string"],
            headers=headers,
            state=scope["state"],
            read=functools.partial(_read, receive, headers, self._max_body_bytes),
            disconnected=functools.partial(_until_disconnected, receive),
        )
        answered = await self.answer(route, asked)
        if answered is not None:
            status = answered.reply.status
            if answered.reply.receipt is not None:
                if await _has_left(asked.disconnected):
                    answered.reply.receipt.lost()
                    return
                answered.reply.receipt.leaving()
            await send(
                {"type": "http.response.start", "status": status, "headers": answered.head()}
            )
            await send({"type": "http.response.body", "body": answered.reply.body})

    async def answer(self, route: Route, asked: Asked) -> Answered | None:
        """The answer, or the problem document in its place; None when the client left before there was any."""
        started = time.perf_counter()
        request = _context_of(asked.headers)
        token = context.bind(request)
        try:
            reply = await self._reply(route, asked)
        finally:
            context.unbind(token)
        if reply is None:
            return None
        seconds = time.perf_counter() - started
        self._metrics.observe(method="POST", route=route.name, status=reply.status, seconds=seconds)
        return Answered(reply, request.request_id)

    async def _reply(self, route: Route, asked: Asked) -> Reply | None:
        headers = asked.headers
        try:
            self._guard.check("POST", headers.get("host", ""), headers.get("origin"))
            person = await self._authenticator.authenticate("POST", headers)
            context.identify(person)
            route.requirement.check(person, asked.state)
            body = await asked.read()
            if body is None:
                return None
            encoding = headers.get("content-encoding")
            if encoding is not None:
                body = await inflating.inflate(body, encoding, self._max_body_bytes)
            call = Call(
                path=asked.path,
                query=asked.query,
                headers=headers,
                body=body,
                state=asked.state,
                disconnected=asked.disconnected,
            )
            return await route.handler(call)
        except asyncio.CancelledError:
            if _is_cancelled():
                raise
            return None
        except errors.KolbaError as error:
            return _problem(error, route.explain)
        except Exception:
            _log.exception("unexpected failure", path=asked.path)
            return _problem(errors.KolbaError(), route.explain)


def _context_of(headers: Mapping[str, str]) -> context.RequestContext:
    return context.RequestContext(
        request_id=context.accept_request_id(headers.get(context.REQUEST_ID_HEADER)),
        language=_language(headers.get("accept-language", "")[:_READ_CHARACTERS]),
    )


async def _read(receive: types.Receive, headers: Mapping[str, str], limit: int) -> bytes | None:
    announced = headers.get("content-length", "0")
    if announced.isdigit() and int(announced) > limit:
        raise errors.BodyTooLarge
    message = await receive()
    if message["type"] == "http.disconnect":
        return None
    body: bytes = message.get("body", b"")
    if not message.get("more_body", False):
        return body
    parts = [body]
    size = len(body)
    while message.get("more_body", False):
        message = await receive()
        if message["type"] == "http.disconnect":
            return None
        parts.append(message.get("body", b""))
        size += len(parts[-1])
        if size > limit:
            raise errors.BodyTooLarge
    return b"".join(parts)


async def _until_disconnected(receive: types.Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


async def _has_left(disconnected: Callable[[], Awaitable[None]]) -> bool:
    """Whether the client is known to have gone: what is sent then, the server drops without a word."""
    waiting = asyncio.ensure_future(disconnected())
    await asyncio.sleep(0)
    if waiting.done():
        return True
    waiting.cancel()
    return False


def _is_cancelled() -> bool:
    """Whether this task is to end; otherwise it only waited for something that was given up, as its client left."""
    task = asyncio.current_task()
    return task is not None and task.cancelling() > 0


def _problem(error: errors.KolbaError, explain: Explain | None) -> Reply:
    document = problems.document(error)
    problems.log(error, document)
    if explain is not None:
        document = explain(document)
    return Reply(
        orjson.dumps(document, default=str, option=orjson.OPT_NON_STR_KEYS),
        problems.MEDIA_TYPE,
        {**error.headers, "Content-Language": context.current().language},
        document["status"],
    )
