"""Asking a service how it is; `python -m kolba.kit.healthcheck URL` does it for a container's engine.

Only the standard library is imported: a container is checked every few seconds, without curl.
"""

from __future__ import annotations

import dataclasses
import http.client
import json
import sys
import time
import urllib.parse


@dataclasses.dataclass(frozen=True, kw_only=True)
class Answer:
    """What a service said at `/health`."""

    status: str
    """`ok`, what the service says instead, or `down` when it does not answer."""
    latency_ms: float | None = None
    version: str | None = None
    detail: str = ""
    """What is wrong."""


def ask(url: str, *, seconds: float = 3.0) -> Answer:
    """Ask at `url`, such as `http://127.0.0.1:8000/health`, for at most `seconds`; never raises."""
    begun = time.monotonic()
    place = urllib.parse.urlsplit(url)
    connection = http.client.HTTPConnection(place.hostname or "", place.port, timeout=seconds)
    try:
        connection.request("GET", place.path or "/")
        response = connection.getresponse()
        body = response.read()
    except (OSError, http.client.HTTPException) as error:
        return Answer(status="down", detail=str(error) or type(error).__name__)
    finally:
        connection.close()
    return _read(response.status, body, round((time.monotonic() - begun) * 1000, 1))


def _read(code: int, body: bytes, latency_ms: float) -> Answer:
    try:
        content = json.loads(body)
        status, version = str(content["status"]), content.get("version")
    except (ValueError, KeyError, TypeError, AttributeError):
        detail = f"answered {code} with something that is not a health report"
        return Answer(status="down", latency_ms=latency_ms, detail=detail)
    parts = {**content.get("checks", {}), **content.get("services", {})}
    found = {name: _status(part) for name, part in parts.items()}
    wrong = [f"{name}: {word}" for name, word in found.items() if word != "ok"]
    return Answer(status=status, latency_ms=latency_ms, version=version, detail="; ".join(wrong))


def _status(part: object) -> str:
    """Of a check, which is a word; or of a service in the whole system's report, which is an object."""
    return str(part.get("status") if isinstance(part, dict) else part)


def main() -> int:
    """Check the one address that the command line names: 0 when it is well, 1 with the reason if not."""
    if len(sys.argv) != 2:
        sys.stderr.write("usage: python -m kolba.kit.healthcheck URL\n")
        return 2
    answer = ask(sys.argv[1])
    if answer.status != "ok":
        sys.stderr.write(f"{answer.status} {answer.detail}\n")
    return 0 if answer.status == "ok" else 1


if __name__ == "__main__":
    sys.exit(main())
