"""`python -m bench.serving`: measure, and print the tables."""

from __future__ import annotations

import argparse
import importlib.metadata
import pathlib
import platform
import signal
import sys
import tempfile
import time

from bench.common import environments, machine
from bench.serving import kolba, load, measuring, model, peers, report, summary, tables, targets

ROOT = pathlib.Path(__file__).resolve().parents[2]
RESULTS = ROOT / "bench" / "results"
CONTENDERS: tuple[targets.Contender, ...] = (
    peers.LIMIT,
    peers.FASTAPI,
    *peers.PEERS,
    kolba.Kolba(),
)


def main() -> int:
    """0 when something was measured, 1 when nothing was, 2 for a wrong call."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))  # so that no server outlives the run
    given = _arguments()
    chosen = [one for one in CONTENDERS if not given.only or one.name in given.only]
    plan = measuring.Plan(rounds=1 if given.quick else given.rounds, seconds=given.seconds)
    try:
        busy = _busy_cores()
        versions = {"wrk": load.ensure(), **_versions()}
    except load.Missing as error:
        print(error, file=sys.stderr)
        return 2
    with tempfile.TemporaryDirectory(prefix="kolba-bench-") as folder:
        document = _measure(chosen, pathlib.Path(folder), plan, versions)
    document["busy_before"] = busy
    measured = any(server["closed_loop"] for server in document["servers"])
    report.write(document, given.results)
    if measured:
        report.draw(given.results, environments.cache_folder())
    print(tables.render(document, str(given.results / "serving.svg")))
    if given.docs and measured:
        report.publish(document, given.results, ROOT / "docs")
    return 0 if measured else 1


def _measure(
    chosen: list[targets.Contender],
    folder: pathlib.Path,
    plan: measuring.Plan,
    versions: dict[str, str],
) -> summary.Document:
    session = targets.Session(
        model=model.make(folder), folder=folder, cache=environments.cache_folder()
    )
    results = measuring.run(chosen, session, plan, _say)
    return summary.document(results, plan, session, versions)


def _busy_cores() -> float:
    """How much of the machine others were using when the run began."""
    meter = machine.Meter()
    time.sleep(1.0)
    return meter.read().machine


def _versions() -> dict[str, str]:
    """Of what Kolba itself runs on here."""
    names = ("kolba", "onnxruntime", "uvicorn", "fastapi", "scikit-learn", "skl2onnx")
    found = {name: importlib.metadata.version(name) for name in names}
    return {"python": platform.python_version(), **found}


def _say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="bench.serving", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="one round instead of three")
    parser.add_argument("--rounds", type=int, default=3, help="the median of so many is shown")
    parser.add_argument("--seconds", type=float, default=4.0, help="for each figure")
    parser.add_argument(
        "--only",
        action="append",
        choices=[one.name for one in CONTENDERS],
        help="measure this one; may be given again",
    )
    parser.add_argument("--results", type=pathlib.Path, default=RESULTS, help="where to write")
    parser.add_argument(
        "--docs", action="store_true", help="bring docs/performance.md up to date as well"
    )
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
