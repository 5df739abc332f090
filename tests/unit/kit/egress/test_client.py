"""What only real sockets can show: rebinding, drips, bombs and endless bodies."""

from __future__ import annotations

import asyncio
import contextlib
import gzip
import ipaddress
import pathlib
import socket
import zlib
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer, unused_port

from kolba.kit.egress import client, errors, policy

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]
GOOD = ipaddress.ip_address("127.0.0.2")
INSIDE = ipaddress.ip_address("127.0.0.3")
ALLOWED = (ipaddress.ip_network("127.0.0.2/32"),)


def files_in(folder: pathlib.Path) -> list[str]:
    return [file.name for file in folder.iterdir()]


class Turncoat:
    """A name server under an attacker's hand: another answer each time."""

    def __init__(self, *answers: policy.Address) -> None:
        self.answers = list(answers)
        self.asked = 0

    async def resolve(self, host: str, port: int) -> Sequence[policy.Address]:
        answer = self.answers[min(self.asked, len(self.answers) - 1)]
        self.asked += 1
        return [answer]


@contextlib.asynccontextmanager
async def serving(handler: Handler, host: str = "127.0.0.2", port: int = 0) -> AsyncIterator[int]:
    application = web.Application()
    application.router.add_get("/{path:.*}", handler)
    async with TestServer(application, host=host, port=port or None) as server:
        assert server.port is not None
        yield server.port


def egress(*answers: policy.Address, **limits: float) -> client.HttpEgress:
    settings = policy.Policy(allowed_networks=ALLOWED, **limits)  # type: ignore[arg-type]
    return client.HttpEgress(settings, names=Turncoat(*(answers or (GOOD,))))


def url_of(port: int, path: str = "/") -> client.Download:
    return client.Download(url=f"http://public.test:{port}{path}")


async def test_a_name_is_asked_for_once_and_then_pinned(tmp_path: pathlib.Path) -> None:
    visits: list[str] = []

    async def good(request: web.Request) -> web.Response:
        return web.Response(text="good")

    async def inside(request: web.Request) -> web.Response:
        visits.append(request.path)
        return web.Response(text="inside")

    names = Turncoat(GOOD, INSIDE)
    fetcher = client.HttpEgress(policy.Policy(allowed_networks=ALLOWED), names=names)
    async with serving(good) as port, serving(inside, "127.0.0.3", port):
        kept = await fetcher.download(url_of(port), tmp_path / "file")
    assert kept.path.read_text() == "good"
    assert names.asked == 1
    assert visits == []


async def test_a_name_that_turns_inside_after_a_redirect_is_refused(tmp_path: pathlib.Path) -> None:
    async def redirect(request: web.Request) -> web.Response:
        return web.Response(status=307, headers={"Location": "/again"})

    async with serving(redirect) as port:
        with pytest.raises(errors.AddressRefused) as caught:
            await egress(GOOD, INSIDE).download(url_of(port), tmp_path / "file")
    assert caught.value.details["address"] == "127.0.0.3"


async def test_one_inside_address_among_many_is_enough_to_refuse(tmp_path: pathlib.Path) -> None:
    class Both:
        async def resolve(self, host: str, port: int) -> Sequence[policy.Address]:
            return [GOOD, INSIDE]

    fetcher = client.HttpEgress(policy.Policy(allowed_networks=ALLOWED), names=Both())
    with pytest.raises(errors.AddressRefused):
        await fetcher.download(url_of(9), tmp_path / "file")


@pytest.mark.parametrize("host", ["127.1", "2130706433", "0x7f.1", "localhost", "localhost."])
async def test_other_spellings_of_loopback_are_refused(host: str, tmp_path: pathlib.Path) -> None:
    fetcher = client.HttpEgress()
    with pytest.raises((errors.AddressRefused, errors.UrlRefused, errors.HostNotFound)):
        await fetcher.download(client.Download(url=f"http://{host}/"), tmp_path / "file")


async def _drip(request: web.Request) -> web.StreamResponse:
    response = web.StreamResponse()
    await response.prepare(request)
    with contextlib.suppress(ConnectionError):
        while True:
            await response.write(b"x")
            await asyncio.sleep(0.02)
    return response


async def test_a_slow_drip_meets_the_total_time(tmp_path: pathlib.Path) -> None:
    async with serving(_drip) as port:
        with pytest.raises(errors.TooSlow) as caught:
            await egress(total_seconds=0.3).download(url_of(port), tmp_path / "file")
    assert caught.value.details["seconds"] == 0.3
    assert not files_in(tmp_path)


async def test_a_silent_server_meets_the_idle_time(tmp_path: pathlib.Path) -> None:
    async def silent(request: web.Request) -> web.Response:
        await asyncio.sleep(30)
        return web.Response()

    async with serving(silent) as port:
        with pytest.raises(errors.TooSlow) as caught:
            await egress(idle_seconds=0.2).download(url_of(port), tmp_path / "file")
    assert caught.value.details["seconds"] == 0.2


