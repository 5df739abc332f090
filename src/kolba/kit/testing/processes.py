"""Services as real processes, which a test can kill."""

from __future__ import annotations

import contextlib
import http.client
import os
import pathlib
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from typing import TypeVar

PATIENCE_SECONDS = 60.0
Found = TypeVar("Found")


class Program:
    """One service's process: `python -m module`."""

    def __init__(
        self, module: str, environment: Mapping[str, str], port: int, log: pathlib.Path
    ) -> None:
        self.url = f"http://127.0.0.1:{port}"
        self._port = port
        self._command = [sys.executable, "-m", module]
        self.environment = {**os.environ, **environment}
        """What it is told when it is started next."""
        self._log = log
        self.process: subprocess.Popen[bytes] | None = None

    def start(self, **environment: str) -> None:
        """Start it and wait until it is well. Fails with the end of its log."""
        with self._log.open("ab") as log:
            self.process = subprocess.Popen(
                self._command,
                env={**self.environment, **environment},
                stdout=log,
                stderr=subprocess.STDOUT,
            )
        until(self._answers, f"{self._command[-1]} to answer; see {self._log}")

    def send(self, number: int) -> None:
        assert self.process is not None
        self.process.send_signal(number)

    def stop(self, number: int = signal.SIGTERM) -> float:
        """End it and answer how many seconds that took."""
        if self.process is None:
            return 0.0
        started = time.monotonic()
        with contextlib.suppress(ProcessLookupError):
            self.process.send_signal(number)
        self.process.wait(20)
        self.process = None
        return time.monotonic() - started

    def wait(self, seconds: float = PATIENCE_SECONDS) -> int:
        """Wait until it ends by itself; the status it ended with, negative: by which signal."""
        assert self.process is not None
        status = self.process.wait(seconds)
        self.process = None
        return status

    def kill(self) -> None:
        """End it as a power cut would."""
        self.stop(signal.SIGKILL)

    def _answers(self) -> bool:
        assert self.process is not None
        assert self.process.poll() is None, self._log.read_text("utf-8")[-3000:]
        connection = http.client.HTTPConnection("127.0.0.1", self._port, timeout=5)
        try:
            connection.request("GET", "/health")
            return connection.getresponse().status == 200
        except (http.client.HTTPException, OSError):
            return False
        finally:
            connection.close()


def until(condition: Callable[[], Found], what: str, seconds: float = PATIENCE_SECONDS) -> Found:
    """Wait for `condition` to be true, and answer what it answered. Fails when it never is."""
    deadline = time.monotonic() + seconds
    while True:
        found = condition()
        if found:
            return found
        assert time.monotonic() < deadline, f"waited in vain for {what}"
        time.sleep(0.02)
