"""What a forked child does to become its program."""

from __future__ import annotations

import contextlib
import ctypes
import os
import pathlib
import runpy
import signal
import sys
from collections.abc import Iterator, Sequence

from kolba.cli.embedded import programs

_PR_SET_PDEATHSIG = 1  # from <linux/prctl.h>
_SIGNALS = {signal.SIGTERM, signal.SIGINT, signal.SIGHUP}


def run(
    program: programs.Program,
    *,
    log_file: pathlib.Path,
    inherited: Sequence[int],
    parent: int,
) -> None:
    """Cut what ties this process to the launcher, then run `program` as `python -m` would.

    `inherited` are the launcher's own descriptors, to be closed; `parent` its process id.
    """
    _restore_signals()
    os.setpgid(0, 0)  # what the program starts can then be ended with it
    for descriptor in inherited:
        with contextlib.suppress(OSError):
            os.close(descriptor)
    _write_to(log_file)
    die_with(parent)
    os.environ.update(program.environment)
    sys.argv = [program.name]
    main = f"{program.module}.__main__"
    sys.modules.pop(main, None)  # the launcher imported it; now it runs
    runpy.run_module(main, run_name="__main__")


@contextlib.contextmanager
def held_signals() -> Iterator[None]:
    """Hold signals back while forking, so that none meets the launcher's handler in the child."""
    before = signal.pthread_sigmask(signal.SIG_BLOCK, _SIGNALS)
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _restore_signals() -> None:
    signal.set_wakeup_fd(-1)
    signal.signal(signal.SIGINT, signal.default_int_handler)
    for number in _SIGNALS - {signal.SIGINT}:
        signal.signal(number, signal.SIG_DFL)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, _SIGNALS)


def _write_to(log_file: pathlib.Path) -> None:
    """Send both standard streams to the log; the terminal is the launcher's."""
    nothing = os.open(os.devnull, os.O_RDONLY)
    log = os.open(log_file, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o644)
    for source, stream in ((nothing, 0), (log, 1), (log, 2)):
        os.dup2(source, stream)
    os.close(nothing)
    os.close(log)


def die_with(parent: int) -> None:
    """On Linux, be told to stop (SIGTERM) when `parent` ends, however it ends."""
    if sys.platform != "linux":
        return
    ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM, 0, 0, 0)
    if os.getppid() != parent:  # it ended before it could be watched
        sys.exit("the launcher is gone")
