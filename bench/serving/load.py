"""Closed loop: wrk, whose clients send the next request when the last one is answered."""

from __future__ import annotations

import json
import pathlib
import shutil
import subprocess

from bench.common import machine
from bench.serving import figures, requests

_REPORT = "MEASURED "
_SCRIPT = """\
local requests = {
%s
}
local turn = 0

request = function()
  turn = turn %% #requests + 1
  return requests[turn]
end

done = function(summary, latency)
  local errors = summary.errors
  io.write(string.format(
    '%s{"microseconds":%%d,"requests":%%d,"not_ok":%%d,"errors":%%d,' ..
    '"p50":%%f,"p90":%%f,"p99":%%f,"longest":%%f}\\n',
    summary.duration, summary.requests, errors.status,
    errors.connect + errors.read + errors.write + errors.timeout,
    latency:percentile(50) / 1000, latency:percentile(90) / 1000,
    latency:percentile(99) / 1000, latency.max / 1000))
end
"""


class Missing(Exception):
    """wrk is not installed."""


def ensure() -> str:
    """The version of wrk. Raises `Missing`."""
    found = shutil.which("wrk")
    if found is None:
        raise Missing("wrk is missing: install the package wrk (Debian, Ubuntu, Homebrew)")
    said = subprocess.run([found, "--version"], capture_output=True, text=True, check=False)
    return " ".join((said.stdout or said.stderr).split()[:2])


def measure(
    asked: requests.Requests, *, clients: int, seconds: float, folder: pathlib.Path
) -> figures.Figure:
    """Keep `clients` connections busy from one thread."""
    script = folder / "wrk.lua"
    script.write_text(_SCRIPT % (",\n".join(map(_quoted, asked.on_the_wire())), _REPORT))
    command = ["wrk", "-t1", f"-c{clients}", f"-d{seconds:g}s", "--timeout", "10s"]
    meter = machine.Meter()
    done = subprocess.run(
        [*command, "-s", str(script), asked.url], capture_output=True, text=True, check=True
    )
    spent = meter.read()
    line = next(line for line in done.stdout.splitlines() if line.startswith(_REPORT))
    said = json.loads(line.removeprefix(_REPORT))
    return figures.Figure(
        requests_per_second=(said["requests"] - said["not_ok"]) / (said["microseconds"] / 1e6),
        p50=said["p50"],
        p90=said["p90"],
        p99=said["p99"],
        longest=said["longest"],
        requests=said["requests"],
        not_ok=said["not_ok"],
        errors=said["errors"],
        load_cores=spent.children,
        machine_cores=spent.machine,
    )


def _quoted(content: bytes) -> str:
    """A Lua string; every byte by its number, so that none can end it."""
    return '"' + "".join(f"\\{byte:03d}" for byte in content) + '"'
