"""The short way for direct routes, beneath real connections."""

import asyncio
import contextlib
import socket
from collections.abc import AsyncIterator

import fastapi
import pytest
import uvicorn

from kolba.kit import settings
from kolba.kit.http import app as kit_app
from kolba.kit.http import direct, quick, requirements
from kolba.kit.text import Text


class Settings(settings.ServiceSettings):
    service = "quick"

    @classmethod
    def settings_customise_sources(cls, settings_cls, init_settings, *_, **__):  # type: ignore[no-untyped-def]
        return (init_settings,)


class Receipt:
    """Tells what becomes of an answer."""

    def __init__(self, told: asyncio.Queue[str]) -> None:
        self._told = told

    def leaving(self) -> None:
        self._told.put_nowait("left")

    def lost(self) -> None:
        self._told.put_nowait("lost")


class Handler:
    """Echoes; `/direct/wait` until it is told, or its client goes."""

    def __init__(self) -> None:
        self.go_on = asyncio.Event()
        self.left = asyncio.Event()
        self.began = asyncio.Event()
        self.receive_is_asgi: bool | None = None
        self.told: asyncio.Queue[str] = asyncio.Queue()

    def find(self, path: str) -> direct.Route | None:
        handler = {
            "/direct/echo": self.echo,
            "/direct/receipt": self.receipt,
            "/direct/wait": self.wait,
            "/direct/break out": self.break_out,
        }.get(path)
        if handler is None:
            return None
        return direct.Route(name=path, handler=handler, requirement=requirements.OPEN)

    async def echo(self, call: direct.Call) -> direct.Reply:
        return direct.Reply(call.query + b"|" + call.body, "text/plain", {"X-Way": "direct"})

    async def receipt(self, call: direct.Call) -> direct.Reply:
        return direct.Reply(call.body, "text/plain", receipt=Receipt(self.told))

    async def wait(self, call: direct.Call) -> direct.Reply:
        self.began.set()
        gone = asyncio.create_task(call.disconnected())
        told = asyncio.create_task(self.go_on.wait())
        await asyncio.wait([gone, told], return_when=asyncio.FIRST_COMPLETED)
        told.cancel()
        if gone.done():
            self.left.set()
        gone.cancel()
        self.receive_is_asgi = not isinstance(
            getattr(call.disconnected, "__self__", None), quick.Exchange
        )
        return direct.Reply(b"waited", "text/plain")

    async def break_out(self, call: direct.Call) -> direct.Reply:
        return direct.Reply(b"", "text/plain", {"X-Way": "a\r\nset-cookie: b"})


@pytest.fixture
def handler() -> Handler:
    return Handler()


@pytest.fixture
def keep_alive() -> float:
    return 30


@pytest.fixture
async def server(handler: Handler, keep_alive: float, tmp_path) -> AsyncIterator[uvicorn.Server]:  # type: ignore[no-untyped-def]
    @contextlib.asynccontextmanager
    async def lifespan(_: fastapi.FastAPI):  # type: ignore[no-untyped-def]
        yield {"opened": Text(en="yes", ru="да")}

    app = kit_app.create(
        Settings(host="127.0.0.1", port=0, data_dir=tmp_path),
        title="Quick",
        routers=[],
        lifespan=lifespan,
        find_direct=handler.find,
    )
    with socket.create_server(("127.0.0.1", 0)) as listening:
        config = uvicorn.Config(
            app,
            http=quick.QuickProtocol,
            lifespan="on",
            proxy_headers=False,  # its wrapper would hide the direct routes, and all would go the long way
            log_config=None,
            timeout_keep_alive=keep_alive,  # type: ignore[arg-type]
            timeout_graceful_shutdown=5,
        )
        server = uvicorn.Server(config)
        task = asyncio.create_task(server.serve(sockets=[listening]))
        while not server.started:  # noqa: ASYNC110 - uvicorn offers no event
            await asyncio.sleep(0.01)
        server.port = listening.getsockname()[1]  # type: ignore[attr-defined]
        server.task = task  # type: ignore[attr-defined]
        yield server
        handler.go_on.set()
        server.should_exit = True
        await task


