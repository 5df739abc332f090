"""The client between services, against a real server that misbehaves."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable

import aiohttp.web
import pytest

from kolba.contracts import ml_client
from kolba.kit import errors
from kolba.kit.http import client


class Server:
    def __init__(self) -> None:
        self.calls = 0
        self.failures = 0
        self.url = ""

    async def answer(self, request: aiohttp.web.Request) -> aiohttp.web.StreamResponse:
        self.calls += 1
        if self.failures:
            self.failures -= 1
            assert request.transport is not None
            request.transport.abort()
        match request.path:
            case "/problem":
                document = {"type": "urn:kolba:problem:unknown-run", "detail": "нет"}
                return aiohttp.web.json_response(document, status=404)
            case "/proxy-error":
                return aiohttp.web.Response(status=502, text="<html>bad gateway</html>")
            case "/slow":
                await asyncio.sleep(5)
            case "/empty":
                return aiohttp.web.Response(status=204)
            case "/short" | "/models/1/batch":
                response = aiohttp.web.StreamResponse(headers={"Content-Length": "100"})
                await response.prepare(request)
                await response.write(b"half")
                assert request.transport is not None
                request.transport.abort()
                return response
        return aiohttp.web.json_response({"language": request.headers["Accept-Language"]})


@pytest.fixture
async def server() -> AsyncIterator[Server]:
    handler = Server()
    web = aiohttp.web.Application()
    web.router.add_route("*", "/{path:.*}", handler.answer)
    runner = aiohttp.web.AppRunner(web)
    await runner.setup()
    site = aiohttp.web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    handler.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
    yield handler
    await runner.cleanup()


@pytest.fixture
async def caller(server: Server) -> AsyncIterator[client.ServiceClient]:
    async with client.ServiceClient("storage", server.url, timeout_seconds=1) as opened:
        yield opened


async def test_an_answer_is_decoded_and_the_language_travels(caller: client.ServiceClient) -> None:
    assert await caller.json("GET", "/") == {"language": "en"}
    assert await caller.json("GET", "/empty") is None


async def test_a_problem_comes_out_as_it_is(caller: client.ServiceClient) -> None:
    with pytest.raises(errors.RemoteProblem) as caught:
        await caller.json("GET", "/problem")
    assert caught.value.remote_status == 404
    assert caught.value.remote_slug == "unknown-run"
    assert "нет" in str(caught.value)


@pytest.mark.parametrize("path", ["/slow", "/proxy-error", "/short"])
async def test_no_proper_answer_is_unavailable(caller: client.ServiceClient, path: str) -> None:
    with pytest.raises(errors.ServiceUnavailable, match="storage") as caught:
        await caller.json("POST", path)
    assert caught.value.was_asked


async def test_a_batch_whose_answer_breaks_off_may_be_asked_again(
    caller: client.ServiceClient,
) -> None:
    with pytest.raises(errors.ServiceUnavailable):
        await ml_client.MlClient(caller).predict_batch(1, b"", width=1, number_type="float32")


async def test_reading_is_tried_again_after_a_broken_connection(
    server: Server, caller: client.ServiceClient
) -> None:
    server.failures = 2
    assert await caller.json("GET", "/") == {"language": "en"}
    assert server.calls == 3


async def test_writing_is_never_done_twice(server: Server, caller: client.ServiceClient) -> None:
    server.failures = 1
    with pytest.raises(errors.ServiceUnavailable):
        await caller.json("POST", "/", body={"charge": 1})
    assert server.calls == 1


async def test_nobody_there_is_unavailable() -> None:
    async with client.ServiceClient("collector", "http://127.0.0.1:9") as opened:
        with pytest.raises(errors.ServiceUnavailable, match="collector") as caught:
            await opened.json("GET", "/")
    assert not caught.value.was_asked


class Guarded:
    """A service that believes some tokens."""

    def __init__(self) -> None:
        self.good = {"new"}
        self.seen: list[tuple[str | None, bytes]] = []
        self.url = ""

    async def answer(self, request: aiohttp.web.Request) -> aiohttp.web.Response:
        shown = request.headers.get("Authorization")
        self.seen.append((shown, await request.read()))
        if (shown or "").removeprefix("Bearer ") in self.good:
            return aiohttp.web.json_response({})
        return aiohttp.web.json_response({"type": "urn:kolba:problem:expired-token"}, status=401)


class Shown:
    """Credentials that can be renewed so many times."""

    def __init__(self, *tokens: str) -> None:
        self._tokens = list(tokens)

    def token(self) -> str | None:
        return self._tokens[0] if self._tokens else None

    def renewed(self, refused: str) -> str | None:
        assert refused == self._tokens.pop(0)
        return self.token()


@pytest.fixture
async def guarded() -> AsyncIterator[Guarded]:
    handler = Guarded()
    web = aiohttp.web.Application()
    web.router.add_route("*", "/{path:.*}", handler.answer)
    runner = aiohttp.web.AppRunner(web)
    await runner.setup()
    await aiohttp.web.TCPSite(runner, "127.0.0.1", 0).start()
    handler.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
    yield handler
    await runner.cleanup()


Ask = Callable[[client.ServiceClient], Awaitable[object]]


@pytest.mark.parametrize(
    "ask",
    [
        pytest.param(lambda caller: caller.json("POST", "/", body=7), id="json"),
        pytest.param(lambda caller: caller.post("/", b"7", {}), id="quick"),
    ],
)
async def test_a_refused_token_is_renewed_once(guarded: Guarded, ask: Ask) -> None:
    async with client.ServiceClient("storage", guarded.url, shown=Shown("old", "new")) as caller:
        await ask(caller)
        await ask(caller)
    assert guarded.seen == [("Bearer old", b"7"), ("Bearer new", b"7"), ("Bearer new", b"7")]
    guarded.seen.clear()
    shown = Shown("old", "older", "new")
    async with client.ServiceClient("storage", guarded.url, shown=shown) as caller:
        with pytest.raises(errors.TokenRefused, match="storage"):
            await ask(caller)
    assert len(guarded.seen) == 2


async def test_a_stream_is_not_sent_twice(guarded: Guarded) -> None:
    async def content() -> AsyncIterator[bytes]:
        yield b"7"

    async with client.ServiceClient("storage", guarded.url, shown=Shown("old", "new")) as caller:
        with pytest.raises(errors.TokenRefused):
            await caller.raw("POST", "/", data=content())
    assert guarded.seen == [("Bearer old", b"7")]


async def test_a_refusal_of_who_showed_nothing_is_theirs_to_see(guarded: Guarded) -> None:
    async with client.ServiceClient("storage", guarded.url) as caller:
        for ask in (caller.json("POST", "/"), caller.post("/", b"", {})):
            with pytest.raises(errors.RemoteProblem) as caught:
                await ask
            assert caught.value.remote_status == 401
    assert {shown for shown, _ in guarded.seen} == {None}
