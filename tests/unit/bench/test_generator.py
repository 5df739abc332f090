"""The open loop charges a server for every request that fell due while it stalled."""

from __future__ import annotations

import asyncio
import base64
import sys
from collections.abc import Callable
from typing import cast

import pytest
from bench.serving import generator

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="it ticks by a timerfd")

WIRE = b"POST / HTTP/1.1\r\nHost: here\r\nContent-Length: 2\r\n\r\n{}"
OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}"
Reply = Callable[[asyncio.Transport], None]


class Answering(asyncio.Protocol):
    """Leaves the answer to each request to `reply`."""

    def __init__(self, reply: Reply) -> None:
        self._reply = reply
        self._received = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)

    def data_received(self, data: bytes) -> None:
        self._received += data
        while self._received.startswith(WIRE):
            self._received = self._received.removeprefix(WIRE)
            self._reply(self._transport)


async def measured(reply: Reply, *, rate: float, seconds: float) -> dict[str, float]:
    """The report on a server that answers by `reply`."""
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: Answering(reply), "127.0.0.1", 0, backlog=512)
    place = {"host": "127.0.0.1", "port": server.sockets[0].getsockname()[1]}
    wire = [base64.b64encode(WIRE).decode()]
    async with server:
        made = generator.Generator({**place, "wire": wire, "rate": rate, "seconds": seconds})
        await made.run()
        await asyncio.sleep(0.05)  # the server sees the connections end
    return generator.report(made.tally)


async def test_every_request_is_sent_and_answered() -> None:
    def answer(transport: asyncio.Transport) -> None:
        transport.write(OK)

    said = await measured(answer, rate=500, seconds=0.4)
    assert (said["requests"], said["errors"], said["not_ok"]) == (200, 0, 0)
    assert 0 < said["p50"] <= said["p90"] <= said["p99"] <= said["longest"]


async def test_a_stall_counts_for_all_that_fell_due_meanwhile() -> None:
    """A closed loop of one client would see one slow answer; here half of the requests wait."""
    held: list[asyncio.Transport] = []
    stalled = True

    def release() -> None:
        nonlocal stalled
        stalled = False
        for transport in held:
            transport.write(OK)

    def answer(transport: asyncio.Transport) -> None:
        if not held:
            asyncio.get_running_loop().call_later(0.3, release)
        if stalled:
            held.append(transport)
        else:
            transport.write(OK)

    said = await measured(answer, rate=500, seconds=0.4)
    assert said["requests"] == 200
    assert said["p50"] > 20


async def test_refusals_are_counted() -> None:
    def answer(transport: asyncio.Transport) -> None:
        transport.write(b"HTTP/1.1 503 Busy\r\nContent-Length: 0\r\n\r\n")

    said = await measured(answer, rate=200, seconds=0.2)
    assert (said["requests"], said["not_ok"], said["requests_per_second"]) == (40, 40, 0)


async def test_cut_connections_are_errors_and_the_rest_goes_on() -> None:
    answered = 0

    def answer(transport: asyncio.Transport) -> None:
        nonlocal answered
        answered += 1
        if answered == 5:
            transport.close()
        else:
            transport.write(OK)

    said = await measured(answer, rate=200, seconds=0.2)
    assert (said["requests"], said["errors"]) == (39, 1)


async def test_a_connection_closed_after_each_answer_is_opened_again() -> None:
    def answer(transport: asyncio.Transport) -> None:
        transport.write(b"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 0\r\n\r\n")
        transport.close()

    said = await measured(answer, rate=400, seconds=0.5)
    assert said["requests"] + said["errors"] == 200
    assert said["requests"] > generator.CONNECTIONS


async def test_what_is_never_answered_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(generator, "_GRACE_SECONDS", 0.1)

    def answer(transport: asyncio.Transport) -> None:
        """Nothing."""

    said = await measured(answer, rate=100, seconds=0.1)
    assert (said["requests"], said["errors"]) == (0, 10)
    assert said["p99"] > 0
