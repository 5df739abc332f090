"""A small client of the public HTTP interface, of the standard library alone.

The demonstration is told from outside: what it does, any program in any language can do.
"""

from __future__ import annotations

import contextlib
import http.client
import json
import time
import urllib.parse
from collections.abc import Iterator
from typing import Any

SECONDS = 120.0


class Refused(Exception):
    """A service said no, or nothing at all."""

    def __init__(self, message: str, *, service: str | None = None) -> None:
        super().__init__(message)
        self.service = service
        """The service at fault, where the answer names one."""


class Api:
    """One service's interface; `address` is such as `http://127.0.0.1:8000`, `token` says who asks."""

    def __init__(self, address: str, *, token: str | None = None) -> None:
        place = urllib.parse.urlsplit(address)
        self._address = address
        self._host, self._port = place.hostname or "", place.port
        self._shown = {"Authorization": f"Bearer {token}"} if token is not None else {}

    def sign_in(self, name: str, password: str) -> Api:
        """The same interface as this person. Raises `Refused`."""
        form = urllib.parse.urlencode({"username": name, "password": password})
        kind = {"Content-Type": "application/x-www-form-urlencoded"}
        with self._send("POST", "/auth/token", form, kind) as response:
            return Api(self._address, token=json.loads(response.read())["access_token"])

    def sign_out(self) -> None:
        """End this session. Raises `Refused`."""
        with self._ask("POST", "/auth/sign-out", {}):
            pass

    def get(self, path: str) -> Any:
        """The JSON at `path`. Raises `Refused`."""
        return json.loads(self.get_bytes(path))

    def get_bytes(self, path: str) -> bytes:
        """The document at `path`. Raises `Refused`."""
        with self._ask("GET", path) as response:
            return response.read()

    def post(self, path: str, body: Any) -> Any:
        """The JSON answer to a JSON body. Raises `Refused`."""
        return self.change("POST", path, body)

    def change(self, method: str, path: str, body: Any) -> Any:
        """As `post`, by another method."""
        with self._ask(method, path, body) as response:
            return json.loads(response.read())

    def events(self, path: str, *, seconds: float = 600.0) -> Iterator[dict[str, Any]]:
        """The data of each server-sent event at `path`, until the stream ends.

        Raises `Refused`, also where it has not ended in `seconds`.
        """
        limit = time.monotonic() + seconds
        with self._ask("GET", path) as response:
            for line in response:
                if time.monotonic() > limit:
                    raise Refused(f"not finished after {seconds:g} s")
                if line.startswith(b"data:"):
                    yield json.loads(line.removeprefix(b"data:"))

    @contextlib.contextmanager
    def _ask(self, method: str, path: str, body: Any = None) -> Iterator[http.client.HTTPResponse]:
        headers = {} if body is None else {"Content-Type": "application/json"}
        sent = None if body is None else json.dumps(body)
        with self._send(method, path, sent, headers) as response:
            yield response

    @contextlib.contextmanager
    def _send(
        self, method: str, path: str, sent: str | None, headers: dict[str, str]
    ) -> Iterator[http.client.HTTPResponse]:
        connection = http.client.HTTPConnection(self._host, self._port, timeout=SECONDS)
        try:
            connection.request(method, path, sent, {**self._shown, **headers})
            response = connection.getresponse()
            if response.status >= 400:
                raise _refusal(response.status, response.read())
            yield response
        except (OSError, http.client.HTTPException) as error:
            raise Refused(f"no answer: {str(error) or type(error).__name__}") from error
        finally:
            connection.close()


def _refusal(status: int, body: bytes) -> Refused:
    """What an RFC 9457 problem document says, in one text."""
    try:
        problem = json.loads(body)
        text = str(problem.get("detail") or problem["title"])
        parts = [f"{part['field']}: {part['message']}" for part in problem.get("errors", [])]
        return Refused("\n".join([text, *parts]), service=problem.get("service"))
    except (ValueError, KeyError, TypeError, AttributeError):
        return Refused(f"answered {status}: {body[:300]!r}")
