"""Calls without ceremony: bytes out, bytes back, over plain HTTP/1.1 on connections that are kept.

For the one call that is made thousands of times a second. What a general client does for every request (cookies,
redirects, traces, building a URL) costs several times the call itself.
"""

from __future__ import annotations

import asyncio
import dataclasses
import urllib.parse
from collections.abc import Mapping

import httptools

from kolba.kit import errors

_MAX_ANSWER_BYTES = 1 << 28
_CONNECT_SECONDS = 2.0


@dataclasses.dataclass(slots=True)
class Answer:
    status: int = 0
    headers: dict[str, str] = dataclasses.field(default_factory=dict)
    """By lower-case name."""
    content: bytes = b""


class Caller:
    """Posts to one service. Failures to reach it come out as `errors.ServiceUnavailable`.

    `address` is where to connect to, if not where the host's name leads: one of several replicas.
    """

    def __init__(self, service: str, base_url: str, *, address: str | None = None) -> None:
        parts = urllib.parse.urlsplit(base_url)
        if parts.scheme != "http" or parts.hostname is None:
            raise ValueError(f"{base_url}: only plain HTTP is spoken here")
        self.service = service
        self._host = address or parts.hostname
        self._port = parts.port or 80
        self._prefix = parts.path.rstrip("/")
        self._authority = parts.netloc.rpartition("@")[2]
        self._idle: list[_Connection] = []
        self._busy: set[_Connection] = set()
        self._is_closed = False

    async def post(self, path: str, content: bytes, headers: Mapping[str, str]) -> Answer:
        """The answer, whatever its status. It is the caller who bounds the time; giving up closes the connection."""
        connection = await self._connection()
        self._busy.add(connection)
        try:
            answer = await connection.ask(self._head(path, len(content), headers), content)
        except OSError as error:
            raise errors.ServiceUnavailable(service=self.service) from error
        finally:
            self._busy.discard(connection)
            if connection.is_free and not self._is_closed:
                self._idle.append(connection)
            else:
                connection.close()
        return answer

    def retire(self) -> None:
        """Keep no connection any more; questions under way are still answered."""
        self._is_closed = True
        for connection in self._idle:
            connection.close()
        self._idle.clear()

    def close(self) -> None:
        self._is_closed = True
        for connection in (*self._idle, *self._busy):
            connection.close()
        self._idle.clear()

    async def _connection(self) -> _Connection:
        while self._idle:
            connection = self._idle.pop()
            if connection.is_free:
                return connection
        try:
            async with asyncio.timeout(_CONNECT_SECONDS):
                _, made = await asyncio.get_running_loop().create_connection(
                    _Connection, self._host, self._port
                )
        except (OSError, TimeoutError) as error:
            raise errors.ServiceUnavailable(service=self.service) from error
        return made

    def _head(self, path: str, size: int, headers: Mapping[str, str]) -> bytes:
        lines = "".join([f"{name}: {value}\r\n" for name, value in headers.items()])
        return (
            f"POST {self._prefix}{path} HTTP/1.1\r\nhost: {self._authority}\r\n"
            f"content-length: {size}\r\n{lines}\r\n"
        ).encode("latin-1")


class _Connection(asyncio.Protocol):
    """One connection; one question at a time."""

    def __init__(self) -> None:
        self._transport: asyncio.Transport | None = None
        self._parser = httptools.HttpResponseParser(self)
        self._answer = Answer()
        self._parts: list[bytes] = []
        self._size = 0
        self._waiting: asyncio.Future[Answer] | None = None

    @property
    def is_free(self) -> bool:
        return self._transport is not None and self._waiting is None

    async def ask(self, head: bytes, content: bytes) -> Answer:
        """Raises `ConnectionError` when the connection ends before the answer does."""
        if self._transport is None:
            raise ConnectionResetError
        self._answer, self._parts, self._size = Answer(), [], 0
        waiting = self._waiting = asyncio.get_running_loop().create_future()
        self._transport.write(head + content)
        answer: Answer = await waiting  # given up: the connection stays taken, and is closed
        return answer

    def close(self) -> None:
        if self._transport is not None:
            self._transport.close()
            self._transport = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = transport  # type: ignore[assignment]

    def data_received(self, data: bytes) -> None:
        try:
            self._parser.feed_data(data)
        except httptools.HttpParserError as error:
            self._fail(ConnectionAbortedError(str(error)))

    def connection_lost(self, exc: Exception | None) -> None:
        self._transport = None
        self._fail(exc if isinstance(exc, OSError) else ConnectionResetError())

    def on_header(self, name: bytes, value: bytes) -> None:
        self._answer.headers[name.decode("latin-1").lower()] = value.decode("latin-1")

    def on_body(self, body: bytes) -> None:
        self._parts.append(body)
        self._size += len(body)
        if self._size > _MAX_ANSWER_BYTES:
            self._fail(ConnectionAbortedError("the answer is too large"))

    def on_message_complete(self) -> None:
        waiting, self._waiting = self._waiting, None
        if waiting is None or waiting.done():  # nobody asked, or nobody waits any more
            self.close()
            return
        self._answer.status = self._parser.get_status_code()
        self._answer.content = b"".join(self._parts)
        if not self._parser.should_keep_alive():
            self.close()
        waiting.set_result(self._answer)

    def _fail(self, error: OSError) -> None:
        self.close()
        waiting, self._waiting = self._waiting, None
        if waiting is not None and not waiting.done():
            waiting.set_exception(error)
