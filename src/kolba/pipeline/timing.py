"""Where a request's time went: `Server-Timing`, to which each hop adds its part.

The parts do not overlap, so that they add up to the whole: what a hop did itself, what passed between it and the next
(`network-…`), and what the next says of itself.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable

_DURATION = re.compile(r"dur=([0-9.]+)")


class Timing:
    """Of one request at one hop."""

    __slots__ = ("_began", "_next", "_now", "_parts", "_told")

    def __init__(self, now: Callable[[], float] = time.perf_counter) -> None:
        self._now = now
        self._began = now()
        self._parts: list[str] = []
        self._told = 0.0
        self._next = ""

    def part(self, name: str, seconds: float) -> None:
        """Something that took its own time."""
        self._parts.append(f"{name};dur={seconds * 1000:.3f}")
        self._told += seconds

    def passed_on(self, service: str, seconds: float, said: str) -> None:
        """The next hop answered after `seconds`, and `said` where it had spent them."""
        inside = sum(map(float, _DURATION.findall(said))) / 1000
        self.part(f"network-{service}", max(0.0, seconds - inside))
        self._told += inside
        self._next = said

    def header(self, service: str) -> str:
        """All of it; what is not told by a part was `service`'s own."""
        own = max(0.0, self._now() - self._began - self._told)
        parts = [f"{service};dur={own * 1000:.3f}", *self._parts]
        return ", ".join([*parts, self._next] if self._next else parts)
