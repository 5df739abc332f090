"""A target's requests as they go over the wire, and the check that they are answered rightly."""

from __future__ import annotations

import dataclasses
import json
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Iterator
from typing import Any

from bench.serving import model, targets


class WrongAnswer(Exception):
    """A server answers, but not what was asked."""


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Requests:
    """POST requests to one address, sent in turn."""

    host: str
    port: int
    path: str
    headers: dict[str, str]
    bodies: tuple[bytes, ...]

    @property
    def url(self) -> str:
        return f"http://{self.host}:{self.port}{self.path}"

    def on_the_wire(self) -> list[bytes]:
        """Whole HTTP/1.1 requests."""
        lines = [f"POST {self.path} HTTP/1.1", f"Host: {self.host}:{self.port}"]
        lines += [f"{name}: {value}" for name, value in self.headers.items()]
        head = "\r\n".join(lines)
        return [
            f"{head}\r\nContent-Length: {len(body)}\r\n\r\n".encode() + body for body in self.bodies
        ]


def make(target: targets.Target, serving: targets.Serving, rows: tuple[model.Row, ...]) -> Requests:
    place = urllib.parse.urlsplit(serving.addresses[target.door])
    return Requests(
        host=place.hostname or "",
        port=place.port or 80,
        path=target.path.format(**serving.names),
        headers={**target.headers, **serving.headers.get(target.door, {})},
        bodies=tuple(target.body(row) for row in rows),
    )


def check(asked: Requests, target: targets.Target, forest: model.Model) -> None:
    """Ask for the first row. Raises `WrongAnswer` unless it is 200 with the forest's own answer."""
    request = urllib.request.Request(
        asked.url, data=asked.bodies[0], headers=asked.headers, method="POST"
    )
    try:
        with urllib.request.urlopen(request, timeout=30) as response:
            status, body = response.status, response.read()
    except urllib.error.HTTPError as error:
        status, body = error.code, error.read()
    except OSError as error:
        raise WrongAnswer(f"no answer: {error}") from None
    if status != 200:
        raise WrongAnswer(f"answered {status}: {body[:300]!r}")
    if target.answers == "anything":
        return
    wanted = forest.probability if target.answers == "probability" else forest.label
    if not any(abs(number - wanted) < 1e-4 for number in _numbers(json.loads(body))):
        raise WrongAnswer(f"{wanted} is not in the answer: {body[:300]!r}")


def _numbers(value: Any) -> Iterator[float]:
    """Every number inside a JSON value."""
    if isinstance(value, dict):
        value = list(value.values())
    if isinstance(value, list):
        for part in value:
            yield from _numbers(part)
    elif isinstance(value, int | float):
        yield float(value)
