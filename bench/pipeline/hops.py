"""Where a lone caller's time goes, from `Server-Timing`; and what connections that are not kept cost."""

from __future__ import annotations

import http.client
import statistics
import time
import urllib.parse


def parts(url: str, content: bytes, *, requests: int) -> dict[str, float]:
    """The median milliseconds of each hop, and of the whole as the caller sees it (`caller`)."""
    place = urllib.parse.urlsplit(url)
    connection = http.client.HTTPConnection(place.hostname or "", place.port, timeout=30)
    found: dict[str, list[float]] = {}
    for _ in range(requests):
        began = time.perf_counter()
        connection.request("POST", "/finalize", content)
        answer = connection.getresponse()
        answer.read()
        found.setdefault("caller", []).append((time.perf_counter() - began) * 1000)
        for part in answer.headers["Server-Timing"].split(", "):
            name, _, milliseconds = part.partition(";dur=")
            found.setdefault(name, []).append(float(milliseconds))
    connection.close()
    return {name: statistics.median(times) for name, times in found.items()}


def unkept(url: str, content: bytes, *, requests: int) -> float:
    """The median milliseconds of a caller who makes a new connection each time."""
    place = urllib.parse.urlsplit(url)
    times = []
    for _ in range(requests):
        began = time.perf_counter()
        connection = http.client.HTTPConnection(place.hostname or "", place.port, timeout=30)
        connection.request("POST", "/finalize", content)
        connection.getresponse().read()
        connection.close()
        times.append((time.perf_counter() - began) * 1000)
    return statistics.median(times)
