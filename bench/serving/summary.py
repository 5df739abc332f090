"""Results as plain data: medians over the rounds, ratios, and everything that was measured."""

from __future__ import annotations

import dataclasses
import datetime as dt
import statistics
from collections.abc import Sequence
from typing import Any

from bench.common import machine
from bench.serving import figures, measuring, targets

RATIO_CLIENTS = 32
"""Ratios compare requests/s with so many clients."""

Document = dict[str, Any]


def document(
    results: Sequence[measuring.Result],
    plan: measuring.Plan,
    session: targets.Session,
    versions: dict[str, str],
) -> Document:
    """All that was measured, and its medians, ready for JSON."""
    servers = [_server(result) for result in results]
    _add_ratios(servers)
    return {
        "measured_at": dt.datetime.now(dt.UTC).isoformat(timespec="seconds"),
        "machine": machine.describe(),
        "versions": versions,
        "plan": dataclasses.asdict(plan),
        "model": {"sha256": session.model.sha256, "bytes": session.model.onnx.stat().st_size},
        "servers": servers,
    }


def _server(result: measuring.Result) -> Document:
    target, environment = result.target, result.environment
    return {
        "name": target.name,
        "kind": target.kind,
        "path": target.path,
        "same_onnx": target.same_onnx,
        "records": target.records,
        "note": "; ".join(filter(None, [target.note, environment.note if environment else ""])),
        "packages": environment.packages if environment else {},
        "failures": result.failures,
        "closed_loop": {
            str(clients): _median(every) | {"rounds": [dataclasses.asdict(one) for one in every]}
            for clients, every in result.closed.items()
        },
        "open_loop": {
            label: _median(every) | {"rounds": [dataclasses.asdict(one) for one in every]}
            for label, every in result.opened.items()
        },
    }


def _median(every: Sequence[figures.Figure]) -> Document:
    """Each figure's median over the rounds; what went wrong is added up instead."""
    rounds = [dataclasses.asdict(one) for one in every]
    summed = {"not_ok", "errors", "requests"}
    return {
        name: sum(one[name] for one in rounds)
        if name in summed
        else statistics.median(one[name] for one in rounds)
        for name in rounds[0]
    }


def _add_ratios(servers: list[Document]) -> None:
    best = _capacity([one for one in servers if one["kind"] == "peer" and one["same_onnx"]])
    limit = _capacity([one for one in servers if one["kind"] == "limit"])
    for server in servers:
        mine = _capacity([server])
        server["to_best_peer"] = mine / best if mine and best else None
        server["to_limit"] = mine / limit if mine and limit else None


def _capacity(servers: list[Document]) -> float | None:
    found = [
        float(server["closed_loop"][str(RATIO_CLIENTS)]["requests_per_second"])
        for server in servers
        if str(RATIO_CLIENTS) in server["closed_loop"]
    ]
    return max(found, default=None)
