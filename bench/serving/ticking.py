"""A clock that wakes an event loop at a constant rate, finer than the loop's own millisecond."""

from __future__ import annotations

import asyncio
import contextlib
import ctypes
import os
import time
from collections.abc import Callable, Iterator

_NON_BLOCKING = os.O_NONBLOCK
_NANOSECONDS = 1_000_000_000


class _TimeSpec(ctypes.Structure):
    _fields_ = (("seconds", ctypes.c_long), ("nanoseconds", ctypes.c_long))


class _TimerSpec(ctypes.Structure):
    _fields_ = (("interval", _TimeSpec), ("first", _TimeSpec))


@contextlib.contextmanager
def ticking(
    loop: asyncio.AbstractEventLoop, period: float, on_tick: Callable[[], None]
) -> Iterator[None]:
    """Call `on_tick` every `period` seconds; ticks that the loop was late for fall together.

    Linux only: a timerfd that the loop watches as it does a socket. (Python has one from 3.13 on.)
    """
    library = ctypes.CDLL(None, use_errno=True)
    timer = library.timerfd_create(time.CLOCK_MONOTONIC, _NON_BLOCKING)
    if timer < 0:
        raise OSError(ctypes.get_errno(), "timerfd_create")
    each = max(1, round(period * _NANOSECONDS))
    span = _TimeSpec(*divmod(each, _NANOSECONDS))
    if library.timerfd_settime(timer, 0, ctypes.byref(_TimerSpec(span, span)), None) != 0:
        raise OSError(ctypes.get_errno(), "timerfd_settime")

    def read() -> None:
        with contextlib.suppress(BlockingIOError):
            os.read(timer, 8)
        on_tick()

    loop.add_reader(timer, read)
    try:
        yield
    finally:
        loop.remove_reader(timer)
        os.close(timer)
