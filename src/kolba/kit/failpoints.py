"""Failpoints: named places where a test can make a running service die, wait or fail. A tool of tests, nothing else.

The code says `failpoints.reach("predictions.recorded")`, which does nothing and costs some tens of nanoseconds. Only a
process that was started with `KOLBA_FAILPOINTS` acts there:

    KOLBA_FAILPOINTS="predictions.recorded=kill:3,predictions.answered=pause:2.5,shipping.sent=raise"

- `kill` or `kill:3`: the process ends by SIGKILL, at the first or the third time it comes there;
- `raise` or `raise:3`: `Reached` is raised, every time or at the third;
- `pause:2.5`: the thread that came there stands still for 2.5 seconds, every time (on an event loop: all of it).

Refused unless the service listens on loopback only, so that no reachable service can be told to harm itself.
"""

from __future__ import annotations

import dataclasses
import itertools
import os
import re
import signal
import time
from collections.abc import Callable, Iterator, Mapping

import structlog

from kolba.kit import settings

VARIABLE = "KOLBA_FAILPOINTS"
_log = structlog.get_logger("kolba.failpoints")
_ENTRY = re.compile(
    r"(?P<name>[\w.-]+)=(?:(?P<action>kill|raise)(?::(?P<time>[1-9]\d{0,8}))?"
    r"|pause:(?P<seconds>\d{1,4}(?:\.\d{1,6})?))"
)


class Reached(RuntimeError):
    """What `raise` raises."""


class Refused(ValueError):
    """The failpoints cannot be had: misspelt, or the service is reachable from elsewhere."""


@dataclasses.dataclass(frozen=True, slots=True)
class _Failpoint:
    act: Callable[[str], None]
    time: int | None
    """At which time it acts; None: at each."""
    times: Iterator[int] = dataclasses.field(default_factory=lambda: itertools.count(1))

    def meet(self, name: str) -> None:
        if self.time in (None, next(self.times)):
            self.act(name)


_armed: Mapping[str, _Failpoint] = {}


def reach(name: str) -> None:
    """Nothing, unless this process was told to do something here."""
    if _armed and name in _armed:
        _armed[name].meet(name)


def arm(specification: str | None, *, host: str) -> None:
    """Take `KOLBA_FAILPOINTS`' value over; None or empty: none. `host` is what the service listens on.

    Raises `Refused`.
    """
    global _armed  # noqa: PLW0603 (one per process, as the environment that it comes from)
    chosen = dict(_read(entry.strip()) for entry in (specification or "").split(",") if entry)
    if chosen and not settings.is_loopback(host):
        raise Refused(
            f"{VARIABLE} is a tool of tests and works on loopback only, and this service listens on {host}; unset it"
        )
    if chosen:
        _log.warning("failpoints are armed", failpoints=sorted(chosen))
    _armed = chosen


def _read(entry: str) -> tuple[str, _Failpoint]:
    found = _ENTRY.fullmatch(entry)
    if found is None:
        raise Refused(
            f"{VARIABLE}: {entry!r} is none of name=kill, name=kill:3, name=raise, name=raise:3, name=pause:2.5"
        )
    nth = int(found["time"]) if found["time"] else None
    if found["seconds"] is not None:
        seconds = float(found["seconds"])
        return found["name"], _Failpoint(lambda _: time.sleep(seconds), None)
    if found["action"] == "kill":
        return found["name"], _Failpoint(_kill, nth or 1)
    return found["name"], _Failpoint(_raise, nth)


def _kill(name: str) -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def _raise(name: str) -> None:
    raise Reached(name)
