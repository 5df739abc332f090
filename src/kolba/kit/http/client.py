"""Calls to other services: kept alive, bounded in time, repeated only where that is safe."""

from __future__ import annotations

import asyncio
import contextlib
import dataclasses
import io
from collections.abc import AsyncIterable, AsyncIterator, Mapping
from typing import Any, Self

import aiohttp
import orjson

from kolba.kit import context, errors
from kolba.kit.http import credentials, lean

DEFAULT_TIMEOUT_SECONDS = 30.0
_CONNECT_SECONDS = 2.0
_RETRY_DELAYS_SECONDS = (0.05, 0.2)
_LARGE_BYTES = 1 << 19
_REPEATABLE = frozenset({"GET", "HEAD", "PUT", "DELETE"})

Body = bytes | AsyncIterable[bytes] | None


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class _Call:
    method: str
    url: str
    query: dict[str, str]
    data: Body
    headers: dict[str, str]
    timeout: aiohttp.ClientTimeout


class ServiceClient:
    """Speaks to one service. Open it once, in the lifespan; it keeps its connections.

    `shown` says who asks; without it, nothing is shown. Failures come out as `errors.ServiceUnavailable` (no answer,
    or none to such as us) or `errors.RemoteProblem` (a problem document).
    """

    def __init__(
        self,
        service: str,
        base_url: str,
        *,
        timeout_seconds: float = DEFAULT_TIMEOUT_SECONDS,
        shown: credentials.Credentials | None = None,
    ) -> None:
        self.service = service
        self._shown = shown or credentials.NoCredentials()
        self.base_url = base_url.rstrip("/")
        self._timeout = timeout_seconds
        self._session: aiohttp.ClientSession | None = None
        self._lean: lean.Caller | None = None

    async def __aenter__(self) -> Self:
        # No `limit`: callers bound their own concurrency, and a long poll must not starve the others.
        self._session = aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(limit=0, keepalive_timeout=30),
            skip_auto_headers={"User-Agent"},
            auto_decompress=False,
        )
        if self.base_url.startswith("http://"):
            self._lean = lean.Caller(self.service, self.base_url)
        return self

    async def __aexit__(self, *_: object) -> None:
        if self._session is not None:
            await self._session.close()
            self._session = None
        if self._lean is not None:
            self._lean.close()
            self._lean = None

    async def json(
        self,
        method: str,
        path: str,
        *,
        query: Mapping[str, Any] | None = None,
        body: Any = None,
        timeout_seconds: float | None = None,
    ) -> Any:
        """Send `body` as JSON and return the decoded answer (None for an empty one)."""
        data = None if body is None else orjson.dumps(body, option=orjson.OPT_SERIALIZE_NUMPY)
        headers = {"Content-Type": "application/json"} if data is not None else {}
        answer = await self.raw(
            method, path, query=query, data=data, headers=headers, timeout_seconds=timeout_seconds
        )
        return orjson.loads(answer) if answer else None

    async def raw(
        self,
        method: str,
        path: str,
        *,
        query: Mapping[str, Any] | None = None,
        data: Body = None,
        headers: Mapping[str, str] | None = None,
        timeout_seconds: float | None = None,
    ) -> bytes:
        """The whole answer. A call that may be repeated is tried again when the connection fails."""
        delays = (
            list(_RETRY_DELAYS_SECONDS) if method in _REPEATABLE and not _is_stream(data) else []
        )
        while True:
            try:
                async with self.stream(
                    method,
                    path,
                    query=query,
                    data=data,
                    headers=headers,
                    timeout_seconds=timeout_seconds,
                ) as response:
                    return await self.read(response)
            except errors.ServiceUnavailable:
                if not delays:
                    raise
                await asyncio.sleep(delays.pop(0))

    @contextlib.asynccontextmanager
    async def stream(
        self,
        method: str,
        path: str,
        *,
        query: Mapping[str, Any] | None = None,
        data: Body = None,
        headers: Mapping[str, str] | None = None,
        timeout_seconds: float | None = None,
    ) -> AsyncIterator[aiohttp.ClientResponse]:
        """The answer as it arrives; its status is already checked. `timeout_seconds` 0: no limit in all."""
        total = self._timeout if timeout_seconds is None else timeout_seconds
        call = _Call(
            method=method,
            url=self.base_url + path,
            query=_query(query),
            data=data,
            headers={**context.outgoing_headers(), **(headers or {})},
            timeout=aiohttp.ClientTimeout(total=total or None, sock_connect=_CONNECT_SECONDS),
        )
        token = self._shown.token()
        response = await self._send(call, token)
        if response.status == 401 and token is not None and not _is_stream(data):
            # It may have expired on the way. Who is refused has had nothing done, so this is safe to repeat.
            renewed = self._shown.renewed(token)
            if renewed is not None:
                response.close()
                response = await self._send(call, renewed)
        async with response:
            if response.status == 401 and token is not None:
                raise errors.TokenRefused(service=self.service)
            await self._check(response)
            yield response

    async def _send(self, call: _Call, token: str | None) -> aiohttp.ClientResponse:
        if self._session is None:
            raise RuntimeError(f"the client of {self.service} is not open")
        if token is not None:
            call.headers["Authorization"] = f"Bearer {token}"
        try:
            return await self._session.request(
                call.method,
                call.url,
                params=call.query,
                data=_payload(call.data),
                headers=call.headers,
                timeout=call.timeout,
            )
        except (aiohttp.ClientConnectorError, aiohttp.ConnectionTimeoutError) as error:
            raise errors.ServiceUnavailable(service=self.service, was_asked=False) from error
        except (aiohttp.ClientError, TimeoutError) as error:
            raise errors.ServiceUnavailable(service=self.service) from error

    async def post(self, path: str, content: bytes, headers: Mapping[str, str]) -> lean.Answer:
        """One quick question, where every microsecond counts. The caller bounds the time."""
        if self._lean is not None:
            return await self._post(self._lean, path, content, headers)
        async with self.stream("POST", path, data=content, headers=headers) as response:
            found = {name.lower(): value for name, value in response.headers.items()}
            return lean.Answer(response.status, found, await self.read(response))

    async def _post(
        self, caller: lean.Caller, path: str, content: bytes, headers: Mapping[str, str]
    ) -> lean.Answer:
        sent = {**context.outgoing_headers(), **headers}
        token = self._shown.token()
        if token is not None:
            sent["Authorization"] = f"Bearer {token}"
        answer = await caller.post(path, content, sent)
        if answer.status == 401 and token is not None:
            token = self._shown.renewed(token)
            if token is not None:
                sent["Authorization"] = f"Bearer {token}"
                answer = await caller.post(path, content, sent)
            if answer.status == 401:
                raise errors.TokenRefused(service=self.service)
        if answer.status >= 400:
            raise refusal(self.service, answer.status, answer.content)
        return answer

    async def read(self, response: aiohttp.ClientResponse) -> bytes:
        """The body of what `stream` gave, whole; a connection that breaks is `ServiceUnavailable`."""
        try:
            return await response.read()
        except (aiohttp.ClientError, TimeoutError) as error:
            raise errors.ServiceUnavailable(service=self.service) from error

    async def chunks(
        self, response: aiohttp.ClientResponse, size: int = 1 << 18
    ) -> AsyncIterator[bytes]:
        """The body in pieces of at most `size` bytes; a connection that breaks is `ServiceUnavailable`."""
        try:
            async for chunk in response.content.iter_chunked(size):
                yield chunk
        except (aiohttp.ClientError, TimeoutError) as error:
            raise errors.ServiceUnavailable(service=self.service) from error

    async def _check(self, response: aiohttp.ClientResponse) -> None:
        if response.status < 400:
            return
        raise refusal(self.service, response.status, await self.read(response))


def refusal(service: str, status: int, content: bytes) -> errors.KolbaError:
    """What an answer of 400 or more says: a problem document, or else that the service is not well."""
    try:
        document = orjson.loads(content)
    except orjson.JSONDecodeError:
        document = None
    if not isinstance(document, dict):
        return errors.ServiceUnavailable(service=service)
    return errors.RemoteProblem(service=service, status=status, document=document)


def _payload(data: Body) -> Any:
    """A large body as a file, which is sent in pieces and lets others run in between."""
    is_large = isinstance(data, bytes) and len(data) > _LARGE_BYTES
    return io.BytesIO(data) if is_large else data  # type: ignore[arg-type]


def _is_stream(data: Body) -> bool:
    return data is not None and not isinstance(data, bytes)


def _query(query: Mapping[str, Any] | None) -> dict[str, str]:
    return {name: str(value) for name, value in (query or {}).items() if value is not None}
