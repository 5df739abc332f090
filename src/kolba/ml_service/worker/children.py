"""The worker's side of the nursery: starts it, asks it for children, hears of their ends."""

from __future__ import annotations

import asyncio
import contextlib
import dataclasses
import os
import signal
import socket
import sys
from collections.abc import AsyncIterator

import structlog

from kolba.ml_service.worker import errors, wire

_log = structlog.get_logger("kolba.worker")
_THREADS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")
_FORKABLE = {"ARROW_DEFAULT_MEMORY_POOL": "system"}
"""Arrow's own pool would start a thread, and threads do not survive a fork."""
YIELDING = {"OMP_WAIT_POLICY": "passive", "GOMP_SPINCOUNT": "1000"}
"""A thread that waits for others soon sleeps: after about as long as falling asleep takes. Without that little spinning
a step of a network takes a fifth longer where nobody else wants the processors; with as much as there is by default, an
epoch on two threads took ten times as long where somebody does. Only GNU's OpenMP reads the count."""
_LINE_LIMIT = 1 << 20


@dataclasses.dataclass(slots=True)
class Child:
    """A run's process, seen from the worker."""

    key: str
    events: asyncio.StreamReader
    """JSON lines; ends when the process does."""
    ended: asyncio.Future[int]
    """The exit code; negative: the signal that killed it. Raises `errors.NurseryGone`."""


class Nursery:
    """One nursery process. Open it with `running`."""

    def __init__(self, *, nice: int, threads: int, blocked_modules: list[str]) -> None:
        self._arguments = [str(nice), *blocked_modules]
        self._environment = {
            **dict.fromkeys(_THREADS, str(threads)),
            **_FORKABLE,
            **YIELDING,
        }
        self._ready = asyncio.Event()
        self._children: dict[str, Child] = {}
        self._link: socket.socket | None = None

    @property
    def is_ready(self) -> bool:
        return self._ready.is_set()

    async def ready(self) -> None:
        """Wait until children can be had."""
        await self._ready.wait()

    async def keep(self) -> None:
        """Run the nursery, and start it again whenever it ends. Cancel it to end it, its children included."""
        while True:
            try:
                await self._live()
            except OSError:
                _log.exception("the nursery could not be started")
            _log.warning("the nursery ended; starting it again")
            await asyncio.sleep(1.0)

    async def start(self, key: str, directory: str, *, max_bytes: int, language: str) -> Child:
        """Fork a child, once the nursery is ready."""
        await self._ready.wait()
        assert self._link is not None
        reading, writing = os.pipe()
        try:
            events = await _reader(reading)
            child = Child(key, events, asyncio.get_running_loop().create_future())
            order = wire.encode(
                "start", key=key, directory=directory, max_bytes=max_bytes, language=language
            )
            self._children[key] = child
            socket.send_fds(self._link, [order], [writing])
        except OSError as error:
            self._children.pop(key, None)
            raise errors.NurseryGone from error
        finally:
            os.close(writing)
        return child

    def kill(self, key: str) -> None:
        """End the child at once, if it still lives."""
        if self._link is not None and key in self._children:
            with contextlib.suppress(OSError):
                self._link.send(wire.encode("kill", key=key))

    async def _live(self) -> None:
        ours, theirs = wire.pair()
        with ours, theirs:
            process = await asyncio.create_subprocess_exec(
                sys.executable,
                "-m",
                "kolba.ml_service.worker.nursery",
                str(theirs.fileno()),
                *self._arguments,
                pass_fds=(theirs.fileno(),),
                stdin=asyncio.subprocess.DEVNULL,
                env={**os.environ, **self._environment},
                start_new_session=True,
            )
            theirs.close()
            ours.setblocking(False)
            self._link = ours
            try:
                async for message in _messages(ours):
                    self._hear(message)
            finally:
                self._forget()
                ours.close()
                await _end(process)

    def _hear(self, message: bytes) -> None:
        document = wire.decode(message)
        if document["kind"] == "ready":
            self._ready.set()
        elif document["kind"] == "ended":
            child = self._children.pop(document["key"], None)
            if child is not None and not child.ended.done():
                child.ended.set_result(document["code"])

    def _forget(self) -> None:
        self._ready.clear()
        self._link = None
        for child in self._children.values():
            if not child.ended.done():
                child.ended.set_exception(errors.NurseryGone())
                child.ended.exception()  # mark it as seen: a run that is being released does not look
        self._children.clear()


async def _messages(link: socket.socket) -> AsyncIterator[bytes]:
    loop = asyncio.get_running_loop()
    while True:
        try:
            message = await loop.sock_recv(link, wire.MAX_MESSAGE)
        except ConnectionResetError:
            return
        if not message:
            return
        yield message


async def _reader(descriptor: int) -> asyncio.StreamReader:
    reader = asyncio.StreamReader(limit=_LINE_LIMIT)
    protocol = asyncio.StreamReaderProtocol(reader)
    pipe = os.fdopen(descriptor, "rb", buffering=0)
    await asyncio.get_running_loop().connect_read_pipe(lambda: protocol, pipe)
    return reader


async def _end(process: asyncio.subprocess.Process) -> None:
    """The closed socket tells the nursery to end; it is not waited for longer than it needs."""
    try:
        async with asyncio.timeout(1.0):
            await process.wait()
    except TimeoutError:
        with contextlib.suppress(ProcessLookupError):
            process.send_signal(signal.SIGKILL)
        await process.wait()
