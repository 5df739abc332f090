"""The open loop's generator, a process of its own: `python -m bench.serving.generator ORDER.json`.

Requests fall due at a constant rate, whether or not the server keeps up. A latency counts from when its
request was due, so a server that stalls is charged for everything that should have been sent meanwhile
(no coordinated omission). A JSON report is printed at the end.
"""

from __future__ import annotations

import asyncio
import base64
import collections
import contextlib
import dataclasses
import json
import math
import pathlib
import sys
import time
from typing import Any, cast

import httptools
import uvloop

from bench.common import machine
from bench.serving import ticking

CONNECTIONS = 128
_GRACE_SECONDS = 2.0
"""How long, after the last request fell due, an answer is still waited for."""


class Connection(asyncio.Protocol):
    """One kept-alive connection, with at most one request under way."""

    def __init__(self, generator: Generator) -> None:
        self._generator = generator
        self._transport: asyncio.Transport | None = None
        self._parser = httptools.HttpResponseParser(self)
        self.due: float | None = None
        """When the request that is under way fell due."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)  # uvloop's is of a class of its own
        self._generator.opened(self)

    def send(self, due: float, content: bytes) -> None:
        assert self._transport is not None
        self.due = due
        self._transport.write(content)

    def data_received(self, data: bytes) -> None:
        self._parser.feed_data(data)

    def on_message_complete(self) -> None:
        keeps = self._parser.should_keep_alive()
        status = self._parser.get_status_code()
        due, self.due = self.due, None
        # A parser that has read an answer whose connection closes reads no other.
        if not keeps:
            self.close()
        self._generator.answered(self if keeps else None, due, status)

    def connection_lost(self, exception: Exception | None) -> None:
        self._generator.lost(self)

    def close(self) -> None:
        if self._transport is not None:
            self._transport.close()


@dataclasses.dataclass(slots=True)
class Tally:
    """What came of the requests; spans in seconds."""

    latencies: list[float] = dataclasses.field(default_factory=list)
    """Of those answered; of those given up, how long they had waited by then."""
    lateness: list[float] = dataclasses.field(default_factory=list)
    answered: int = 0
    not_ok: int = 0
    errors: int = 0
    seconds: float = 0.0


class Generator:
    def __init__(self, order: dict[str, Any]) -> None:
        self._host, self._port = str(order["host"]), int(order["port"])
        self._wire = [base64.b64decode(one) for one in order["wire"]]
        self._period = 1 / float(order["rate"])
        self._total = math.floor(float(order["rate"]) * float(order["seconds"]))
        self._sent = 0
        self._fallen_due = 0
        self._began = 0.0
        self._connections: set[Connection] = set()
        self._idle: list[Connection] = []
        self._waiting: collections.deque[float] = collections.deque()
        self._opening: set[asyncio.Task[None]] = set()
        self._under_way: dict[float, None] = {}
        """When each request that is sent and not answered fell due."""
        self._over = asyncio.Event()
        self._gone = asyncio.Event()
        self.tally = Tally()

    async def run(self) -> None:
        """Send everything; return when all is answered, or the grace is over."""
        loop = asyncio.get_running_loop()
        await asyncio.gather(*(self._open() for _ in range(CONNECTIONS)))
        self._began = time.monotonic()
        limit = self._total * self._period + _GRACE_SECONDS
        with ticking.ticking(loop, self._period, self._tick):
            try:
                await asyncio.wait_for(self._over.wait(), limit)
            except TimeoutError:
                self._give_up()
        self.tally.seconds = time.monotonic() - self._began
        await self._close()

    def _tick(self) -> None:
        """Take up every request that is due by now."""
        now = time.monotonic()
        due_by_now = min(self._total, int((now - self._began) / self._period))
        while self._fallen_due < due_by_now:
            self._fallen_due += 1
            due = self._began + self._fallen_due * self._period
            self.tally.lateness.append(now - due)
            self._waiting.append(due)
        while self._waiting and self._idle:
            self._send(self._idle.pop())

    def _send(self, connection: Connection) -> None:
        due = self._waiting.popleft()
        self._under_way[due] = None
        connection.send(due, self._wire[self._sent % len(self._wire)])
        self._sent += 1

    def answered(self, connection: Connection | None, due: float | None, status: int) -> None:
        if due is None:
            return
        self._under_way.pop(due)
        self.tally.latencies.append(time.monotonic() - due)
        self.tally.answered += 1
        self.tally.not_ok += not 200 <= status < 300
        if connection is not None:
            self._release(connection)
        self._end_if_done()

    def opened(self, connection: Connection) -> None:
        if self._over.is_set():
            connection.close()
        self._connections.add(connection)
        self._release(connection)

    def lost(self, connection: Connection) -> None:
        """A connection ended: what was under way on it is an error, and another is opened."""
        self._connections.discard(connection)
        if connection in self._idle:
            self._idle.remove(connection)
        if connection.due is not None and not self._over.is_set():
            self._under_way.pop(connection.due, None)
            connection.due = None
            self.tally.errors += 1
            self._end_if_done()
        if not self._over.is_set():
            task = asyncio.get_running_loop().create_task(self._open())
            self._opening.add(task)
            task.add_done_callback(self._opening.discard)
        elif not self._connections:
            self._gone.set()

    async def _close(self) -> None:
        for connection in list(self._connections):
            connection.close()
        if self._connections:
            await self._gone.wait()

    def _end_if_done(self) -> None:
        if self.tally.answered + self.tally.errors == self._total:
            self._over.set()

    def _give_up(self) -> None:
        """What is not answered by now is an error that took at least so long."""
        now = time.monotonic()
        left = [*self._under_way, *self._waiting]
        self.tally.latencies += [now - due for due in left]
        self.tally.errors = self._total - self.tally.answered
        self._over.set()

    async def _open(self) -> None:
        """A connection more, unless the server refuses it."""
        loop = asyncio.get_running_loop()
        with contextlib.suppress(OSError):
            await loop.create_connection(lambda: Connection(self), self._host, self._port)

    def _release(self, connection: Connection) -> None:
        self._idle.append(connection)
        if self._waiting and not self._over.is_set():
            self._send(self._idle.pop())


def report(tally: Tally) -> dict[str, float]:
    """The tally's part of an `open_loop` figure."""
    latencies = sorted(tally.latencies) or [math.inf]
    return {
        "requests_per_second": (tally.answered - tally.not_ok) / tally.seconds,
        "p50": _percentile(latencies, 0.50) * 1000,
        "p90": _percentile(latencies, 0.90) * 1000,
        "p99": _percentile(latencies, 0.99) * 1000,
        "longest": latencies[-1] * 1000,
        "requests": tally.answered,
        "not_ok": tally.not_ok,
        "errors": tally.errors,
        "late_p99": _percentile(sorted(tally.lateness) or [math.inf], 0.99) * 1000,
    }


def _percentile(ordered: list[float], fraction: float) -> float:
    return ordered[min(len(ordered) - 1, math.ceil(fraction * len(ordered)) - 1)]


async def _main(order: dict[str, Any]) -> None:
    generator = Generator(order)
    meter, began = machine.Meter(), time.process_time()
    await generator.run()
    said = report(generator.tally)
    said["machine_cores"] = meter.read().machine
    said["load_cores"] = (time.process_time() - began) / generator.tally.seconds
    print(json.dumps(said))


if __name__ == "__main__":
    uvloop.run(_main(json.loads(pathlib.Path(sys.argv[1]).read_text())))
