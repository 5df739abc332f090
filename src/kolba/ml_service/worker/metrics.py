"""What a worker measures."""

from __future__ import annotations

import contextlib
import dataclasses
import time
from collections.abc import Iterator

import prometheus_client

_BUCKETS = (0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 300.0, 1800.0, 7200.0)


@dataclasses.dataclass(slots=True)
class Outcome:
    """How a run ended; the metric's label."""

    name: str = "failed"


class WorkerMetrics:
    def __init__(self, registry: prometheus_client.CollectorRegistry) -> None:
        self._seconds = prometheus_client.Histogram(
            "kolba_worker_run_seconds",
            "Time from claiming a run to reporting its end, in seconds.",
            ("outcome",),
            buckets=_BUCKETS,
            registry=registry,
        )
        self._busy = prometheus_client.Gauge(
            "kolba_worker_busy_slots",
            "Runs that are being computed at this moment.",
            registry=registry,
        )

    @contextlib.contextmanager
    def run(self) -> Iterator[Outcome]:
        """Measure one run; the block says how it ended."""
        outcome = Outcome()
        started = time.monotonic()
        self._busy.inc()
        try:
            yield outcome
        finally:
            self._busy.dec()
            self._seconds.labels(outcome.name).observe(time.monotonic() - started)
