"""Starting, watching and stopping an embedded set from another process."""

from __future__ import annotations

import contextlib
import json
import os
import pathlib
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator

from kolba.cli.embedded import layout
from kolba.kit import healthcheck

START_SECONDS = 60.0
"""How long a set may take until every program is well; a first start compiles what it imports."""
STOP_SECONDS = 5.0
_PAUSE = 0.02


class StartFailed(Exception):
    """The set could not be started; the message says which program and where its log is."""


class NotRunning(Exception):
    """There is no set on this data directory."""


def start(
    places: layout.Layout,
    *,
    port_offset: int = 0,
    die_with_caller: bool = False,
    description: pathlib.Path | None = None,
) -> subprocess.Popen[bytes]:
    """Start a launcher and wait until it has forked every program.

    With `die_with_caller` the set ends when this process does. Raises `StartFailed`.
    """
    places.prepare()
    read, write = os.pipe()
    command = [sys.executable, "-m", "kolba.cli.embedded"]
    command += ["--data-dir", str(places.data_dir), "--port-offset", str(port_offset)]
    command += ["--report", str(write)]
    if die_with_caller:
        command += ["--die-with", str(os.getpid())]
    if description is not None:
        command += ["--programs", str(description)]
    with places.log_file("launcher").open("ab") as log:
        launcher = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            pass_fds=(write,),
            start_new_session=True,
        )
    os.close(write)
    with os.fdopen(read, "rb") as report:
        line = report.readline()
    refusal = _read_report(line, places)
    if refusal is not None:
        launcher.wait()
        raise StartFailed(refusal)
    return launcher


def _read_report(line: bytes, places: layout.Layout) -> str | None:
    """Why the launcher started nothing; None where it did."""
    if not line:
        log = places.log_file("launcher")
        return f"The launcher ended before it had started anything; see {log}."
    refusal: str | None = json.loads(line).get("error")
    return refusal


def wait_until_well(
    places: layout.Layout,
    launcher: subprocess.Popen[bytes],
    *,
    on_progress: Callable[[int, int], None] = lambda well, total: None,
) -> layout.SetState:
    """Wait until every program says at `/health` that it is well. Raises `StartFailed`."""
    limit = time.monotonic() + START_SECONDS
    well: set[str] = set()
    answers: dict[str, healthcheck.Answer] = {}
    while True:
        state = layout.read_state(places)
        if launcher.poll() is not None or state is None:
            log = places.log_file("launcher")
            raise StartFailed(f"The launcher has ended; see {log}.")
        for program in state.programs:
            if program.state == "failed":
                raise StartFailed(_explain(program.name, "could not be started", places))
            if program.name not in well:
                answers[program.name] = healthcheck.ask(f"{program.address}/health")
                if answers[program.name].status == "ok":
                    well.add(program.name)
        on_progress(len(well), len(state.programs))
        if len(well) == len(state.programs):
            return state
        if time.monotonic() > limit:
            name = next(item.name for item in state.programs if item.name not in well)
            what = f"is not well after {START_SECONDS:g} s ({answers[name].detail or 'no answer'})"
            raise StartFailed(_explain(name, what, places))
        time.sleep(_PAUSE)


def _explain(program: str, what: str, places: layout.Layout) -> str:
    return f"{program} {what}; its log is {places.log_file(program)}"


def running(places: layout.Layout) -> layout.SetState:
    """The state of the set that runs on this data directory. Raises `NotRunning`."""
    state = layout.read_state(places) if layout.is_held(places) else None
    if state is None:
        raise NotRunning(f"Kolba is not running on {places.data_dir}.")
    return state


def stop(places: layout.Layout) -> None:
    """Stop the set and return when all of it is gone. Raises `NotRunning`."""
    launcher = running(places).launcher
    with contextlib.suppress(ProcessLookupError):
        os.kill(launcher, signal.SIGTERM)
    limit = time.monotonic() + STOP_SECONDS
    while layout.is_held(places):
        if time.monotonic() > limit:
            with contextlib.suppress(ProcessLookupError):
                os.kill(launcher, signal.SIGKILL)  # its programs are told to stop by the system
            limit += STOP_SECONDS
        time.sleep(_PAUSE)


@contextlib.contextmanager
def attached(
    places: layout.Layout, *, port_offset: int = 0, description: pathlib.Path | None = None
) -> Iterator[subprocess.Popen[bytes]]:
    """A set that lives as long as the block; it is stopped however the block ends."""
    launcher = start(places, port_offset=port_offset, die_with_caller=True, description=description)
    try:
        yield launcher
    finally:
        with contextlib.suppress(NotRunning):
            stop(places)
        launcher.wait()
