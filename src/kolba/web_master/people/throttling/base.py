"""The seam: attempts are counted in buckets over a sliding window."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from typing import Protocol


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Limit:
    bucket: str
    """Whose attempts, or whence."""
    most: int
    """At most so many within the window."""


class Attempts(Protocol):
    """Methods block: call them from a thread."""

    def take(self, limits: Sequence[Limit]) -> float | None:
        """Count one attempt in every bucket, before it is made; None.

        Where a bucket is full, none is counted, and the seconds are answered until another may be made.
        """
        ...

    def give_back(self, buckets: Sequence[str]) -> None:
        """One attempt of each bucket is not to count after all."""
        ...

    def clear(self, bucket: str) -> None:
        """None of them is to count any more."""
        ...


def wait(ages: Sequence[float], most: int, window_seconds: float) -> float:
    """Seconds until there is room in a bucket; 0: now. `ages` in seconds, the youngest first."""
    if len(ages) < most:
        return 0.0
    return max(0.0, window_seconds - ages[most - 1])
