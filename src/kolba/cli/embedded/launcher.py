"""The parent of the embedded set: forks the programs, starts again what dies, stops them all.

It imports everything the programs share before it forks, so that the imports are paid for once and
their pages are held once. It has one thread and runs no program code itself.
"""

from __future__ import annotations

import contextlib
import dataclasses
import multiprocessing
import multiprocessing.connection
import multiprocessing.process
import os
import signal
import time
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import kolba
from kolba.cli.embedded import child, layout, programs

STOP_SECONDS = 4.0
"""How long programs may take to stop by themselves; `down` promises 5 s in all."""
FIRST_DELAY = 0.25
LONGEST_DELAY = 10.0
STEADY_SECONDS = 60.0
"""Having run so long, a program is taken to be well, and its deaths are forgotten."""
MAX_DEATHS = 5
"""Dying so often without ever being steady, a program is given up."""


@dataclasses.dataclass(kw_only=True)
class Supervised:
    """A program and what has become of it. Times are `time.monotonic()` seconds."""

    program: programs.Program
    process: multiprocessing.process.BaseProcess | None = None
    started: float = 0.0
    deaths: int = 0
    restarts: int = 0
    due: float | None = None
    """When it is to be started again."""

    @property
    def state(self) -> layout.State:
        if self.process is not None:
            return "running"
        if self.due is not None:
            return "restarting"
        return "failed" if self.deaths >= MAX_DEATHS else "stopped"


class Launcher:
    """Supervises one set of programs on one data directory."""

    def __init__(
        self,
        planned: Sequence[programs.Program],
        places: layout.Layout,
        *,
        private: Sequence[int] = (),
    ) -> None:
        """`private` descriptors stay the launcher's own."""
        self._layout = places
        self._private = tuple(private)
        self._supervised = [Supervised(program=program) for program in planned]
        self._context = multiprocessing.get_context("fork")
        self._stopping = False

    def serve(self, started: Callable[[], None]) -> None:
        """Fork every program, in order, call `started`, and keep them running until a signal says
        stop; then stop them all."""
        with _woken_by(self._stop) as wake:
            try:
                for supervised in self._supervised:
                    self._fork(supervised)
                self._note()
                started()
                while not self._stopping:
                    self._wait(wake, self._until_due())
                    self._look_after()
            finally:
                self._end()

    def _stop(self) -> None:
        self._stopping = True

    def _fork(self, supervised: Supervised) -> None:
        process = self._context.Process(
            target=child.run,
            name=supervised.program.name,
            args=(supervised.program,),
            kwargs={
                "log_file": self._layout.log_file(supervised.program.name),
                "inherited": self._private,
                "parent": os.getpid(),
            },
        )
        with child.held_signals():
            process.start()
        supervised.process, supervised.started, supervised.due = process, time.monotonic(), None

    def _wait(self, wake: int, seconds: float | None) -> None:
        alive = [item.process.sentinel for item in self._supervised if item.process]
        ready = multiprocessing.connection.wait([wake, *alive], seconds)
        if wake in ready:
            os.read(wake, 4096)

    def _until_due(self) -> float | None:
        due = [item.due for item in self._supervised if item.due is not None]
        return max(0.0, min(due) - time.monotonic()) if due else None

    def _look_after(self) -> None:
        """Bury the dead, plan their return, start those whose time has come."""
        changed = False
        for supervised in self._supervised:
            if supervised.process is not None and not supervised.process.is_alive():
                self._bury(supervised)
                changed = True
            if supervised.due is not None and supervised.due <= time.monotonic():
                supervised.restarts += 1
                self._fork(supervised)
                changed = True
        if changed:
            self._note()

    def _bury(self, supervised: Supervised) -> None:
        assert supervised.process is not None
        now = time.monotonic()
        name, code = supervised.program.name, supervised.process.exitcode
        _end_group(supervised.process)
        supervised.process = None
        if now - supervised.started >= STEADY_SECONDS:
            supervised.deaths = 0
        supervised.deaths += 1
        if supervised.deaths >= MAX_DEATHS:
            log = self._layout.log_file(name)
            _say(
                f"{name} ended (code {code}) {MAX_DEATHS} times in a row and is given up; see {log}"
            )
            return
        delay = min(FIRST_DELAY * 2 ** (supervised.deaths - 1), LONGEST_DELAY)
        supervised.due = now + delay
        _say(f"{name} ended (code {code}); it is started again in {delay:g} s")

    def _end(self) -> None:
        """Ask every program to stop; end by force what has not stopped in time."""
        running = [item.process for item in self._supervised if item.process is not None]
        for process in running:
            process.terminate()
        limit = time.monotonic() + STOP_SECONDS
        for process in running:
            process.join(max(0.0, limit - time.monotonic()))
        for process in running:
            if process.is_alive():
                _say(f"{process.name} did not stop in {STOP_SECONDS:g} s and is killed")
            _end_group(process)
            process.join()
        for supervised in self._supervised:
            supervised.process = supervised.due = None
        self._note()

    def _note(self) -> None:
        seen = tuple(
            layout.ProgramState(
                name=item.program.name,
                port=item.program.port,
                pid=item.process.pid if item.process else None,
                state=item.state,
                restarts=item.restarts,
                address=item.program.address,
            )
            for item in self._supervised
        )
        state = layout.SetState(launcher=os.getpid(), version=kolba.__version__, programs=seen)
        layout.write_state(self._layout, state)


def _end_group(process: multiprocessing.process.BaseProcess) -> None:
    """Kill what is left of a program's process group: itself and all it started."""
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid or 0, signal.SIGKILL)


@contextlib.contextmanager
def _woken_by(stop: Callable[[], None]) -> Iterator[int]:
    """Yield a descriptor that becomes readable when a signal to stop arrives."""
    read, write = os.pipe()
    os.set_blocking(write, False)
    os.set_blocking(read, False)

    def note(_number: int, _frame: Any) -> None:
        stop()

    numbers = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)
    before = {number: signal.signal(number, note) for number in numbers}
    previous = signal.set_wakeup_fd(write)
    try:
        yield read
    finally:
        signal.set_wakeup_fd(previous)
        for number, handler in before.items():
            signal.signal(number, handler)
        os.close(read)
        os.close(write)


def _say(message: str) -> None:
    """A line for the launcher's own log, which is its standard output."""
    print(time.strftime("%Y-%m-%dT%H:%M:%S%z"), message, flush=True)  # noqa: T201
