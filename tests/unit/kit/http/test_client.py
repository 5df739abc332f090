"""The client between services, against a real server that misbehaves."""

import asyncio
from collections.abc import AsyncIterator

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
    with pytest.raises(errors.ServiceUnavailable, match="storage"):
        await caller.json("POST", path)


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
        with pytest.raises(errors.ServiceUnavailable, match="collector"):
            await opened.json("GET", "/")
