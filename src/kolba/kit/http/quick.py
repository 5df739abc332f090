"""The short way for direct routes: from the parser to the handler and back, past the ASGI machinery.

A small request to a direct route needs no scope, no channel of messages and no checks of an application's conduct: its
head and body go to the handler, and the answer leaves by one system call. Everything else (large or chunked bodies,
pipelined requests, other routes) goes uvicorn's own way.
"""

from __future__ import annotations

import asyncio
import functools
import re
import urllib.parse
from collections.abc import Iterable, Mapping
from typing import Any

import httptools
from uvicorn.protocols.http import httptools_impl

from kolba.kit.http import corking, direct

_QUICK_BYTES = 1 << 16
"""A larger body is read by uvicorn, which holds the sender back while it is taken in."""
_MOST_HEAD_BYTES = 1 << 16
"""More of a head (or of what follows a chunked body) is not read: the parser keeps all of it, whoever sends it."""
_TOO_LARGE_HEAD = (
    b"HTTP/1.1 431 Request Header Fields Too Large\r\ncontent-type: text/plain\r\n"
    b"content-length: 30\r\nconnection: close\r\n\r\nThe request's head is too long"
)
_LONGEST_URL = 1 << 13
"""A longer one goes uvicorn's own way: what was split is remembered, and anybody may send any."""
_SLOWEST_READER_SECONDS = 30.0
"""An answer waits no longer for a client to read the one before: others wait to hear what became of it."""
_UNSOUND = re.compile(rb"[\r\n\0]")


class Exchange:
    """One request on the short way. To uvicorn's protocol it looks like its own cycle of request and response."""

    __slots__ = (
        "_gone",
        "body",
        "disconnected",
        "headers",
        "keep_alive",
        "path",
        "query",
        "response_complete",
        "route",
    )

    def __init__(self, path: str, query: bytes, route: direct.Route, headers: Mapping[str, str]):
        self.path = path
        self.query = query
        self.route = route
        self.headers = headers
        self.body = b""
        self.keep_alive = True
        self.disconnected = False
        self.response_complete = False
        self._gone: asyncio.Event | None = None

    @property
    def message_event(self) -> Exchange:
        """What uvicorn sets when the connection is lost."""
        return self

    def set(self) -> None:
        if self._gone is not None:
            self._gone.set()

    async def read(self) -> bytes:
        return self.body

    async def until_disconnected(self) -> None:
        if self._gone is None:
            self._gone = asyncio.Event()
        if not self.disconnected:
            await self._gone.wait()


