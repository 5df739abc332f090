"""How many processors there are for this process."""

from __future__ import annotations

import contextlib
import math
import os
import pathlib

_QUOTA = pathlib.Path("/sys/fs/cgroup/cpu.max")


def available(quota: pathlib.Path = _QUOTA) -> int:
    """What the machine lets it run on, and no more than a container's quota (control groups, version 2)."""
    count = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    with contextlib.suppress(OSError, ValueError):
        allowed, period = quota.read_text("ascii").split()
        if allowed != "max":
            return max(1, min(count or 1, math.ceil(int(allowed) / int(period))))
    return count or 1
