"""The nursery: a process that has imported everything once, and forks a child for each run.

    python -m kolba.ml_service.worker.nursery FD NICE BLOCKED…

It lives as long as the socket `FD` does: when its worker is gone, by whatever death, it ends its children and itself.
It never computes anything beyond warming up, so a child that crashes takes nothing with it.
"""

from __future__ import annotations

import contextlib
import dataclasses
import gc
import importlib
import os
import selectors
import signal
import socket
import sys
from collections.abc import Sequence
from types import FrameType
from typing import Any

from kolba.ml_service.worker import wire

_CHILD = "kolba.ml_service.worker.child"


class Absent:
    """Finds no module of these names, as if they were not installed."""

    def __init__(self, names: Sequence[str]) -> None:
        self._names = frozenset(names)

    def find_spec(self, name: str, path: Any = None, target: Any = None) -> None:
        """Raises `ModuleNotFoundError` for a blocked name; leaves all others to the next finder."""
        if name in self._names:
            raise ModuleNotFoundError(f"{name} is blocked by `blocked_modules`", name=name)


@dataclasses.dataclass(slots=True)
class Nursery:
    """Serves one worker over `link`."""

    link: socket.socket
    work: Any
    """The module `child`, loaded with all it stands on."""
    children: dict[int, str] = dataclasses.field(default_factory=dict)
    """The key of the run by process id."""

    def serve(self) -> None:
        """Fork and reap until the worker is gone."""
        woken, waker = os.pipe()
        os.set_blocking(waker, False)
        signal.signal(signal.SIGCHLD, _noted)
        signal.set_wakeup_fd(waker, warn_on_full_buffer=False)
        with selectors.DefaultSelector() as selector:
            selector.register(self.link, selectors.EVENT_READ)
            selector.register(woken, selectors.EVENT_READ)
            while True:
                ready = {key.fileobj for key, _ in selector.select()}
                if woken in ready:
                    os.read(woken, 4096)
                    self._reap()
                if self.link in ready and not self._receive():
                    break
        self._end_all()

    def _receive(self) -> bool:
        """Handle one message; False when the worker is gone."""
        message, descriptors, _, _ = socket.recv_fds(self.link, wire.MAX_MESSAGE, 1)
        if not message:
            return False
        order = wire.decode(message)
        if order["kind"] == "start":
            self._start(order, descriptors[0])
        elif order["kind"] == "kill":
            self._kill(order["key"])
        return True

    def _start(self, order: dict[str, Any], events: int) -> None:
        process = os.fork()
        if process == 0:
            self._become_child(order, events)
        os.close(events)
        self.children[process] = order["key"]
        self._say(wire.encode("started", key=order["key"], pid=process))

    def _become_child(self, order: dict[str, Any], events: int) -> None:
        code = 70
        try:
            signal.set_wakeup_fd(-1)
            signal.signal(signal.SIGCHLD, signal.SIG_DFL)
            self.link.close()
            code = self.work.run(
                order["directory"], events, max_bytes=order["max_bytes"], language=order["language"]
            )
        finally:
            os._exit(code)

    def _reap(self) -> None:
        while self.children:
            process, status = os.waitpid(-1, os.WNOHANG)
            if process == 0:
                return
            key = self.children.pop(process, None)
            if key is not None:
                self._say(wire.encode("ended", key=key, code=os.waitstatus_to_exitcode(status)))

    def _kill(self, key: str) -> None:
        for process, owner in self.children.items():
            if owner == key:
                os.kill(process, signal.SIGKILL)

    def _end_all(self) -> None:
        for process in self.children:
            os.kill(process, signal.SIGKILL)
        for process in self.children:
            os.waitpid(process, 0)

    def _say(self, message: bytes) -> None:
        with contextlib.suppress(OSError):  # a worker that is gone is noticed by the next read
            self.link.send(message)


def _noted(_: int, __: FrameType | None) -> None:
    """SIGCHLD has to have a handler for the wake-up descriptor to be written."""


def main() -> None:
    """Load, warm up, serve."""
    descriptor, nice, *blocked = sys.argv[1:]
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    os.nice(int(nice))
    sys.meta_path.insert(0, Absent(blocked))
    work = importlib.import_module(_CHILD)
    work.warm_up()
    gc.collect()
    gc.freeze()
    with socket.socket(fileno=int(descriptor)) as link:
        link.send(wire.encode("ready"))
        Nursery(link, work).serve()


if __name__ == "__main__":
    main()
