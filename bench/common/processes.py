"""Servers as child processes: started, waited for, and ended with everything they started."""

from __future__ import annotations

import contextlib
import pathlib
import socket
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping, Sequence

import psutil

_PATIENCE_SECONDS = 10.0


class NotStarted(Exception):
    """A server ended or did not answer in time; the message holds the end of its log."""


def free_ports(count: int) -> list[int]:
    """So many ports of the loopback that nobody listens on now."""
    with contextlib.ExitStack() as stack:
        sockets = [stack.enter_context(socket.socket()) for _ in range(count)]
        for one in sockets:
            one.bind(("127.0.0.1", 0))
        return [int(one.getsockname()[1]) for one in sockets]


def is_free(port: int) -> bool:
    """Whether nobody listens on a port of the loopback."""
    with socket.socket() as one:
        one.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            one.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


@contextlib.contextmanager
def running(
    command: Sequence[str],
    *,
    ready: str,
    log: pathlib.Path,
    environment: Mapping[str, str],
    folder: pathlib.Path,
    seconds: float = 120.0,
) -> Iterator[psutil.Process]:
    """A server that lives as long as the block; entered once `ready` answers 200.

    Raises `NotStarted`.
    """
    with log.open("wb") as output:
        process = psutil.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            env=dict(environment),
            cwd=folder,
            start_new_session=True,
        )
    try:
        _wait(process, ready, log, seconds)
        yield process
    finally:
        _end(process)


def tail(log: pathlib.Path, lines: int = 5) -> str:
    """The last lines of a log."""
    return "\n".join(log.read_text(errors="replace").splitlines()[-lines:])


def _wait(process: psutil.Popen, ready: str, log: pathlib.Path, seconds: float) -> None:
    deadline = time.monotonic() + seconds
    while not _answers(ready):
        if process.poll() is not None:
            raise NotStarted(f"it ended with code {process.returncode}: {tail(log)}")
        if time.monotonic() > deadline:
            raise NotStarted(f"it did not answer within {seconds:.0f} s: {tail(log)}")
        time.sleep(0.1)


def _answers(url: str) -> bool:
    try:
        with urllib.request.urlopen(url, timeout=5) as response:
            return bool(response.status == 200)
    except (OSError, urllib.error.URLError, ValueError):
        return False


def _end(process: psutil.Popen) -> None:
    """Ask the server to end; then end, by their ids, those of its descendants that live on."""
    family: list[psutil.Process] = [process]
    with contextlib.suppress(psutil.NoSuchProcess):
        family += process.children(recursive=True)
        process.terminate()
    _, alive = psutil.wait_procs(family[:1], timeout=_PATIENCE_SECONDS)
    _, alive = psutil.wait_procs([*alive, *family[1:]], timeout=1)
    for one in alive:
        with contextlib.suppress(psutil.NoSuchProcess):
            one.kill()
    psutil.wait_procs(alive, timeout=_PATIENCE_SECONDS)
