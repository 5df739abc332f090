"""Calls without ceremony, to a real listener that answers what the test says."""

import asyncio
from collections.abc import AsyncIterator

import pytest

from kolba.kit import errors
from kolba.kit.http import lean

BROKEN = (b"", b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhi", b"nonsense\r\n\r\n")
OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nX-Width: 3\r\n\r\nhi"


class Listener:
    """Answers each request with the next of `answers`; after one that is not whole it closes the connection."""

    def __init__(self) -> None:
        self.answers: list[bytes] = []
        self.connections = 0
        self.requests: list[bytes] = []
        self.hold: asyncio.Event | None = None
        self.lost = asyncio.Event()

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        try:
            while True:
                head = await reader.readuntil(b"\r\n\r\n")
                size = int(head.lower().partition(b"content-length: ")[2].partition(b"\r\n")[0])
                self.requests.append(head + await reader.readexactly(size))
                if self.hold is not None:
                    self.hold.set()
                    await reader.read()
                    self.lost.set()
                    return
                answer = self.answers.pop(0) if self.answers else OK
                for start in range(0, len(answer), 20):  # in pieces, as a network may
                    writer.write(answer[start : start + 20])
                    await writer.drain()
                    await asyncio.sleep(0)
                if answer in BROKEN:
                    return
        except asyncio.IncompleteReadError:
            pass
        finally:
            writer.close()


@pytest.fixture
def listener() -> Listener:
    return Listener()


@pytest.fixture
async def caller(listener: Listener) -> AsyncIterator[lean.Caller]:
    server = await asyncio.start_server(listener.serve, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    made = lean.Caller("ml_service", f"http://127.0.0.1:{port}/base/")
    yield made
    made.close()
    server.close()
    await server.wait_closed()


async def test_an_answer_is_read_and_the_connection_used_again(
    caller: lean.Caller, listener: Listener
) -> None:
    for _ in range(3):
        answer = await caller.post("/models/1/batch", b"\x00\x01", {"Kolba-Width": "7"})
        assert (answer.status, answer.content, answer.headers["x-width"]) == (200, b"hi", "3")
    assert listener.connections == 1
    head = listener.requests[0]
    assert head.startswith(b"POST /base/models/1/batch HTTP/1.1\r\nhost: 127.0.0.1:")
    assert b"\r\nKolba-Width: 7\r\n" in head
    assert head.endswith(b"\r\n\r\n\x00\x01")


async def test_calls_at_the_same_time_have_connections_of_their_own(
    caller: lean.Caller, listener: Listener
) -> None:
    answers = await asyncio.gather(*(caller.post("/", b"", {}) for _ in range(5)))
    assert [one.content for one in answers] == [b"hi"] * 5
    assert 1 <= listener.connections <= 5


async def test_a_refusal_is_an_answer(caller: lean.Caller, listener: Listener) -> None:
    listener.answers = [b"HTTP/1.1 404 Not Found\r\nContent-Length: 2\r\n\r\nno"]
    assert (await caller.post("/", b"", {})).status == 404


async def test_an_answer_in_chunks_is_put_together(caller: lean.Caller, listener: Listener) -> None:
    listener.answers = [
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n"
    ]
    assert (await caller.post("/", b"", {})).content == b"abcde"
    assert (await caller.post("/", b"", {})).content == b"hi"


@pytest.mark.parametrize("answer", BROKEN, ids=["nothing", "cut off", "nonsense"])
async def test_a_broken_answer_says_so_and_the_next_call_is_well(
    caller: lean.Caller, listener: Listener, answer: bytes
) -> None:
    listener.answers = [answer]
    with pytest.raises(errors.ServiceUnavailable):
        await caller.post("/", b"", {})
    assert (await caller.post("/", b"", {})).content == b"hi"


async def test_a_connection_that_was_closed_meanwhile_is_not_used(
    caller: lean.Caller, listener: Listener
) -> None:
    listener.answers = [b"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 2\r\n\r\nhi"]
    await caller.post("/", b"", {})
    assert (await caller.post("/", b"", {})).content == b"hi"
    assert listener.connections == 2


async def test_nobody_there() -> None:
    with pytest.raises(errors.ServiceUnavailable):
        await lean.Caller("ml_service", "http://127.0.0.1:1").post("/", b"", {})


async def test_giving_up_closes_the_connection(caller: lean.Caller, listener: Listener) -> None:
    listener.hold = asyncio.Event()
    asking = asyncio.create_task(caller.post("/", b"", {}))
    await listener.hold.wait()
    asking.cancel()
    with pytest.raises(asyncio.CancelledError):
        await asking
    await asyncio.wait_for(listener.lost.wait(), 5)


def test_only_plain_http() -> None:
    with pytest.raises(ValueError, match="plain HTTP"):
        lean.Caller("ml_service", "https://example.org")
