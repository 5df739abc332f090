"""What a replica lets be seen of its work: a line in its log, and its metrics. Both name the instance."""

from __future__ import annotations

import asyncio

import prometheus_client
import structlog

from kolba.kit import context, metrics

_log = structlog.get_logger("kolba.pipeline")
_LINES_A_SECOND = 10
_IMAGES = (1, 2, 4, 8, 16, 32, 64, 128, 256)


class Journal:
    """Each request is a line while there are few; when it is busy, one line a second counts the others."""

    def __init__(self, service: str, instance: str, measured: metrics.HttpMetrics) -> None:
        self.instance = instance
        self._service = service
        self._requests = 0
        self._images = 0
        self._lines = 0
        self._is_counting = False
        registry = measured.registry
        self._total = prometheus_client.Counter(
            "kolba_pipeline_images",
            "Images answered.",
            ("service", "instance"),
            registry=registry,
        ).labels(service, instance)
        self._batches = prometheus_client.Histogram(
            "kolba_pipeline_batch_images",
            "Images that shared one run of the model.",
            ("service", "instance"),
            buckets=_IMAGES,
            registry=registry,
        )
        self._version = prometheus_client.Gauge(
            "kolba_pipeline_model_info",
            "1 for the model version that answers.",
            ("service", "instance", "model", "version"),
            registry=registry,
        )

    def answered(self, images: int = 1, **particulars: object) -> None:
        """One request was."""
        self._total.inc(images)
        if not self._is_counting:
            self._is_counting = True
            asyncio.get_running_loop().call_later(1.0, self._close)
        if self._lines < _LINES_A_SECOND:
            self._lines += 1
            _log.info("answered", instance=self.instance, images=images, **particulars)
        else:
            self._requests += 1
            self._images += images

    def batch(self, images: int) -> None:
        """One run of the model answered so many."""
        self._batches.labels(self._service, self.instance).observe(images)

    def serves(self, model: str, version: str) -> None:
        """From now on it is this version that answers."""
        self._version.clear()
        self._version.labels(self._service, self.instance, model, version).set(1)

    def serves_none(self) -> None:
        self._version.clear()

    def _close(self) -> None:
        """The second is over."""
        if self._requests:
            token = context.bind(context.RequestContext(request_id="many"))
            _log.info(
                "answered many",
                instance=self.instance,
                requests=self._requests,
                images=self._images,
            )
            context.unbind(token)
        self._requests = self._images = self._lines = 0
        self._is_counting = False
