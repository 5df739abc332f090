"""The client: resolve once, pin the address, check every hop, bound size and time."""

from __future__ import annotations

import asyncio
import contextlib
import dataclasses
import pathlib
import zlib
from collections.abc import AsyncIterator, Iterator, Sequence
from typing import Protocol

import aiohttp
import yarl

from kolba.kit.egress import errors, policy, resolver, sink

CHUNK = 64 * 1024
REDIRECTS = (301, 302, 303, 307, 308)
# In zlib's terms: a gzip header, or a zlib header, which RFC 9110 (8.4.1.2) calls "deflate".
_WINDOW_BITS = {"gzip": 31, "x-gzip": 31, "deflate": 15}
_HEADERS = {"Accept": "*/*", "Accept-Encoding": "identity", "User-Agent": "kolba"}


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Download:
    """What to fetch. `max_bytes` may narrow the client's own limit, never widen it."""

    url: str
    sha256: str | None = None
    """Of the body after decompression, in hexadecimal."""
    max_bytes: int | None = None


class Egress(Protocol):
    async def download(self, wanted: Download, target: pathlib.Path) -> sink.Kept:
        """Fetch into `target`, whose folder must exist.

        Raises `errors.EgressError`, and `OSError` from the disk; then `target` is not touched.
        """
        ...


class HttpEgress:
    """Egress over HTTP. Environment proxies, cookies and credentials are never used."""

    def __init__(
        self, limits: policy.Policy | None = None, *, names: resolver.Resolver | None = None
    ) -> None:
        self._policy = limits or policy.Policy()
        self._names = names or resolver.SystemResolver()

    async def download(self, wanted: Download, target: pathlib.Path) -> sink.Kept:
        first = policy.check_url(wanted.url)
        try:
            async with asyncio.timeout(self._policy.total_seconds):
                return await self._fetch(first, wanted, target)
        except TimeoutError as error:
            raise errors.TooSlow(
                url=policy.shown(first), seconds=self._policy.total_seconds
            ) from error

    async def _fetch(self, url: yarl.URL, wanted: Download, target: pathlib.Path) -> sink.Kept:
        limit = min(wanted.max_bytes or self._policy.max_bytes, self._policy.max_bytes)
        async with contextlib.AsyncExitStack() as stack:
            with _translated(url, self._policy):
                response = await self._follow(url, stack)
                return await sink.keep(
                    _body(response, limit),
                    target,
                    url=policy.shown(url),
                    max_bytes=limit,
                    sha256=wanted.sha256,
                )

    async def _follow(
        self, url: yarl.URL, stack: contextlib.AsyncExitStack
    ) -> aiohttp.ClientResponse:
        first = url
        for _ in range(self._policy.max_redirects + 1):
            response = await self._open(url, stack)
            if response.status == 200:
                return response
            if response.status not in REDIRECTS or "Location" not in response.headers:
                raise errors.BadStatus(url=policy.shown(url), http_status=response.status)
            url = policy.next_url(url, response.headers["Location"])
        raise errors.TooManyRedirects(url=policy.shown(first), limit=self._policy.max_redirects)

    async def _open(
        self, url: yarl.URL, stack: contextlib.AsyncExitStack
    ) -> aiohttp.ClientResponse:
        # A session per hop: its connector knows the checked addresses of this hop and no others.
        pinned = resolver.PinnedResolver(await self._addresses(url))
        limits = aiohttp.ClientTimeout(
            total=None,
            connect=self._policy.connect_seconds,
            sock_connect=self._policy.connect_seconds,
            sock_read=self._policy.idle_seconds,
        )
        session = aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(resolver=pinned, use_dns_cache=False, force_close=True),
            cookie_jar=aiohttp.DummyCookieJar(),
            auto_decompress=False,
            trust_env=False,
            timeout=limits,
            headers=_HEADERS,
        )
        await stack.enter_async_context(session)
        return await stack.enter_async_context(session.get(url, allow_redirects=False))

    async def _addresses(self, url: yarl.URL) -> Sequence[policy.Address]:
        host = url.host or ""
        spelled = policy.literal(host)
        found = [spelled] if spelled else await self._look_up(host, url.port or 0)
        for address in found:
            if not self._policy.permits(address):
                raise errors.AddressRefused(host=host, address=str(address))
        return found

    async def _look_up(self, host: str, port: int) -> Sequence[policy.Address]:
        try:
            async with asyncio.timeout(self._policy.connect_seconds):
                found = await self._names.resolve(host, port)
        except TimeoutError as error:
            reason = f"the name server did not answer in {self._policy.connect_seconds} s"
            raise errors.HostNotFound(host=host, reason=reason) from error
        except OSError as error:
            raise errors.HostNotFound(host=host, reason=str(error)) from error
        if not found:
            raise errors.HostNotFound(host=host, reason="it has no address")
        return found


@contextlib.contextmanager
def _translated(url: yarl.URL, limits: policy.Policy) -> Iterator[None]:
    """aiohttp's failures in the words of `errors`."""
    shown = policy.shown(url)
    try:
        yield
    except aiohttp.ConnectionTimeoutError as error:
        raise errors.TooSlow(url=shown, seconds=limits.connect_seconds) from error
    except aiohttp.ServerTimeoutError as error:
        raise errors.TooSlow(url=shown, seconds=limits.idle_seconds) from error
    except aiohttp.InvalidURL as error:
        raise errors.UrlRefused(url=shown, reason="it is not a URL") from error
    except aiohttp.ClientPayloadError as error:
        raise errors.Unreachable(url=shown, reason="the answer broke off") from error
    except aiohttp.ClientError as error:
        raise errors.Unreachable(url=shown, reason=str(error)) from error


def _body(response: aiohttp.ClientResponse, limit: int) -> AsyncIterator[bytes]:
    """The decoded chunks of a response, none larger than `CHUNK`."""
    url = policy.shown(response.url)
    if response.content_length is not None and response.content_length > limit:
        raise errors.TooLarge(url=url, limit_bytes=limit)
    raw = response.content.iter_chunked(CHUNK)
    encoding = response.headers.get("Content-Encoding", "identity").strip().lower()
    if encoding == "identity":
        return raw
    if encoding not in _WINDOW_BITS:
        raise errors.BadEncoding(url=url, reason=f"the content encoding `{encoding}` is not known")
    return inflated(raw, _WINDOW_BITS[encoding], url)


async def inflated(raw: AsyncIterator[bytes], window_bits: int, url: str) -> AsyncIterator[bytes]:
    """Decompress in bounded steps, so that a bomb meets the limit before it fills the memory.

    `window_bits` is zlib's: 31 for gzip. Raises `errors.BadEncoding`.
    """
    machine = zlib.decompressobj(window_bits)
    try:
        async for data in raw:
            rest, more = data, True
            while more and not machine.eof:
                piece = machine.decompress(rest, CHUNK)
                rest, more = machine.unconsumed_tail, len(piece) == CHUNK
                yield piece
    except zlib.error as error:
        raise errors.BadEncoding(url=url, reason="it is damaged") from error
    if not machine.eof or machine.unused_data:
        raise errors.BadEncoding(url=url, reason="it is cut off or has something after its end")