class QuickProtocol(corking.CorkedProtocol):
    """uvicorn's protocol for an application with `direct` routes."""

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self._routes: direct.DirectRoutes | None = getattr(self.app, "direct", None)
        self._reading: Exchange | None = None
        self._answering: Exchange | None = None
        self._quiet_since: float | None = None
        self._head_bytes = 0

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        self._bare = transport
        super().connection_made(transport)

    def connection_lost(self, exc: Exception | None) -> None:
        if self._answering is not None:
            self._answering.disconnected = True
            self._answering.set()
        if self.timeout_keep_alive_task is not None:
            self.timeout_keep_alive_task.cancel()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        self._head_bytes += len(data)
        super().data_received(data)
        if self._head_bytes > _MOST_HEAD_BYTES and not self._bare.is_closing():
            asked: Any = self.cycle  # None before the first request
            if asked is None or asked.response_complete:
                self.transport.write(_TOO_LARGE_HEAD)
            self.transport.close()

    def on_message_begin(self) -> None:
        self._head_bytes = 0
        self.url = b""
        self.headers = []
        self.expect_100_continue = False

    def on_chunk_header(self) -> None:
        self._head_bytes = 0

    def on_headers_complete(self) -> None:
        self._head_bytes = 0
        self._reading = self._begun()
        if self._reading is not None:
            self.cycle = self._reading  # type: ignore[assignment]
            return
        url, headers, expects = self.url, self.headers, self.expect_100_continue
        super().on_message_begin()
        self.url, self.expect_100_continue = url, expects
        self.headers.extend(headers)
        super().on_headers_complete()

    def on_body(self, body: bytes) -> None:
        self._head_bytes = 0
        if self._reading is None:
            super().on_body(body)
        else:
            self._reading.body += body

    def on_message_complete(self) -> None:
        self._head_bytes = 0
        exchange, self._reading = self._reading, None
        if exchange is None:
            super().on_message_complete()
        else:
            self._answering = exchange
            self.tasks.add(self.loop.create_task(self._answer(exchange)))

    def _begun(self) -> Exchange | None:
        """The exchange of a request that may go the short way."""
        before: Any = self.cycle  # None before the first request, whatever uvicorn declares
        is_busy = before is not None and not before.response_complete
        if self._routes is None or is_busy or self.expect_100_continue:
            return None
        if self.parser.get_method() != b"POST" or not self.parser.should_keep_alive():
            return None
        if len(self.url) > _LONGEST_URL:
            return None
        path, query = _split(self.url)
        route = self._routes.find(path)
        if route is None:
            return None
        headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in self.headers}
        length = headers.get("content-length", "")
        if not length.isdigit() or int(length) > _QUICK_BYTES or "upgrade" in headers:
            return None
        return Exchange(path, query, route, headers)

    async def _answer(self, exchange: Exchange) -> None:
        assert self._routes is not None
        try:
            answered = await self._routes.answer(
                exchange.route,
                direct.Asked(
                    exchange.path,
                    exchange.query,
                    exchange.headers,
                    self.app_state,
                    exchange.read,
                    exchange.until_disconnected,
                ),
            )
            if answered is not None:
                await self._write(answered, exchange)
        except BaseException:
            self.transport.close()
            raise
        finally:
            self._answering = None
            exchange.response_complete = True
            self.tasks.discard(asyncio.current_task())
            self.on_response_complete()

    def on_response_complete(self) -> None:
        """As uvicorn's, but for the timer: setting and unsetting one for each request costs more than the rest."""
        self.server_state.total_requests += 1
        if self._bare.is_closing():
            return
        self.flow.resume_reading()
        if self.pipeline:
            self._start_asgi_task(*self.pipeline.pop())
            return
        self._quiet_since = self.loop.time()
        if self.timeout_keep_alive_task is None:
            self._watch_for(self.timeout_keep_alive)

    def timeout_keep_alive_handler(self) -> None:
        """Close a connection on which nothing was said for too long; look again later at one that was used."""
        self.timeout_keep_alive_task = None
        if self._quiet_since is None:
            return  # a request is being read or answered, after which the watch begins anew
        left = self._quiet_since + self.timeout_keep_alive - self.loop.time()
        if left > 0:
            self._watch_for(left)
        else:
            super().timeout_keep_alive_handler()

    def _unset_keepalive_if_required(self) -> None:
        self._quiet_since = None

    def _watch_for(self, seconds: float) -> None:
        self.timeout_keep_alive_task = self.loop.call_later(
            seconds, self.timeout_keep_alive_handler
        )

    async def _write(self, answered: direct.Answered, exchange: Exchange) -> None:
        reply = answered.reply
        if self.flow.write_paused and not await self._is_read():
            exchange.disconnected = True
            self._bare.abort()
        if exchange.disconnected:
            if reply.receipt is not None:
                reply.receipt.lost()
            return
        parts = [httptools_impl.STATUS_LINE[reply.status]]
        _append(parts, self.server_state.default_headers)
        _append(parts, answered.head())
        parts.append(b"\r\n" if exchange.keep_alive else b"connection: close\r\n\r\n")
        parts.append(reply.body)
        if reply.receipt is None:
            self.corked.write(b"".join(parts))
        else:
            self.corked.write_for(reply.receipt, b"".join(parts))
        if not exchange.keep_alive:
            self.corked.close()

    async def _is_read(self) -> bool:
        """Wait until what was written before is on its way; False where the client does not read it."""
        try:
            async with asyncio.timeout(_SLOWEST_READER_SECONDS):
                await self.flow.drain()
        except TimeoutError:
            return False
        return True


def _append(parts: list[bytes], headers: Iterable[tuple[bytes, bytes]]) -> None:
    for name, value in headers:
        if _UNSOUND.search(value):
            raise ValueError(f"a header's value would break out: {name!r}")
        parts += (name, b": ", value, b"\r\n")


@functools.lru_cache(maxsize=4096)
def _split(url: bytes) -> tuple[str, bytes]:
    """A request's path, decoded, and its query."""
    parsed = httptools.parse_url(url)
    path = parsed.path.decode("ascii")
    return urllib.parse.unquote(path) if "%" in path else path, parsed.query or b""
