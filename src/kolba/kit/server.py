"""Runs an application as a process of its own."""

from __future__ import annotations

import contextlib
import gc
from collections.abc import Callable
from typing import TypeVar

import fastapi
import uvicorn

from kolba.kit import logs, settings
from kolba.kit.http import corking

Settings = TypeVar("Settings", bound=settings.ServiceSettings)


def main(settings_class: type[Settings], create_app: Callable[[Settings], fastapi.FastAPI]) -> None:
    """What a service's `__main__` does: read the settings, set up the log, serve until told to stop."""
    config = settings.load(settings_class)
    logs.configure(config.service, config.log)
    app = create_app(config)
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
        uvicorn.Server(server_config(app, config)).run()


def server_config(app: fastapi.FastAPI, config: settings.ServiceSettings) -> uvicorn.Config:
    return uvicorn.Config(
        app,
        host=config.host,
        port=config.port,
        loop="uvloop",
        http=corking.CorkedProtocol,
        ws="none",
        lifespan="on",
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=False,
        timeout_graceful_shutdown=max(1, round(config.http.graceful_shutdown_seconds)),
        timeout_keep_alive=75,
    )
