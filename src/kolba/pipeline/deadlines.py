"""Until when an answer is of use. What is left goes on from hop to hop."""

from __future__ import annotations

import math
import time
from collections.abc import Mapping
from typing import NamedTuple

from kolba.kit.http import balancing
from kolba.pipeline import errors, wire

_HEADER = wire.DEADLINE_HEADER.lower()


class Deadline(NamedTuple):
    """Of one request."""

    until: float
    """`time.monotonic()` seconds."""

    def left(self, service: str) -> float:
        """Seconds, above 0. Raises `balancing.DeadlinePassed`, which names `service`."""
        seconds = self.until - time.monotonic()
        if seconds <= 0:
            raise balancing.DeadlinePassed(service=service)
        return seconds

    def header(self) -> str:
        """For the next hop."""
        return str(max(1, int((self.until - time.monotonic()) * 1000)))


def of(headers: Mapping[str, str], *, usual: float, longest: float) -> Deadline:
    """What the caller allows, or `usual` seconds; `longest` at most. Raises `errors.BadDeadline`."""
    given = headers.get(_HEADER)
    seconds = usual if given is None else min(_seconds(given), longest)
    return Deadline(time.monotonic() + seconds)


def _seconds(given: str) -> float:
    try:
        milliseconds = float(given[:32])
    except ValueError:
        milliseconds = math.nan
    if not 0 < milliseconds < math.inf:
        raise errors.BadDeadline(given=given[:32])
    return milliseconds / 1000
