"""The picture: `python plot.py SUMMARY.json PICTURE.svg`, in an environment that has matplotlib and nothing else."""

from __future__ import annotations

import json
import pathlib
import sys
from typing import Any

import matplotlib as mpl
from matplotlib import axes, figure

COLOURS = {"limit": "#6b7280", "framework": "#9ca3af", "kolba": "#0f766e", "peer": "#b45309"}
MARKERS = "osD^vP*X<>"
CLIENTS = "32"


def draw(document: dict[str, Any]) -> figure.Figure:
    """Left: requests/s with 32 clients. Right: p99 under constant rates. Both logarithmic."""
    drawn = figure.Figure(figsize=(12, 5.5), layout="constrained")
    left, right = drawn.subplots(1, 2)
    _bars(left, [one for one in document["servers"] if CLIENTS in one["closed_loop"]])
    _lines(right, [one for one in document["servers"] if one["open_loop"]])
    return drawn


def _bars(area: axes.Axes, servers: list[dict[str, Any]]) -> None:
    servers = sorted(servers, key=_capacity)
    names = [one["name"] for one in servers]
    bars = area.barh(
        names, [_capacity(one) for one in servers], color=[COLOURS[one["kind"]] for one in servers]
    )
    area.bar_label(bars, fmt="{:,.0f}", padding=3, fontsize=8)
    area.set_xscale("log")
    area.margins(x=0.2)
    area.set_xlabel(f"requests/s, {CLIENTS} clients")
    area.spines[["top", "right"]].set_visible(False)


def _lines(area: axes.Axes, servers: list[dict[str, Any]]) -> None:
    for number, one in enumerate(servers):
        points = sorted((point["rate"], point["p99"]) for point in one["open_loop"].values())
        area.plot(
            [rate for rate, _ in points],
            [latency for _, latency in points],
            color=COLOURS[one["kind"]],
            marker=MARKERS[number % len(MARKERS)],
            label=one["name"],
        )
    area.set(xscale="log", yscale="log", xlabel="requests due a second", ylabel="p99, ms")
    area.grid(which="major", alpha=0.3)
    area.legend(fontsize=7, frameon=False, loc="center left", bbox_to_anchor=(1.0, 0.5))
    area.spines[["top", "right"]].set_visible(False)


def _capacity(server: dict[str, Any]) -> float:
    return float(server["closed_loop"][CLIENTS]["requests_per_second"])


if __name__ == "__main__":
    mpl.rcParams.update({"svg.fonttype": "none", "svg.hashsalt": "kolba", "font.size": 9})
    given = json.loads(pathlib.Path(sys.argv[1]).read_text())
    draw(given).savefig(sys.argv[2], metadata={"Date": None})
