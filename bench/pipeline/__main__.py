"""Images through the chain: latency and images/s by transport, by replicas, by clients.

    python -m bench.pipeline [--rounds 3] [--seconds 4] [--docs]

Writes `bench/results/pipeline.{json,md,svg}`; with `--docs` also a section of docs/pipeline.md and its picture.
"""

from __future__ import annotations

import argparse
import dataclasses
import datetime as dt
import json
import os
import pathlib
import shutil
import statistics
import subprocess
import sys
import tempfile
import urllib.parse
from typing import Any

from bench.common import environments, machine, pages
from bench.pipeline import hops, layouts, network, tables
from bench.serving import load, report, requests
from kolba.pipeline.check import stencil

RESULTS = pathlib.Path(__file__).resolve().parent.parent / "results"
DOCS = pathlib.Path(__file__).resolve().parents[2] / "docs"
CLIENTS = (1, 8, 32)
SECTION = "bench-pipeline"
_LONE_REQUESTS = 300
_COUNTED = ("requests", "not_ok", "errors")
"""Are added up over the rounds: what failed in one of three must not vanish in a median."""


def main() -> int:
    options = _arguments()
    try:
        load.ensure()
    except load.Missing as missing:
        sys.exit(str(missing))
    bundle, named = network.bundle()
    other_load = os.getloadavg()[0]
    measured: dict[str, list[dict[str, Any]]] = {one.name: [] for one in layouts.LAYOUTS}
    for turn in range(options.rounds):
        for layout in layouts.LAYOUTS:
            print(f"round {turn + 1}: {layout.name}", file=sys.stderr, flush=True)
            with tempfile.TemporaryDirectory() as folder:
                measured[layout.name].append(
                    _measure(layout, bundle, pathlib.Path(folder), options.seconds)
                )
    document = {
        "measured_at": dt.datetime.now(dt.UTC).isoformat(timespec="seconds"),
        "machine": machine.describe(),
        "network": named,
        "load": other_load,
        "rounds": options.rounds,
        "seconds": options.seconds,
        "clients": CLIENTS,
        "layouts": [_together(layout, measured[layout.name]) for layout in layouts.LAYOUTS],
    }
    _write(document, docs=options.docs)
    return 0


def _measure(
    layout: layouts.Layout, bundle: bytes, folder: pathlib.Path, seconds: float
) -> dict[str, Any]:
    content = stencil.digit_png(7)
    with layouts.serving(layout, bundle, folder) as chain:
        url = chain.url
        asked = _asked(url)
        load.measure(asked, clients=8, seconds=1.0, folder=folder)  # everything is loaded and warm
        figures = {}
        for count in CLIENTS:
            before = chain.spent()
            figure = load.measure(asked, clients=count, seconds=seconds, folder=folder)
            spent = {name: value - before[name] for name, value in chain.spent().items()}
            figures[str(count)] = {
                **dataclasses.asdict(figure),
                "microseconds": {
                    name: value / max(1, figure.requests) * 1e6 for name, value in spent.items()
                },
            }
        return {
            "figures": figures,
            "hops": hops.parts(url, content, requests=_LONE_REQUESTS),
            "unkept": hops.unkept(url, content, requests=_LONE_REQUESTS),
            "drawing": hops.parts(url, stencil.png(7), requests=_LONE_REQUESTS // 3)["caller"],
        }


def _asked(url: str) -> requests.Requests:
    place = urllib.parse.urlsplit(url)
    return requests.Requests(
        host=place.hostname or "",
        port=place.port or 80,
        path="/finalize",
        headers={"Content-Type": "image/png"},
        bodies=tuple(stencil.digit_png(digit) for digit in range(10)),
    )


def _together(layout: layouts.Layout, rounds: list[dict[str, Any]]) -> dict[str, Any]:
    return {"name": layout.name, "replicas": layout.replicas, **_together_of(rounds)}


def _together_of(values: list[Any]) -> Any:
    """Of numbers the median, of what is counted the sum; of dictionaries that of each value."""
    if not isinstance(values[0], dict):
        return statistics.median(values)
    found = {key: [one[key] for one in values if key in one] for key in values[0]}
    return {
        key: sum(parts) if key in _COUNTED else _together_of(parts) for key, parts in found.items()
    }


def _write(document: dict[str, Any], *, docs: bool) -> None:
    RESULTS.mkdir(parents=True, exist_ok=True)
    data, picture = RESULTS / "pipeline.json", RESULTS / "pipeline.svg"
    data.write_text(json.dumps(document, indent=1) + "\n")
    text = tables.render(document, "pipeline.svg")
    (RESULTS / "pipeline.md").write_text(text + "\n")
    print(text)
    drawing = environments.ensure(report.MATPLOTLIB, environments.cache_folder())
    plot = pathlib.Path(__file__).with_name("plot.py")
    subprocess.run([str(drawing.python), str(plot), str(data), str(picture)], check=True)
    if docs:
        shutil.copyfile(picture, DOCS / "images" / f"{SECTION}.svg")
        text = tables.render(document, f"images/{SECTION}.svg")
        pages.replace_section(DOCS / "pipeline.md", SECTION, text)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="bench.pipeline", description=__doc__)
    parser.add_argument("--rounds", type=int, default=3, help="the median of so many is shown")
    parser.add_argument("--seconds", type=float, default=4.0, help="for each figure")
    parser.add_argument("--docs", action="store_true", help="bring docs/pipeline.md up to date")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
