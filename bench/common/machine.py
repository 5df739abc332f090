"""The machine that figures were taken on, and how busy it was meanwhile."""

from __future__ import annotations

import dataclasses
import os
import pathlib
import platform
import resource
import time

import psutil


def describe() -> dict[str, str | int | float]:
    """What a reader needs to place a figure; no name of the machine."""
    return {
        "processor": _processor(),
        "cores": os.cpu_count() or 0,
        "memory_gib": round(psutil.virtual_memory().total / 2**30, 1),
        "system": f"{platform.system()} {platform.release()}",
        "python": platform.python_version(),
    }


def _processor() -> str:
    information = pathlib.Path("/proc/cpuinfo")
    if information.exists():
        for line in information.read_text().splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.processor() or platform.machine()


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Load:
    """Processor time spent in a span, in cores: 1.0 is one core all the time."""

    children: float
    """By children of this process that ended in the span: the load generator."""
    machine: float
    """By everything on the machine."""


class Meter:
    """Measures from its making to `read`."""

    def __init__(self) -> None:
        self._began = time.monotonic()
        self._children = _children_seconds()
        self._machine = _machine_seconds()

    def read(self) -> Load:
        seconds = time.monotonic() - self._began
        return Load(
            children=(_children_seconds() - self._children) / seconds,
            machine=(_machine_seconds() - self._machine) / seconds,
        )


def _children_seconds() -> float:
    spent = resource.getrusage(resource.RUSAGE_CHILDREN)
    return spent.ru_utime + spent.ru_stime


def _machine_seconds() -> float:
    spent = psutil.cpu_times()
    idle = float(spent.idle) + float(getattr(spent, "iowait", 0.0))
    # Linux counts a guest's time in `user` too, and a neighbour's theft is not ours.
    beside = float(getattr(spent, "guest", 0.0)) + float(getattr(spent, "guest_nice", 0.0))
    return float(sum(spent)) - idle - beside - float(getattr(spent, "steal", 0.0))
