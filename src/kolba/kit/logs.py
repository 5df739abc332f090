"""Logs: one JSON line an event, to standard output and to a rotating file per service."""

from __future__ import annotations

import logging
import logging.handlers
import sys
from collections.abc import MutableMapping
from typing import Any

import orjson
import structlog

from kolba.kit import context, settings

_QUIET = ("uvicorn.access", "alembic", "sqlalchemy.engine", "asyncio", "fontTools")


def configure(service: str, log: settings.LogSettings) -> None:
    """Set up logging for this process. Called once, from `__main__`."""
    shared: list[structlog.typing.Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.stdlib.ExtraAdder(),
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.format_exc_info,
        _add_origin(service),
    ]
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        cache_logger_on_first_use=True,
    )
    formatter = structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=shared,
        processors=[
            structlog.stdlib.ProcessorFormatter.remove_processors_meta,
            structlog.processors.JSONRenderer(serializer=_to_json),
        ],
    )
    root = logging.getLogger()
    for old in list(root.handlers):
        root.removeHandler(old)
    for handler in _handlers(service, log):
        handler.setFormatter(formatter)
        root.addHandler(handler)
    root.setLevel(log.level)
    for name in _QUIET:
        logging.getLogger(name).setLevel(logging.WARNING)


def _handlers(service: str, log: settings.LogSettings) -> list[logging.Handler]:
    handlers: list[logging.Handler] = []
    if log.standard_output:
        handlers.append(logging.StreamHandler(sys.stdout))
    if log.directory is not None:
        log.directory.mkdir(parents=True, exist_ok=True)
        handlers.append(
            logging.handlers.RotatingFileHandler(
                log.directory / f"{service}.log",
                maxBytes=log.max_bytes,
                backupCount=log.backups,
                encoding="utf-8",
            )
        )
    return handlers


def _add_origin(service: str) -> structlog.typing.Processor:
    def add(_: Any, __: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
        event["service"] = service
        request = context.bound()
        if request is not None:
            event.setdefault("request_id", request.request_id)
            event.setdefault("person", request.person.name)
        return event

    return add


def _to_json(event: dict[str, Any], **_: Any) -> str:
    return orjson.dumps(event, default=str, option=orjson.OPT_NON_STR_KEYS).decode()