class Client:
    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader = reader
        self.writer = writer

    def send(self, path: bytes, body: bytes = b"", *lines: bytes) -> None:
        head = [b"POST %b HTTP/1.1" % path, b"Host: localhost", *lines]
        if not any(line.lower().startswith(b"transfer-encoding") for line in lines):
            head.append(b"Content-Length: %d" % len(body))
        self.writer.write(b"\r\n".join(head) + b"\r\n\r\n" + body)

    async def answer(self) -> tuple[bytes, bytes]:
        head = await self.reader.readuntil(b"\r\n\r\n")
        length = int(head.lower().partition(b"content-length: ")[2].partition(b"\r\n")[0])
        return head, await self.reader.readexactly(length)


@pytest.fixture
async def client(server: uvicorn.Server) -> AsyncIterator[Client]:
    reader, writer = await asyncio.open_connection("127.0.0.1", server.port)  # type: ignore[attr-defined]
    yield Client(reader, writer)
    writer.close()


async def test_a_request_is_answered_and_the_connection_kept(client: Client) -> None:
    for number in (b"1", b"2"):
        client.send(b"/direct/echo?q=" + number, b"body " + number)
        head, body = await client.answer()
        assert body == b"q=" + number + b"|body " + number
        assert head.startswith(b"HTTP/1.1 200 OK\r\n")
        assert b"\r\nx-way: direct\r\n" in head
        assert b"\r\nx-request-id: " in head
        assert b"\r\ndate: " in head


async def test_pipelined_requests_are_answered_in_order(client: Client) -> None:
    client.send(b"/direct/echo", b"first")
    client.send(b"/nowhere", b"second")
    client.send(b"/direct/echo", b"third")
    assert (await client.answer())[1] == b"|first"
    assert b" 404 " in (await client.answer())[0]
    assert (await client.answer())[1] == b"|third"


async def test_a_pipelined_request_waits_for_the_one_before(
    client: Client, handler: Handler
) -> None:
    client.send(b"/direct/wait")
    await handler.began.wait()
    client.send(b"/direct/echo", b"second")
    await asyncio.sleep(0.05)
    handler.go_on.set()
    assert (await client.answer())[1] == b"waited"
    assert (await client.answer())[1] == b"|second"


async def test_a_body_may_come_in_pieces(client: Client) -> None:
    client.writer.write(
        b"POST /direct/echo HTTP/1.1\r\nHost: localhost\r\nContent-Length: 6\r\n\r\nab"
    )
    await client.writer.drain()
    await asyncio.sleep(0.02)
    client.writer.write(b"cdef")
    assert (await client.answer())[1] == b"|abcdef"


@pytest.mark.parametrize(
    ("lines", "sent", "meant"),
    [
        ([b"Transfer-Encoding: chunked"], b"3\r\nabc\r\n0\r\n\r\n", b"abc"),
        ([], b"x" * 300_000, b"x" * 300_000),
        ([b"Upgrade: h2c", b"Connection: keep-alive"], b"abc", b"abc"),
    ],
    ids=["chunked", "large", "upgrade"],
)
async def test_what_is_not_small_and_plain_goes_the_long_way(
    client: Client, lines: list[bytes], sent: bytes, meant: bytes
) -> None:
    client.send(b"/direct/echo", sent, *lines)
    assert (await client.answer())[1] == b"|" + meant


async def test_a_client_that_asks_first_is_told_to_go_on(client: Client) -> None:
    client.writer.write(
        b"POST /direct/echo HTTP/1.1\r\nHost: localhost\r\nContent-Length: 3\r\n"
        b"Expect: 100-continue\r\n\r\n"
    )
    assert await client.reader.readuntil(b"\r\n\r\n") == b"HTTP/1.1 100 Continue\r\n\r\n"
    client.writer.write(b"abc")
    assert (await client.answer())[1] == b"|abc"


async def test_a_client_that_wants_the_connection_closed_has_it_closed(client: Client) -> None:
    client.send(b"/direct/echo", b"a", b"Connection: close")
    assert (await client.answer())[1] == b"|a"
    assert await client.reader.read() == b""


async def test_a_client_that_leaves_is_noticed(client: Client, handler: Handler) -> None:
    client.send(b"/direct/wait")
    await handler.began.wait()
    client.writer.close()
    await asyncio.wait_for(handler.left.wait(), 5)


