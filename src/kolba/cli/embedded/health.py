"""Asking programs how they are."""

from __future__ import annotations

import dataclasses
import http.client
import json
import time
import urllib.parse


@dataclasses.dataclass(frozen=True, kw_only=True)
class Answer:
    """What a program said at `/health`."""

    status: str
    """`ok`, what the program says instead, or `down` when it does not answer."""
    latency_ms: float | None = None
    version: str | None = None
    detail: str = ""


def ask(address: str, *, seconds: float = 2.0) -> Answer:
    """Ask the program at `address`, such as `http://127.0.0.1:8000`; never raises."""
    begun = time.monotonic()
    place = urllib.parse.urlsplit(address)
    connection = http.client.HTTPConnection(place.hostname or "", place.port, timeout=seconds)
    try:
        connection.request("GET", "/health")
        response = connection.getresponse()
        body = response.read()
    except (OSError, http.client.HTTPException) as error:
        return Answer(status="down", detail=str(error) or type(error).__name__)
    finally:
        connection.close()
    return _read(response.status, body, (time.monotonic() - begun) * 1000)


def _read(code: int, body: bytes, latency_ms: float) -> Answer:
    try:
        content = json.loads(body)
        status, version = str(content["status"]), content.get("version")
    except (ValueError, KeyError, TypeError, AttributeError):
        detail = f"answered {code} with something that is not a health report"
        return Answer(status="down", latency_ms=latency_ms, detail=detail)
    troubles = [
        f"{name}: {found}" for name, found in content.get("checks", {}).items() if found != "ok"
    ]
    return Answer(status=status, latency_ms=latency_ms, version=version, detail="; ".join(troubles))
