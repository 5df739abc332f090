"""Runs an application as a process of its own."""

from __future__ import annotations

import contextlib
import gc
import os
import signal
import sys
import time
import types
from collections.abc import Callable
from typing import TypeVar

import fastapi
import uvicorn

from kolba.kit import failpoints, logs, settings
from kolba.kit.http import quick, readiness

Settings = TypeVar("Settings", bound=settings.ServiceSettings)


def main(settings_class: type[Settings], create_app: Callable[[Settings], fastapi.FastAPI]) -> None:
    """What a service's `__main__` does: read the settings, set up the log, serve until told to stop."""
    config = settings.load(settings_class)
    logs.configure(config.service, config.log)
    failpoints.arm(os.environ.get(failpoints.VARIABLE), host=config.host)
    try:
        app = create_app(config)
    except settings.StartRefused as refusal:
        sys.exit(f"kolba: {refusal}")
    _calm_collector()
    serve(app, config)


def _calm_collector() -> None:
    """What was built at the start stays; looking through it again and again costs requests a third of their time."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 50)


def serve(app: fastapi.FastAPI, config: settings.ServiceSettings) -> None:
    """Serve until SIGTERM or SIGINT; requests under way get `graceful_shutdown_seconds` to finish."""
    with contextlib.suppress(KeyboardInterrupt):  # raised again by the server after it has stopped
        DrainingServer(
            server_config(app, config),
            getattr(app.state, "readiness", None),
            config.http.drain_seconds,
        ).run()


class DrainingServer(uvicorn.Server):
    """Told to stop, it says so at `/ready` first, and goes on for a while. A second signal cuts that short."""

    def __init__(
        self, config: uvicorn.Config, ready: readiness.Readiness | None, drain_seconds: float
    ) -> None:
        super().__init__(config)
        self._ready = ready
        self._drain_seconds = drain_seconds
        self._ends_at: float | None = None

    def handle_exit(self, sig: int, frame: types.FrameType | None) -> None:
        is_first = self._ready is not None and not self._ready.is_draining
        if self._ready is not None:
            self._ready.is_draining = True
        if is_first and sig == signal.SIGTERM and self._drain_seconds > 0:
            self._captured_signals.append(sig)
            self._ends_at = time.monotonic() + self._drain_seconds
        else:
            super().handle_exit(sig, frame)

    async def on_tick(self, counter: int) -> bool:
        if self._ends_at is not None and time.monotonic() >= self._ends_at:
            self.should_exit = True
        return await super().on_tick(counter)


def server_config(app: fastapi.FastAPI, config: settings.ServiceSettings) -> uvicorn.Config:
    return uvicorn.Config(
        app,
        host=config.host,
        port=config.port,
        loop="uvloop",
        http=quick.QuickProtocol,
        ws="none",
        lifespan="on",
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=False,
        timeout_graceful_shutdown=max(1, round(config.http.graceful_shutdown_seconds)),
        timeout_keep_alive=75,
    )
