"""How long `kolba up -d` takes until everything is well, and what the idle set holds in memory.

    python -m bench.startup [--repeat 5] [--port-offset 21000]

Each round starts and stops on the same data folder. The first is not counted: it makes the tables, and may compile.
Memory is the proportional set size (PSS): what is shared between processes is counted once.
"""

from __future__ import annotations

import argparse
import dataclasses
import pathlib
import statistics
import subprocess
import sys
import tempfile
import time

import psutil

_KOLBA = pathlib.Path(sys.executable).with_name("kolba")
_SETTLING_SECONDS = 15.0
"""The worker loads its libraries after the set is up; memory is read when it has."""


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Round:
    up_seconds: float
    down_seconds: float
    memory_bytes: int


def measure(folder: str, offset: int, settle_seconds: float) -> Round:
    """One start and stop. Raises `subprocess.CalledProcessError` when either fails."""
    where = ["--data-dir", folder]
    started = time.perf_counter()
    _run("up", "-d", *where, "--port-offset", str(offset))
    up = time.perf_counter() - started
    time.sleep(settle_seconds)
    memory = _memory(folder)
    started = time.perf_counter()
    _run("down", *where)
    return Round(up_seconds=up, down_seconds=time.perf_counter() - started, memory_bytes=memory)


def _run(*arguments: str) -> None:
    subprocess.run([str(_KOLBA), *arguments], check=True, stdout=subprocess.DEVNULL)


def _memory(folder: str) -> int:
    """PSS in bytes of the launcher that serves `folder` and of all its descendants."""
    for process in psutil.process_iter(["cmdline"]):
        command = process.info["cmdline"] or []
        if folder in command and process.parent() not in _family(folder):
            family = [process, *process.children(recursive=True)]
            return sum(one.memory_full_info().pss for one in family)
    return 0


def _family(folder: str) -> list[psutil.Process]:
    return [
        one for one in psutil.process_iter(["cmdline"]) if folder in (one.info["cmdline"] or [])
    ]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--repeat", type=int, default=5)
    parser.add_argument("--port-offset", type=int, default=21_000)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        measure(folder, options.port_offset, 1.0)
        rounds = [
            measure(folder, options.port_offset, _SETTLING_SECONDS if number == 0 else 1.0)
            for number in range(options.repeat)
        ]
    ups = sorted(one.up_seconds for one in rounds)
    print(f"kolba up -d: median {statistics.median(ups):.2f} s ({ups[0]:.2f} to {ups[-1]:.2f})")
    downs = sorted(one.down_seconds for one in rounds)
    print(
        f"kolba down: median {statistics.median(downs):.2f} s ({downs[0]:.2f} to {downs[-1]:.2f})"
    )
    print(f"memory of all processes, idle: {rounds[0].memory_bytes / 1e6:.0f} MB PSS")


if __name__ == "__main__":
    main()
