"""Metrics in Prometheus' format. Labels never carry a person, an id or anything else without a bound."""

from __future__ import annotations

import prometheus_client

BUCKETS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0)


class HttpMetrics:
    """What the edge of a service measures, in a registry of its own, so that two apps can live in one process."""

    def __init__(self, service: str) -> None:
        self.registry = prometheus_client.CollectorRegistry()
        prometheus_client.ProcessCollector(registry=self.registry)
        prometheus_client.PlatformCollector(registry=self.registry)
        labels = ("service", "method", "route", "status")
        self._seconds = prometheus_client.Histogram(
            "kolba_http_request_seconds",
            "Time from the request's first byte to the answer's last, in seconds.",
            labels,
            buckets=BUCKETS,
            registry=self.registry,
        )
        self._service = service
        self._children: dict[tuple[str, str, int], prometheus_client.Histogram] = {}

    def observe(self, *, method: str, route: str, status: int, seconds: float) -> None:
        key = (method, route, status)
        child = self._children.get(key)
        if child is None:  # finding a child by its labels costs more than the observation
            child = self._seconds.labels(self._service, method, route, str(status))
            self._children[key] = child
        child.observe(seconds)

    def render(self) -> bytes:
        """The text exposition of everything registered here."""
        return prometheus_client.generate_latest(self.registry)
