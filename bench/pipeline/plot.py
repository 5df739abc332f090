"""The picture: `python plot.py PIPELINE.json PICTURE.svg`, in an environment that has matplotlib and nothing else."""

from __future__ import annotations

import json
import pathlib
import sys
from typing import Any

import matplotlib as mpl
from matplotlib import figure

COLOURS = ("#6b7280", "#0f766e", "#b45309", "#14b8a6", "#f59e0b")
WIDTH = 0.16


def draw(document: dict[str, Any]) -> figure.Figure:
    """Left: images/s. Right: p50, with p99 as a line above. Grouped by clients."""
    drawn = figure.Figure(figsize=(12, 4.5), layout="constrained")
    left, right = drawn.subplots(1, 2)
    clients = document["clients"]
    for number, one in enumerate(document["layouts"]):
        places = [place + (number - 2) * WIDTH for place in range(len(clients))]
        figures = [one["figures"][str(count)] for count in clients]
        colour = COLOURS[number % len(COLOURS)]
        rates = [each["requests_per_second"] for each in figures]
        bars = left.bar(places, rates, WIDTH, color=colour, label=one["name"])
        left.bar_label(bars, fmt="{:,.0f}", fontsize=6, padding=2)
        middles = [each["p50"] for each in figures]
        above = [each["p99"] - each["p50"] for each in figures]
        right.bar(
            places, middles, WIDTH, color=colour, yerr=[[0] * len(above), above], ecolor="#374151"
        )
    left.set_ylabel("images/s")
    right.set(ylabel="p50 (bar) and p99 (line), ms", yscale="log")
    for area in (left, right):
        area.set_xticks(range(len(clients)), [str(count) for count in clients])
        area.set_xlabel("clients")
        area.spines[["top", "right"]].set_visible(False)
    left.legend(fontsize=7, frameon=False)
    return drawn


if __name__ == "__main__":
    mpl.rcParams["svg.hashsalt"] = "kolba"
    draw(json.loads(pathlib.Path(sys.argv[1]).read_text())).savefig(
        sys.argv[2], metadata={"Date": None}
    )
