"""What one measurement says."""

from __future__ import annotations

import dataclasses


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """Latencies are in milliseconds; of an open loop they count from when a request was due."""

    requests_per_second: float
    """Of those answered well."""
    p50: float
    p90: float
    p99: float
    longest: float
    requests: int
    """Answered, well or not."""
    not_ok: int
    """Answered with another status than success."""
    errors: int
    """Not answered: a connection refused or cut, or no answer in time."""
    load_cores: float
    """Processor time of the load generator, in cores."""
    machine_cores: float
    """Processor time of everything on the machine, in cores."""


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class OpenLoopFigure(Figure):
    rate: float
    """Requests a second that were due."""
    late_p99: float
    """How late the generator itself was to take up a request, in ms: what it cannot resolve."""
