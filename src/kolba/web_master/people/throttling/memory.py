"""Attempts in this process's memory: for tests, and wherever one process is all there is."""

from __future__ import annotations

import threading
from collections.abc import Sequence

from kolba.kit import clock
from kolba.web_master.people.throttling import base


class MemoryAttempts:
    def __init__(self, *, window_seconds: float, time: clock.Clock) -> None:
        self._window = window_seconds
        self._clock = time
        self._lock = threading.Lock()
        self._buckets: dict[str, list[float]] = {}

    def take(self, limits: Sequence[base.Limit]) -> float | None:
        with self._lock:
            now = self._clock.now().timestamp()
            self._forget(now)
            longest = 0.0
            for one in limits:
                ages = [now - at for at in reversed(self._buckets.get(one.bucket, ()))]
                longest = max(longest, base.wait(ages, one.most, self._window))
            if longest > 0:
                return longest
            for one in limits:
                self._buckets.setdefault(one.bucket, []).append(now)
            return None

    def give_back(self, buckets: Sequence[str]) -> None:
        with self._lock:
            for bucket in buckets:
                if self._buckets.get(bucket):
                    self._buckets[bucket].pop()

    def clear(self, bucket: str) -> None:
        with self._lock:
            self._buckets.pop(bucket, None)

    def _forget(self, now: float) -> None:
        kept = {
            bucket: [at for at in times if now - at < self._window]
            for bucket, times in self._buckets.items()
        }
        self._buckets = {bucket: times for bucket, times in kept.items() if times}