async def test_a_client_that_reads_nothing_is_given_up(
    client: Client, handler: Handler, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(quick, "_SLOWEST_READER_SECONDS", 0.3)
    told = ["nothing"]
    async with asyncio.timeout(60):
        while told[-1] != "lost":
            client.send(b"/direct/receipt", bytes(60_000))
            told.append(await handler.told.get())
        with contextlib.suppress(ConnectionError):
            await client.reader.read(-1)  # to its end
    assert set(told[1:-1]) == {"left"}


async def test_a_header_cannot_break_out(client: Client) -> None:
    client.send(b"/direct/break%20out")
    assert b"set-cookie" not in await client.reader.read()


async def test_a_foreign_page_is_refused(client: Client) -> None:
    client.send(b"/direct/echo", b"", b"Origin: http://foreign.example")
    head, body = await client.answer()
    assert head.startswith(b"HTTP/1.1 403 ")
    assert b"foreign-origin" in body


@pytest.mark.parametrize("keep_alive", [0.2])
async def test_a_silent_connection_is_closed_and_a_busy_one_is_not(
    client: Client, handler: Handler
) -> None:
    client.send(b"/direct/wait")
    await handler.began.wait()
    await asyncio.sleep(0.5)
    handler.go_on.set()
    assert (await client.answer())[1] == b"waited"
    assert await asyncio.wait_for(client.reader.read(), 5) == b""


async def test_a_server_that_ends_answers_first(
    client: Client, server: uvicorn.Server, handler: Handler
) -> None:
    client.send(b"/direct/wait")
    await handler.began.wait()
    server.should_exit = True
    await asyncio.sleep(0.3)
    handler.go_on.set()
    head, body = await client.answer()
    assert body == b"waited"
    assert b"connection: close" in head
    assert not handler.receive_is_asgi
    await asyncio.wait_for(server.task, 5)  # type: ignore[attr-defined]


async def test_nonsense_is_refused_and_the_server_lives_on(
    client: Client, server: uvicorn.Server
) -> None:
    client.writer.write(b"POST /direct/echo HTTP/1.1\r\nContent-Length: -1\r\n\r\n")
    assert b" 400 " in await client.reader.read()
    reader, writer = await asyncio.open_connection("127.0.0.1", server.port)  # type: ignore[attr-defined]
    other = Client(reader, writer)
    other.send(b"/direct/echo", b"a")
    assert (await other.answer())[1] == b"|a"
    writer.close()


@pytest.mark.parametrize(
    "begun",
    [
        b"POST /direct/echo HTTP/1.1\r\nHost: localhost\r\nX-Long: ",
        b"POST /direct/echo?",
        b"GET /nowhere HTTP/1.1\r\nHost: localhost\r\nCookie: ",
    ],
)
async def test_a_head_without_end_is_not_kept(client: Client, begun: bytes) -> None:
    client.writer.write(begun)
    await _write_in_parts(client, b"a" * 1000)
    head = await client.reader.readuntil(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 431 ")


async def test_many_headers_without_end_are_not_kept(client: Client) -> None:
    client.writer.write(b"POST /direct/echo HTTP/1.1\r\nHost: localhost\r\n")
    await _write_in_parts(client, b"X-One: more\r\n" * 80)
    assert (await client.reader.readuntil(b"\r\n\r\n")).startswith(b"HTTP/1.1 431 ")


async def _write_in_parts(client: Client, part: bytes) -> None:
    """Little more than is read of a head: what comes after a refusal would take it away."""
    for _ in range(2):
        await asyncio.sleep(0.05)  # so that it comes by itself
        client.writer.write(part * 35)
        await client.writer.drain()


async def test_what_follows_a_chunked_body_is_not_kept_without_end(client: Client) -> None:
    client.send(b"/direct/echo", b"3\r\nabc\r\n0\r\nX-Long: ", b"Transfer-Encoding: chunked")
    await _write_in_parts(client, b"a" * 1000)
    async with asyncio.timeout(5):
        assert await client.reader.read() == b""


async def test_a_large_body_is_no_head(client: Client) -> None:
    for number in range(3):
        body = b"%d" % number * 300_000
        client.send(b"/direct/echo", body)
        assert (await client.answer())[1] == b"|" + body


async def test_a_long_address_is_not_remembered(client: Client) -> None:
    quick._split.cache_clear()
    client.send(b"/direct/echo?" + b"q" * 10_000, b"body")
    assert (await client.answer())[1] == b"q" * 10_000 + b"|body"
    assert quick._split.cache_info().currsize == 0
