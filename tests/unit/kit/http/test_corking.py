"""The gathering transport, beneath real connections."""

import asyncio
import socket
from collections.abc import AsyncIterator

import pytest
import uvicorn
from starlette import types

from kolba.kit.http import corking


async def app(scope: types.Scope, receive: types.Receive, send: types.Send) -> None:
    assert scope["type"] == "http"
    size = int(scope["path"].strip("/") or 2)
    await send(
        {
            "type": "http.response.start",
            "status": 200,
            "headers": [(b"content-length", b"%d" % size)],
        }
    )
    for start in range(0, size, 50_000):
        body = b"x" * min(50_000, size - start)
        more = start + len(body) < size
        await send({"type": "http.response.body", "body": body, "more_body": more})


@pytest.fixture
async def port() -> AsyncIterator[int]:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        config = uvicorn.Config(app, http=corking.CorkedProtocol, lifespan="off", log_config=None)
        server = uvicorn.Server(config)
        task = asyncio.create_task(server.serve(sockets=[listening]))
        while not server.started:  # noqa: ASYNC110 - uvicorn offers no event
            await asyncio.sleep(0.01)
        yield listening.getsockname()[1]
        server.should_exit = True
        await task


async def _read(reader: asyncio.StreamReader) -> bytes:
    head = await reader.readuntil(b"\r\n\r\n")
    length = int(head.lower().partition(b"content-length: ")[2].partition(b"\r\n")[0])
    return head + await reader.readexactly(length)


async def test_head_and_body_leave_in_one_piece(port: int) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(b"GET / HTTP/1.1\r\nHost: h\r\n\r\n")
    received = await reader.read(65_536)
    assert received.startswith(b"HTTP/1.1 200")
    assert received.endswith(b"\r\n\r\nxx")
    writer.close()


async def test_a_connection_is_kept_and_pipelined_requests_are_answered_in_order(port: int) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(b"".join(b"GET /%d HTTP/1.1\r\nHost: h\r\n\r\n" % size for size in (1, 20, 300)))
    for size in (1, 20, 300):
        assert (await _read(reader)).endswith(b"\r\n\r\n" + b"x" * size)
    writer.close()


async def test_a_large_answer_arrives_whole(port: int) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(b"GET /20000000 HTTP/1.1\r\nHost: h\r\n\r\n")
    assert len((await _read(reader)).partition(b"\r\n\r\n")[2]) == 20_000_000
    writer.close()


async def test_what_was_written_before_a_close_still_arrives(port: int) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(b"GET / HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n")
    assert (await reader.read()).endswith(b"xx")
    writer.close()
