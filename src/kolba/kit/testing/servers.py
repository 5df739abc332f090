"""Real servers for tests: an application on a free port of this machine, in a thread of its own."""

from __future__ import annotations

import asyncio
import contextlib
import functools
import itertools
import os
import socket
import threading
import time
from collections.abc import Iterator

import uvicorn
from starlette import types

from kolba.kit.http import quick

_START_SECONDS = 30.0
_STOP_SECONDS = 15.0
_FIRST_PORT, _PARTS, _PORTS_OF_PART = 9_100, 5, 1_100


def free_port() -> int:
    """A port nobody listens on at this moment, and a different one at each call; the next above it is left free too.

    It is below those that the system gives to outgoing connections (from 32768): any of them may be taken by the time
    a server comes to listen there.
    """
    for port in _ports():
        with socket.socket() as probe, contextlib.suppress(OSError):
            probe.bind(("127.0.0.1", port))
            return port
    raise AssertionError("the ports never end")


@functools.cache
def _ports() -> Iterator[int]:
    """Round and round in a part of the range that is this process's own, if few run beside it."""
    first = _FIRST_PORT + os.getpid() % _PARTS * _PORTS_OF_PART
    return itertools.cycle(range(first, first + _PORTS_OF_PART, 2))


class Server:
    """One application being served. `stop` ends it politely, `kill` cuts every connection first."""

    def __init__(self, app: types.ASGIApp, port: int) -> None:
        config = uvicorn.Config(
            app,
            http=quick.QuickProtocol,
            ws="none",
            lifespan="on",
            log_config=None,
            access_log=False,
            proxy_headers=False,
            timeout_graceful_shutdown=1,
        )
        self._server = uvicorn.Server(config)
        self._socket = _listen(port)
        self.port = int(self._socket.getsockname()[1])
        self.url = f"http://127.0.0.1:{self.port}"
        self._thread = threading.Thread(target=self._serve, name=f"server-{self.port}", daemon=True)

    def start(self) -> None:
        """Returns once it answers. Raises `RuntimeError` when the application does not come up."""
        self._thread.start()
        deadline = time.monotonic() + _START_SECONDS
        while not self._server.started:
            if not self._thread.is_alive() or time.monotonic() > deadline:
                raise RuntimeError("the application did not start; its log says why")
            time.sleep(0.005)

    @property
    def is_running(self) -> bool:
        return self._thread.is_alive()

    def ask_to_stop(self) -> None:
        """Begin to stop, without waiting: several servers are sooner stopped together."""
        self._server.should_exit = True

    def stop(self) -> None:
        self.ask_to_stop()
        self._thread.join(_STOP_SECONDS)
        if self._thread.is_alive():
            raise RuntimeError("the application did not stop")
        self._socket.close()

    def kill(self) -> None:
        """End it as a crash looks from outside: connections break, answers stop in the middle."""
        self._server.force_exit = True
        self._loop.call_soon_threadsafe(self._abort_connections)
        self.stop()

    def _abort_connections(self) -> None:
        for connection in list(self._server.server_state.connections):
            connection.transport.abort()

    def _serve(self) -> None:
        with asyncio.Runner(loop_factory=self._server.config.get_loop_factory()) as runner:
            self._loop = runner.get_loop()
            runner.run(self._server.serve(sockets=[self._socket]))


def _listen(port: int) -> socket.socket:
    listener = socket.socket()
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listener.bind(("127.0.0.1", port))
    return listener


@contextlib.contextmanager
def running(app: types.ASGIApp, *, port: int = 0) -> Iterator[Server]:
    """Serve `app` on loopback, on a free port unless one is named."""
    server = Server(app, port)
    server.start()
    try:
        yield server
    finally:
        server.stop()