async def test_an_endless_body_meets_the_size(tmp_path: pathlib.Path) -> None:
    async def endless(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse()
        await response.prepare(request)
        with contextlib.suppress(ConnectionError):
            while True:
                await response.write(b"x" * 65536)
        return response

    async with serving(endless) as port:
        with pytest.raises(errors.TooLarge):
            await egress(max_bytes=2**20).download(url_of(port), tmp_path / "file")
    assert not files_in(tmp_path)


def _compressed(body: bytes, encoding: str) -> Handler:
    async def handle(request: web.Request) -> web.Response:
        return web.Response(body=body, headers={"Content-Encoding": encoding})

    return handle


async def test_a_gzip_bomb_meets_the_size_after_decompression(tmp_path: pathlib.Path) -> None:
    bomb = gzip.compress(b"\0" * (64 * 2**20))
    assert len(bomb) < 2**20
    async with serving(_compressed(bomb, "gzip")) as port:
        with pytest.raises(errors.TooLarge):
            await egress(max_bytes=2**20).download(url_of(port), tmp_path / "file")
    assert not files_in(tmp_path)


@pytest.mark.parametrize(
    ("encoding", "pack"), [("gzip", gzip.compress), ("deflate", zlib.compress)]
)
async def test_a_compressed_body_is_decoded(
    encoding: str, pack: Callable[[bytes], bytes], tmp_path: pathlib.Path
) -> None:
    body = b"1,0\n" * 100_000
    async with serving(_compressed(pack(body), encoding)) as port:
        kept = await egress().download(url_of(port), tmp_path / "file")
    assert kept.path.read_bytes() == body


@pytest.mark.parametrize(
    ("encoding", "body"),
    [
        ("gzip", b"not gzip at all"),
        ("gzip", gzip.compress(b"x" * 1000, mtime=0)[:-4]),
        ("gzip", gzip.compress(b"x", mtime=0) + b"more"),
        ("br", b"anything"),
        ("gzip, gzip", gzip.compress(gzip.compress(b"x", mtime=0), mtime=0)),
    ],
)
async def test_a_damaged_or_unknown_encoding_is_refused(
    encoding: str, body: bytes, tmp_path: pathlib.Path
) -> None:
    async with serving(_compressed(body, encoding)) as port:
        with pytest.raises(errors.BadEncoding):
            await egress().download(url_of(port), tmp_path / "file")
    assert not files_in(tmp_path)


async def test_a_body_that_breaks_off_is_not_kept(tmp_path: pathlib.Path) -> None:
    async def cut(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse(headers={"Content-Length": "1000"})
        await response.prepare(request)
        await response.write(b"half")
        assert request.transport is not None
        request.transport.close()
        return response

    async with serving(cut) as port:
        with pytest.raises(errors.Unreachable):
            await egress().download(url_of(port), tmp_path / "file")
    assert not files_in(tmp_path)


async def test_nobody_listening_is_said_so(tmp_path: pathlib.Path) -> None:
    with pytest.raises(errors.Unreachable, match=r"public\.test"):
        await egress().download(url_of(unused_port()), tmp_path / "file")


async def test_a_host_that_swallows_connections_is_given_up(tmp_path: pathlib.Path) -> None:
    with contextlib.ExitStack() as stack:
        listener = stack.enter_context(socket.socket())
        listener.bind(("127.0.0.2", 0))
        listener.listen(0)
        for _ in range(4):
            # The listener's queue is full after these; whoever comes later hears nothing.
            waiting = stack.enter_context(socket.socket())
            waiting.setblocking(False)
            waiting.connect_ex(listener.getsockname())
        port = listener.getsockname()[1]
        with pytest.raises(errors.TooSlow) as caught:
            await egress(connect_seconds=0.3).download(url_of(port), tmp_path / "file")
    assert caught.value.details["seconds"] == 0.3


async def test_a_name_server_that_hangs_is_given_up(tmp_path: pathlib.Path) -> None:
    class Hanging:
        async def resolve(self, host: str, port: int) -> Sequence[policy.Address]:
            await asyncio.sleep(30)
            return []

    fetcher = client.HttpEgress(policy.Policy(connect_seconds=0.1), names=Hanging())
    with pytest.raises(errors.HostNotFound, match="did not answer"):
        await fetcher.download(url_of(9), tmp_path / "file")


async def test_neither_proxy_nor_cookies_of_the_environment_are_used(
    tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:9")
    seen: list[dict[str, str]] = []

    async def answer(request: web.Request) -> web.Response:
        seen.append(dict(request.headers))
        if request.path == "/":
            headers = {"Location": "/next", "Set-Cookie": "a=b"}
            return web.Response(status=302, headers=headers)
        return web.Response(text="fine")

    async with serving(answer) as port:
        await egress().download(url_of(port), tmp_path / "file")
    assert len(seen) == 2
    assert all("Cookie" not in headers for headers in seen)
