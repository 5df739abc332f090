"""Open loop: a constant rate of requests, by `bench.serving.generator` in a process of its own."""

from __future__ import annotations

import base64
import json
import pathlib
import subprocess
import sys

from bench.serving import figures, requests


def measure(
    asked: requests.Requests, *, rate: float, seconds: float, folder: pathlib.Path
) -> figures.OpenLoopFigure:
    """Put `rate` requests a second to a server for `seconds`."""
    order = folder / "open-loop.json"
    wire = [base64.b64encode(one).decode() for one in asked.on_the_wire()]
    order.write_text(
        json.dumps(
            {"host": asked.host, "port": asked.port, "wire": wire, "rate": rate, "seconds": seconds}
        )
    )
    done = subprocess.run(
        [sys.executable, "-m", "bench.serving.generator", str(order)],
        capture_output=True,
        text=True,
        check=True,
    )
    if done.stderr:  # an event loop goes on after an exception in a callback
        raise RuntimeError(f"the generator failed: {done.stderr[:2000]}")
    return figures.OpenLoopFigure(**json.loads(done.stdout), rate=rate)
