"""A request handed on to the web master, and its answer back, both as they come."""

import collections.abc
import contextlib
import typing

import aiohttp
import yarl
from starlette import datastructures, requests, responses, types

from kolba.kit import context, errors
from kolba.kit.http import addresses
from kolba.visualization.door import compression, headers

PREFIX: typing.Final = "/api"
_CONNECT_SECONDS: typing.Final = 2.0
_PIECE_BYTES: typing.Final = 1 << 18
_BODILESS: typing.Final = frozenset({"GET", "HEAD"})


class Door:
    """Open it in the lifespan; it keeps its connections, and nobody's cookies."""

    def __init__(self, web_master_url: str, clients: addresses.Addresses) -> None:
        """`clients` tells where a request came from, through proxies that the operator trusts."""
        self._clients = clients
        self._base = web_master_url.rstrip("/")
        self._session: aiohttp.ClientSession | None = None

    async def __aenter__(self) -> typing.Self:
        self._session = aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(limit=0, keepalive_timeout=30),
            cookie_jar=aiohttp.DummyCookieJar(),
            skip_auto_headers={"User-Agent", "Content-Type"},
            auto_decompress=False,
            timeout=aiohttp.ClientTimeout(total=None, sock_connect=_CONNECT_SECONDS),
        )
        return self

    async def __aexit__(self, *_: object) -> None:
        if self._session is not None:
            await self._session.close()
            self._session = None

    async def hand_on(self, request: requests.Request, path: str) -> responses.Response:
        """The web master's answer to `request`, whatever its status. Raises `ServiceUnavailable`."""
        if self._session is None:
            raise RuntimeError("the door is not open")
        upload = None if request.method in _BODILESS else _Upload(request)
        call = contextlib.AsyncExitStack()
        try:
            answer = await call.enter_async_context(
                self._session.request(
                    request.method,
                    self._address(path, request.url.query),
                    data=upload,
                    headers=[*headers.inward(request.headers.items()), *self._forwarded(request)],
                    allow_redirects=False,
                )
            )
        except (aiohttp.ClientError, TimeoutError) as error:
            if upload is not None and upload.failure is not None:
                raise upload.failure from None
            raise errors.ServiceUnavailable(service="web_master") from error
        return _Answer(call, answer)

    def _forwarded(self, request: requests.Request) -> list[tuple[str, str]]:
        """Who asked, and where. The web master believes it where it trusts this address (`http.trusted_proxies`)."""
        return [
            (context.REQUEST_ID_HEADER, context.current().request_id),
            ("X-Forwarded-For", self._clients.of(request.scope)),
            ("X-Forwarded-Host", request.headers.get("host", "")),
            ("X-Forwarded-Proto", request.url.scheme),
        ]

    def _address(self, path: str, query: str) -> yarl.URL:
        # As it came: a second quoting would turn `%2F` in a name into something else.
        return yarl.URL(f"{self._base}{path}{'?' + query if query else ''}", encoded=True)


class _Upload:
    """A request's body on its way. `failure` keeps why the browser's side of it broke off."""

    def __init__(self, request: requests.Request) -> None:
        self._request = request
        self.failure: Exception | None = None

    async def __aiter__(self) -> collections.abc.AsyncIterator[bytes]:
        try:
            async for chunk in self._request.stream():
                if chunk:
                    yield chunk
        except Exception as error:
            self.failure = error
            raise


class _Answer(responses.StreamingResponse):
    """Sends on what comes. However it ends, also when the reader leaves, the call behind it is closed."""

    def __init__(self, call: contextlib.AsyncExitStack, answer: aiohttp.ClientResponse) -> None:
        super().__init__(_pieces(answer), status_code=answer.status)
        self.raw_headers = [
            (name.lower().encode("latin-1"), value.encode("latin-1", "replace"))
            for name, value in headers.outward(answer.headers.items(), PREFIX)
        ]
        self._call = call

    async def __call__(self, scope: types.Scope, receive: types.Receive, send: types.Send) -> None:
        async with self._call:
            await self._form(scope)(scope, receive, send)

    def _form(self, scope: types.Scope) -> types.ASGIApp:
        whole = super().__call__
        if not compression.is_worthwhile(scope["method"], self.status_code, self.headers):
            return whole
        accepted = datastructures.Headers(scope=scope).get("accept-encoding", "")
        return compression.compressed(whole, accepted)


async def _pieces(answer: aiohttp.ClientResponse) -> collections.abc.AsyncIterator[bytes]:
    try:
        async for piece in answer.content.iter_chunked(_PIECE_BYTES):
            yield piece
    except aiohttp.ClientError as error:
        raise errors.ServiceUnavailable(service="web_master") from error
