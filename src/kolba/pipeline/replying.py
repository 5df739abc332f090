"""What every answer of the three carries."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import orjson

from kolba.kit.http import balancing, direct, readiness
from kolba.pipeline import timing, wire


def reply(
    body: bytes,
    spent: timing.Timing,
    *,
    service: str,
    ready: readiness.Readiness,
    content_type: str = wire.JSON,
    also: Mapping[str, str] | None = None,
) -> direct.Reply:
    """`body`, where its time went, and whether this replica is about to end."""
    headers = {wire.SERVER_TIMING: spent.header(service), **(also or {})}
    if ready.is_draining:
        headers[balancing.DRAINING_HEADER] = "true"
    return direct.Reply(body, content_type, headers)


def json_of(document: Mapping[str, Any]) -> bytes:
    return orjson.dumps(document, option=orjson.OPT_SERIALIZE_NUMPY | orjson.OPT_NON_STR_KEYS)
